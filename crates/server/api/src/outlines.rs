//! Cache of traces in display order, kept while clients read them.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use quipu_core::{AnswerMemory, Committed, Detail, MemoryHold, SpanQuery, Store, TraceId, TraceRow};
use quipu_insight::{Outline, OutlineDraft};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender};

use crate::spawned::{background, blocking};
use crate::{ApiState, Problem};

/// Limit of spans read per trace.
const MOST: usize = 250_000;
/// Spans that are read at a time.
const PAGE: usize = 5_000;
/// Bytes of a draft at which an outline ends: it is then incomplete.
const DRAFT_BYTES: usize = 40 << 20;
/// Outlines that are kept: they are looked for one after the other.
const MOST_KEPT: usize = 512;
/// Idle time after which the cache is empty.
const IDLE: Duration = Duration::from_secs(120);

/// A trace in display order, and which state of it that is.
#[derive(Clone)]
pub(crate) struct Versioned {
    /// Another one for every other content, and after every commit of the trace that was heard of.
    pub(crate) version: u64,
    pub(crate) outline: Arc<Outline>,
    /// Memory of the outline: of the caches if it is kept, else of the request that built it.
    _hold: Arc<MemoryHold>,
}

/// Outlines by trace: built once, used until the trace changes.
pub(crate) struct Outlines {
    store: Arc<dyn Store>,
    commits: Sender<Arc<Committed>>,
    /// One outline is built at a time: a waiting request finds it built.
    building: tokio::sync::Mutex<()>,
    kept: Arc<Mutex<OutlineCache>>,
    /// Memory of all caches.
    memory: AnswerMemory,
}

#[derive(Default)]
struct OutlineCache {
    /// The one used last at the end.
    entries: Vec<Entry>,
    /// Commits that were heard of, of traces that were asked for.
    changes: HashMap<TraceId, u64>,
    listening: bool,
    used: Option<Instant>,
}

struct Entry {
    trace_id: TraceId,
    state: OutlineState,
    built: Versioned,
}

/// Known state of a trace without reading its spans.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OutlineState {
    row: u64,
    changes: u64,
}

impl Outlines {
    pub(crate) fn new(state: &ApiState) -> Self {
        Self {
            store: Arc::clone(&state.store),
            commits: state.live.clone(),
            building: tokio::sync::Mutex::default(),
            kept: Arc::default(),
            memory: state.caches.clone(),
        }
    }

    /// The outline of a trace as it is now.
    pub(crate) async fn of(&self, row: &TraceRow) -> Result<Versioned, Problem> {
        let state = self.state(row);
        if let Some(built) = self.kept().find(row.trace_id, state) {
            return Ok(built);
        }
        let _turn = self.building.lock().await;
        if let Some(built) = self.kept().find(row.trace_id, state) {
            return Ok(built);
        }
        let (outline, hold) = self.build(row.trace_id).await?;
        let mut hasher = DefaultHasher::new();
        (state, outline.fingerprint()).hash(&mut hasher);
        let built = Versioned { version: hasher.finish(), outline: Arc::new(outline), _hold: Arc::new(hold) };
        Ok(self.kept().keep(row.trace_id, state, built, &self.memory))
    }

    async fn build(&self, trace_id: TraceId) -> Result<(Outline, MemoryHold), Problem> {
        let mut query = SpanQuery { trace_id, after: None, limit: PAGE, detail: Detail::Summary };
        let mut draft = OutlineDraft::default();
        let mut complete = false;
        let mut hold = AnswerMemory::current().hold(0)?;
        while draft.len() < MOST && draft.bytes() < DRAFT_BYTES && !complete {
            let page = self.store.spans(&query).await?;
            page.rows.iter().for_each(|row| draft.add(row));
            // A page is held as well, and it is larger than its rows in the draft.
            hold.set(draft.bytes())?;
            query.after = page.next;
            complete = page.next.is_none();
        }
        hold.set(draft.bytes_to_finish())?;
        let finished = blocking(move || draft.finish(complete)).await;
        let outline = finished.map_err(|error| {
            tracing::error!(error = %error, "sorting a trace failed");
            let detail = "Sorting the trace failed; the server's log says where.";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
        })?;
        hold.set(outline.bytes())?;
        Ok((outline, hold))
    }

    /// The trace's state; from now on its commits are heard of.
    fn state(&self, row: &TraceRow) -> OutlineState {
        let mut hasher = DefaultHasher::new();
        format!("{row:?}").hash(&mut hasher);
        let mut kept = self.kept();
        kept.used = Some(Instant::now());
        if !kept.listening {
            kept.listening = true;
            background(AnswerMemory::default(), listen(Arc::clone(&self.kept), self.commits.subscribe()));
        }
        OutlineState { row: hasher.finish(), changes: *kept.changes.entry(row.trace_id).or_default() }
    }

    fn kept(&self) -> MutexGuard<'_, OutlineCache> {
        locked(&self.kept)
    }
}

fn locked(kept: &Mutex<OutlineCache>) -> MutexGuard<'_, OutlineCache> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Follows commits until no request has come for a while.
async fn listen(kept: Arc<Mutex<OutlineCache>>, mut commits: Receiver<Arc<Committed>>) {
    loop {
        let heard = tokio::time::timeout(IDLE, commits.recv()).await;
        let mut kept = locked(&kept);
        match heard {
            Ok(Ok(commit)) => kept.changed(&commit.traces),
            Ok(Err(RecvError::Lagged(_))) => kept.changes.values_mut().for_each(|changes| *changes += 1),
            Ok(Err(RecvError::Closed)) => return *kept = OutlineCache::default(),
            Err(_) => {}
        }
        if kept.used.is_none_or(|used| used.elapsed() >= IDLE) {
            return *kept = OutlineCache::default();
        }
    }
}

impl OutlineCache {
    fn changed(&mut self, traces: &[TraceId]) {
        for trace in traces {
            if let Some(changes) = self.changes.get_mut(trace) {
                *changes += 1;
            }
        }
    }

    fn find(&mut self, trace_id: TraceId, state: OutlineState) -> Option<Versioned> {
        let at = self.entries.iter().position(|entry| entry.trace_id == trace_id && entry.state == state)?;
        let entry = self.entries.remove(at);
        let built = entry.built.clone();
        self.entries.push(entry);
        Some(built)
    }

    /// Keeps one more, and lets go of those that were used longest ago, so that all are within the memory of
    /// the caches. An outline that does not fit stays charged to its request.
    fn keep(
        &mut self,
        trace_id: TraceId,
        state: OutlineState,
        built: Versioned,
        memory: &AnswerMemory,
    ) -> Versioned {
        self.entries.retain(|other| other.trace_id != trace_id);
        let hold = loop {
            match memory.hold(built.outline.bytes()) {
                Ok(hold) if self.entries.len() < MOST_KEPT => break hold,
                _ if self.entries.is_empty() => return built,
                _ => {
                    let gone = self.entries.remove(0);
                    self.changes.remove(&gone.trace_id);
                }
            }
        };
        let built = Versioned { _hold: Arc::new(hold), ..built };
        self.entries.push(Entry { trace_id, state, built: built.clone() });
        built
    }
}
