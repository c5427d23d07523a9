//! Routes of the graph of one trace, and of the map over many.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use quipu_core::{
    AnswerMemory, Error, ErrorKind, MemoryHold, Result as StoreResult, TraceId, TraceQuery, TraceRow,
};
use quipu_insight::Graph;
use quipu_query::{FILTER_PARAMS, parse_trace_filter};
use tokio::task::JoinSet;

use super::Answer;
use super::traces::no_trace;
use crate::Problem;
use crate::dto::{FilterParams, GraphAnswer, MapAnswer};
use crate::extract::{Ask, NoParams, id};
use crate::graphs::{MAP_BYTES, TRACE_BYTES, TraceGraph, read};
use crate::json::Json;
use crate::shared::{Api, Shared};
use crate::spawned::spawn_into;

/// Maximum number of traces in a map.
const TRACES: u64 = 2_000;
/// Traces listed per step.
const PAGE: usize = 200;
/// Approximate maximum number of spans in a map.
const SPANS: usize = 200_000;
/// Time limit of reading a map.
const TIME: Duration = Duration::from_secs(5);
/// Bytes of graphs after which the graph of a map is measured again.
const MEASURED: usize = 1 << 20;
/// Maximum number of traces read concurrently.
const AT_ONCE: usize = 2;

/// Graph
///
/// Graph of a trace: services, workflows, agents, models and tools, with calls, errors, tokens, cost and
/// time. Each edge has the figures of the delegated work. Edges also show hand-offs between agents.
#[utoipa::path(get, path = "/api/v1/traces/{trace_id}/graph", tag = "traces",
    params(("trace_id" = String, Path, description = "Trace id, 32 hexadecimal digits.")),
    responses((status = 200, description = "Nodes and edges.", body = GraphAnswer),
        (status = 404, description = "No such trace is stored.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn graph(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    _: NoParams,
) -> Answer<GraphAnswer> {
    let Path(text) = path?;
    let trace_id = id::<TraceId>(&text)?;
    let row = api.store.trace(trace_id).await?.ok_or_else(|| no_trace(trace_id))?;
    let built = read(&api, &row, TRACE_BYTES).await?;
    Ok(Json(GraphAnswer::new(&built.graph, built.complete)))
}

/// Map
///
/// Graph of all matching traces, newest first. Reading has limits; the answer says whether it is complete.
/// Results are cached, so the next request continues from there.
#[utoipa::path(get, path = "/api/v1/map", tag = "figures", params(FilterParams),
    responses((status = 200, description = "Nodes and edges.", body = MapAnswer)))]
pub(crate) async fn map(State(api): Shared, Ask(params): Ask) -> Answer<MapAnswer> {
    params.allow(&[FILTER_PARAMS], &[])?;
    let filter = parse_trace_filter(&params)?;
    let mut query = TraceQuery { filter, limit: PAGE, ..TraceQuery::default() };
    let hold = AnswerMemory::current().hold(0)?;
    let graph = Graph::default();
    let mut map = Map { began: Instant::now(), graph, traces: 0, spans: 0, complete: true, hold, added: 0 };
    loop {
        let page = api.store.traces(&query).await?;
        let whole = map.add(&api, page.rows).await?;
        query.cursor = page.next;
        if !whole || query.cursor.is_none() {
            return Ok(Json(MapAnswer::new(&map.graph, whole && map.complete, map.traces)));
        }
    }
}

/// A map with the progress of its reading.
struct Map {
    began: Instant,
    graph: Graph,
    traces: u64,
    spans: usize,
    complete: bool,
    /// Memory of the graph, or more.
    hold: MemoryHold,
    /// Part of it since the graph was measured.
    added: usize,
}

impl Map {
    /// Adds traces; returns whether all were added.
    async fn add(&mut self, api: &Arc<Api>, rows: Vec<TraceRow>) -> StoreResult<bool> {
        let mut reading = JoinSet::new();
        for row in rows {
            // Cached graphs cost nothing; the time limit applies to reading only.
            if let Some(built) = api.graphs.find(&row) {
                if self.is_full() {
                    return Ok(false);
                }
                self.take(&built)?;
                continue;
            }
            if reading.len() == AT_ONCE
                && let Some(built) = reading.join_next().await
            {
                self.take(&done(built)?)?;
            }
            if self.is_full() || self.began.elapsed() >= TIME {
                return self.rest(reading).await.map(|()| false);
            }
            let api = Arc::clone(api);
            spawn_into(&mut reading, async move {
                let built = read(&api, &row, MAP_BYTES).await?;
                api.graphs.keep(&row, &built);
                Ok(built)
            });
        }
        self.rest(reading).await.map(|()| true)
    }

    async fn rest(&mut self, mut reading: JoinSet<StoreResult<TraceGraph>>) -> StoreResult<()> {
        while let Some(built) = reading.join_next().await {
            self.take(&done(built)?)?;
        }
        Ok(())
    }

    /// Adds the graph of a trace.
    fn take(&mut self, built: &TraceGraph) -> StoreResult<()> {
        let more = built.graph.bytes();
        self.hold.grow(more)?;
        self.added += more;
        self.graph.merge(&built.graph);
        self.traces += 1;
        self.spans += built.spans;
        self.complete &= built.complete;
        // Graphs of one application repeat each other: from time to time the whole is measured.
        if self.added > MEASURED + (self.hold.bytes() - self.added) {
            self.hold.set(self.graph.bytes())?;
            self.added = 0;
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.traces >= TRACES || self.spans >= SPANS
    }
}

fn done(built: Result<StoreResult<TraceGraph>, tokio::task::JoinError>) -> StoreResult<TraceGraph> {
    built.unwrap_or_else(|error| {
        Err(Error::new(ErrorKind::Internal, "read graph", "reading a trace failed").caused_by(error))
    })
}
