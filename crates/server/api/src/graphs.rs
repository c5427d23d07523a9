//! Graph of a trace, built from its spans and cached for the next map.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use quipu_core::{Detail, Kind, Result, SpanId, SpanQuery, SpanRow, TraceId, TraceRow};
use quipu_insight::{Graph, Handoff};

use crate::ApiState;

/// Limit of spans read per trace.
const MOST: usize = 100_000;
/// Spans that are read at a time.
const PAGE: usize = 5_000;
/// Limit of hand-offs read per trace.
const HANDOFFS: usize = 64;
/// Graphs that are kept.
const KEPT: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();
/// Nodes and edges of a graph that is kept: larger ones are read again.
const SMALL: usize = 128;
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
}

/// Graphs by trace, with the version of the trace for which they were made.
pub(crate) struct Graphs(Mutex<LruCache<TraceId, (u64, TraceGraph)>>);

impl Default for Graphs {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(KEPT)))
    }
}

impl Graphs {
    /// The graph of a trace, if the trace has not changed since.
    pub(crate) fn find(&self, row: &TraceRow) -> Option<TraceGraph> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&row.trace_id).filter(|(state, _)| *state == state_of(row)).map(|(_, built)| built.clone())
    }

    /// Keeps the graph of a trace.
    pub(crate) fn keep(&self, row: &TraceRow, built: &TraceGraph) {
        if built.graph.nodes.len() + built.graph.edges.len() <= SMALL {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.put(row.trace_id, (state_of(row), built.clone()));
        }
    }
}

fn state_of(row: &TraceRow) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{row:?}").hash(&mut hasher);
    hasher.finish()
}

/// Reads the graph of a trace.
pub(crate) async fn read(api: &ApiState, row: &TraceRow) -> Result<TraceGraph> {
    let (rows, complete) = all_spans(api, row.trace_id).await?;
    let handoffs = handoffs(api, row.trace_id, &rows).await?;
    let mut graph = Graph::default();
    graph.add(row.service.as_deref(), &rows, &handoffs);
    Ok(TraceGraph { graph: Arc::new(graph), spans: rows.len(), complete })
}

/// The spans of a trace in short, and whether these are all.
pub(crate) async fn all_spans(api: &ApiState, trace_id: TraceId) -> Result<(Vec<SpanRow>, bool)> {
    let mut query = SpanQuery { trace_id, after: None, limit: PAGE, detail: Detail::Summary };
    let mut rows = Vec::new();
    while rows.len() < MOST {
        let page = api.store.spans(&query).await?;
        rows.extend(page.rows);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok((rows, true)),
        }
    }
    Ok((rows, false))
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
        let Some(mut raw) = api.store.span(trace_id, row.span_id).await?.and_then(|row| row.raw) else {
            continue;
        };
        api.adapters.read(&mut raw);
        if let Some(to) = raw.canonical.handoff_to.clone() {
            found.insert(row.span_id, (raw.canonical.handoff_from.clone(), to));
        }
    }
    Ok(found)
}
