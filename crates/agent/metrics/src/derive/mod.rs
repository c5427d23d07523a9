//! Derivation of metrics from spans and ledger rows.

mod calls;
mod recent;
mod sessions;
mod spans;
mod tally;
mod tell;

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use quipu_core::locks::Mutex;
use quipu_core::{Batch, Cost, Metric, Resource, Span, SpanId, Stage, Timestamp, TraceId};

use self::calls::Counted;
use self::recent::Recent;
use self::sessions::Sessions;
use self::tally::Tally;
use self::tell::Tell;
use super::registry::Registry;

/// Remembered spans, so no span counts twice.
const SPANS: usize = 8_192;
/// Remembered ledger rows, so a correction counts by its difference only.
const ROWS: usize = 1_024;

/// Identity of a span.
type Key = (TraceId, SpanId);

/// Stage that records the catalogue's derived metrics.
///
/// It runs after count and price: calls, tokens, money and tool runs come from counted ledger rows. Each span
/// and row counts once; a later row of the same span counts by its difference. A derived metric is skipped if
/// the code records the same name itself. Memory is bounded: a row that is corrected after a thousand others
/// counts anew.
pub struct Derive {
    registry: &'static Registry,
    state: Arc<Mutex<DeriveState>>,
    by_service: bool,
}

#[derive(Default)]
struct DeriveState {
    spans: Recent<Key, (), SPANS>,
    /// Boxed, because a hash table has more slots than entries.
    rows: Recent<Key, Box<Counted>, ROWS>,
    sessions: Sessions,
    tally: Tally,
}

impl Derive {
    /// Derives into the instruments of a registry.
    pub fn new(registry: &'static Registry) -> Self {
        Self::into(registry, false)
    }

    /// Derives into separate instruments, for a server with spans of many programs. Every series has the
    /// label `service.name`, except the number of active sessions. The instruments live as long as the
    /// process.
    pub fn by_service() -> Self {
        Self::into(Box::leak(Box::new(Registry::coarse())), true)
    }

    /// All derived metrics at this moment, without a resource, because they belong to many.
    pub fn metrics(&self, now: Timestamp) -> Vec<Metric> {
        self.registry.collect(now, &Arc::new(Resource::default()))
    }

    /// The derived instruments, for example to limit their series.
    pub const fn registry(&self) -> &'static Registry {
        self.registry
    }

    fn into(registry: &'static Registry, by_service: bool) -> Self {
        let state = Arc::<Mutex<DeriveState>>::default();
        let known = Arc::clone(&state);
        registry.observe_with(move |registry, now| {
            let active = known.lock().sessions.active(now);
            Tell::new(registry, None).set("quipu.session.active", active as f64, &[]);
        });
        Self { registry, state, by_service }
    }
}

impl std::fmt::Debug for Derive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Derive").field("registry", self.registry).finish_non_exhaustive()
    }
}

impl Stage for Derive {
    fn name(&self) -> &'static str {
        "derive"
    }

    fn only_adds(&self) -> bool {
        true
    }

    fn apply(&self, batch: &mut Batch) {
        let mut state = self.state.lock();
        let to = To { registry: self.registry, by_service: self.by_service };
        let ended = in_order(&batch.spans);
        let spans: HashMap<Key, &Span> = ended.iter().map(|span| (key(span), *span)).collect();
        let mut counted: HashMap<Key, &Cost> = HashMap::with_capacity(batch.costs.len());
        for row in &batch.costs {
            state.row(to, row, spans.get(&(row.trace_id, row.span_id)).copied());
            if row.counts() {
                counted.insert((row.trace_id, row.span_id), row);
            } else {
                counted.remove(&(row.trace_id, row.span_id));
            }
        }
        for span in ended {
            if state.spans.insert(key(span), ()).is_none() {
                state.span(to, span, counted.get(&key(span)).copied());
            }
        }
    }
}

/// Destination of the metrics.
#[derive(Clone, Copy)]
struct To {
    registry: &'static Registry,
    by_service: bool,
}

impl To {
    fn tell<'a>(self, span: Option<&'a Span>, service: Option<&'a str>) -> Tell<'a> {
        Tell::new(self.registry, span).of(service.filter(|_| self.by_service))
    }
}

impl DeriveState {
    fn row(&mut self, to: To, row: &Cost, span: Option<&Span>) {
        let key = (row.trace_id, row.span_id);
        let before = self.rows.remove(&key);
        let now = row.counts().then(|| Box::new(Counted::of(row, span, before.as_deref())));
        if before != now {
            if let Some(before) = &before {
                before.tell(&to.tell(None, before.service.as_deref()).taking_back());
            }
            if let Some(now) = &now {
                now.tell(&to.tell(span, now.service.as_deref()));
            }
        }
        if let Some(now) = now {
            self.rows.insert(key, now);
        }
    }

    fn span(&mut self, to: To, span: &Span, row: Option<&Cost>) {
        let tell = to.tell(Some(span), span.resource.service());
        self.sessions.see(span, &tell);
        self.tally.see(span, row, &tell);
        spans::tell(span, &tell);
    }
}

fn key(span: &Span) -> Key {
    (span.trace_id, span.span_id)
}

/// The ended spans, children before their parents.
fn in_order(spans: &[Span]) -> Vec<&Span> {
    let mut ended: Vec<_> = spans.iter().filter(|span| span.end.is_some()).collect();
    ended.sort_by_key(|span| (span.end, std::cmp::Reverse(span.start)));
    ended
}
