//! Graph of a trace, built from its spans and cached for the next map.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use quipu_core::{
    AnswerMemory, Detail, Kind, MemoryHold, Result, SpanId, SpanQuery, SpanRow, TraceId, TraceRow,
};
use quipu_insight::{Graph, Handoff};

use crate::ApiState;
use crate::reread::reread;

/// Limit of spans read per trace.
const MOST: usize = 100_000;
/// Spans that are read at a time.
const PAGE: usize = 5_000;
/// Limit of hand-offs read per trace.
const HANDOFFS: usize = 64;
/// Memory of the spans of a trace and of the work on them, in bytes: for an answer about one trace, and for
/// each trace of a map. A larger trace is incomplete.
pub(crate) const TRACE_BYTES: usize = 64 << 20;
pub(crate) const MAP_BYTES: usize = 16 << 20;
/// Bytes of spans per read.
const PAGE_BYTES: usize = 1 << 20;
/// Memory of the places and figures of a span while a graph is made.
const PLACE: usize = 256;
/// Names of a span are in its nodes and edges too: most copies of them at a time.
const COPIES: usize = 5;
/// Graphs that are kept.
const KEPT: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();
/// Nodes and edges of a graph that is kept: larger ones are read again.
const SMALL: usize = 128;
/// Memory of a kept graph without its nodes and edges.
const ENTRY: usize = 256;
/// Words in the names of hand-offs.
const WORDS: [&str; 3] = ["handoff", "hand_off", "transfer"];

/// The graph of one trace.
#[derive(Clone)]
pub(crate) struct TraceGraph {
    pub(crate) graph: Arc<Graph>,
    /// Spans that were read.
    pub(crate) spans: usize,
    /// Whether these are all.
    pub(crate) complete: bool,
    /// Memory of the graph, charged to its request.
    _hold: Arc<MemoryHold>,
}

/// Graphs by trace, with the version of the trace for which they were made. Their memory is bounded over all
/// projects.
pub(crate) struct Graphs {
    kept: Mutex<LruCache<TraceId, (u64, TraceGraph)>>,
    memory: AnswerMemory,
}

impl Graphs {
    /// An empty cache within the memory of all caches.
    pub(crate) fn new(memory: AnswerMemory) -> Self {
        Self { kept: Mutex::new(LruCache::new(KEPT)), memory }
    }

    /// The graph of a trace, if the trace has not changed since.
    pub(crate) fn find(&self, row: &TraceRow) -> Option<TraceGraph> {
        let mut kept = self.kept();
        kept.get(&row.trace_id).filter(|(state, _)| *state == state_of(row)).map(|(_, built)| built.clone())
    }

    /// Keeps the graph of a trace. The graphs that were used longest ago give up their memory for it.
    pub(crate) fn keep(&self, row: &TraceRow, built: &TraceGraph) {
        if built.graph.nodes.len() + built.graph.edges.len() > SMALL {
            return;
        }
        let mut kept = self.kept();
        kept.pop(&row.trace_id);
        let hold = loop {
            match self.memory.hold(ENTRY + built.graph.bytes()) {
                Ok(hold) => break hold,
                Err(_) if kept.pop_lru().is_none() => return,
                Err(_) => {}
            }
        };
        let built = TraceGraph { _hold: Arc::new(hold), ..built.clone() };
        kept.put(row.trace_id, (state_of(row), built));
    }

    fn kept(&self) -> MutexGuard<'_, LruCache<TraceId, (u64, TraceGraph)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn state_of(row: &TraceRow) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{row:?}").hash(&mut hasher);
    hasher.finish()
}

/// Reads the graph of a trace from its first spans, within `bytes` of memory.
///
/// # Errors
/// The store cannot be read, or no memory is left for the request.
pub(crate) async fn read(api: &ApiState, row: &TraceRow, bytes: usize) -> Result<TraceGraph> {
    let AllSpans { rows, complete, mut hold } = all_spans(api, row.trace_id, bytes).await?;
    let handoffs = handoffs(api, row.trace_id, &rows).await?;
    let (mut graph, spans) = (Graph::default(), rows.len());
    graph.add(row.service.as_deref(), rows, &handoffs);
    hold.set(graph.bytes())?;
    Ok(TraceGraph { graph: Arc::new(graph), spans, complete, _hold: Arc::new(hold) })
}

/// The first spans of a trace in short.
pub(crate) struct AllSpans {
    pub(crate) rows: Vec<SpanRow>,
    /// Whether these are all.
    pub(crate) complete: bool,
    /// Memory of the rows and of the work on them.
    pub(crate) hold: MemoryHold,
}

/// Reads the spans of a trace in short, up to `bytes` of memory and to [`MOST`] of them.
///
/// # Errors
/// The store cannot be read, or no memory is left for the request.
pub(crate) async fn all_spans(api: &ApiState, trace_id: TraceId, bytes: usize) -> Result<AllSpans> {
    let mut query = SpanQuery { trace_id, after: None, limit: PAGE, detail: Detail::Summary };
    let memory = AnswerMemory::current().with_pages(PAGE_BYTES);
    let mut spans = AllSpans { rows: Vec::new(), complete: false, hold: memory.hold(0)? };
    while spans.rows.len() < MOST && spans.hold.bytes() < bytes {
        let page = memory.clone().scope(api.store.spans(&query)).await?;
        // The page's own reservation is held until its rows are counted here.
        spans.hold.grow(page.rows.iter().map(work_bytes).sum())?;
        spans.rows.extend(page.rows);
        query.after = page.next;
        if page.next.is_none() {
            spans.complete = true;
            break;
        }
    }
    Ok(spans)
}

/// Memory of a span and of the work on it.
fn work_bytes(row: &SpanRow) -> usize {
    let names = row.bytes() - size_of::<SpanRow>();
    let inferred = row.cost.as_ref().map_or(0, |cost| cost.inferred.len());
    row.bytes() + PLACE + names * COPIES + inferred * (size_of::<SpanRow>() + PLACE)
}

/// Reads hand-offs between agents from the attributes of spans whose names contain one of these words.
async fn handoffs(api: &ApiState, trace_id: TraceId, rows: &[SpanRow]) -> Result<HashMap<SpanId, Handoff>> {
    let speaks = |row: &&SpanRow| {
        let name = row.name.to_ascii_lowercase();
        let may = matches!(row.kind, Kind::Task | Kind::Tool | Kind::Agent | Kind::Other);
        may && WORDS.iter().any(|word| name.contains(word))
    };
    let mut found = HashMap::new();
    for row in rows.iter().filter(speaks).take(HANDOFFS) {
        let mut whole = api.store.span(trace_id, row.span_id).await?;
        let Some(span) = whole.as_mut().and_then(|whole| reread(&api.adapters, whole)) else { continue };
        if let Some(to) = span.canonical.handoff_to.clone() {
            found.insert(row.span_id, (span.canonical.handoff_from.clone(), to));
        }
    }
    Ok(found)
}
