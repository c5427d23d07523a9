//! Handmade traces, and a store that holds only nodes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;
use quipu_core::*;
use quipu_ledger::Ledger;

pub fn trace_id() -> TraceId {
    TraceId::from_bytes([7; 16]).unwrap()
}

pub fn span_id(number: u64) -> SpanId {
    SpanId::from_bytes((number + 1).to_be_bytes()).unwrap()
}

/// A span of `kind` from `start` to `end` milliseconds.
pub fn span(number: u64, parent: Option<u64>, kind: Kind, start: i64, end: i64) -> Span {
    let at = |ms: i64| Timestamp::from_nanos(1_795_000_000_000_000_000 + ms * 1_000_000);
    let mut span = Span::new(trace_id(), span_id(number), kind.as_str(), at(start), at(end));
    span.parent_id = parent.map(span_id);
    span.canonical.kind = kind;
    span
}

pub fn with_usage(mut span: Span, input: u64, output: u64) -> Span {
    span.canonical.usage = Some(Usage { input: Some(input), output: Some(output), ..Usage::default() });
    span
}

pub fn with_unit(mut span: Span, unit: &str, count: u64) -> Span {
    if let Some(usage) = span.canonical.usage.take() {
        span.canonical.usage = Some(usage.unit(unit, count));
    }
    span
}

pub fn with_response(mut span: Span, id: &str) -> Span {
    span.canonical.response_id = Some(id.into());
    span
}

pub fn with_model(mut span: Span, model: &str) -> Span {
    span.canonical.request_model = Some(model.into());
    span
}

/// Polls a future that never waits.
pub fn now<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future waits"),
    }
}

/// The rows as a store would keep them: the latest of each span, without versions.
pub type Rows = BTreeMap<SpanId, Cost>;

pub fn keep(rows: &mut Rows, costs: Vec<Cost>) {
    for mut cost in costs {
        cost.version = 0;
        rows.insert(cost.span_id, cost);
    }
}

/// Counts the batches in sequence. Between batches the ledger may evict everything it can. It counts the same
/// if it leaves records in the store.
pub fn count(batches: &[Vec<Span>], memory: usize) -> Rows {
    let rows = count_by(batches, Ledger::new(memory));
    assert_eq!(count_by(batches, Ledger::new(memory).leaving_in_store()), rows);
    rows
}

fn count_by(batches: &[Vec<Span>], mut ledger: Ledger) -> Rows {
    let store = Nodes::default();
    let mut rows = Rows::new();
    for spans in batches {
        let mut batch = Batch { spans: spans.clone(), ..Batch::default() };
        now(ledger.count(&mut batch, &store)).unwrap();
        store.keep(spans);
        store.keep_costs(&batch.costs);
        keep(&mut rows, batch.costs);
    }
    rows
}

pub fn totals(rows: &Rows) -> (usize, u64, u64) {
    let counted = || rows.values().filter(|row| row.counts());
    let tokens = counted()
        .filter_map(|row| row.usage.as_ref())
        .fold(Tokens::default(), |sum, usage| sum.plus(&usage.tokens()));
    (counted().filter(|row| row.is_call()).count(), tokens.input, tokens.output)
}

/// A store of nodes only. The last part is the most nodes that it was asked for at once.
#[derive(Default)]
pub struct Nodes(
    Mutex<HashMap<TraceId, HashMap<SpanId, Node>>>,
    Mutex<HashMap<(TraceId, SpanId), Cost>>,
    AtomicUsize,
);

impl Nodes {
    /// The most nodes of one answer.
    pub fn most(&self) -> usize {
        self.2.load(Ordering::Relaxed)
    }

    pub fn keep(&self, spans: &[Span]) {
        let mut kept = self.0.lock().unwrap();
        for span in spans {
            kept.entry(span.trace_id).or_default().insert(span.span_id, Node::of(span));
        }
    }

    pub fn keep_costs(&self, costs: &[Cost]) {
        let mut kept = self.1.lock().unwrap();
        kept.extend(costs.iter().map(|cost| ((cost.trace_id, cost.span_id), cost.clone())));
    }
}

#[async_trait]
impl Backend for Nodes {
    fn name(&self) -> &str {
        "nodes"
    }

    async fn write(&self, _: std::sync::Arc<Batch>) -> Result<()> {
        unreachable!()
    }
}

#[async_trait]
impl Store for Nodes {
    async fn nodes(&self, traces: &[(TraceId, Timestamp)]) -> Result<Vec<Vec<Node>>> {
        let kept = self.0.lock().unwrap();
        let nodes: Vec<Vec<Node>> = traces
            .iter()
            .map(|(id, _)| kept.get(id).into_iter().flat_map(HashMap::values).cloned().collect())
            .collect();
        self.2.fetch_max(nodes.iter().map(Vec::len).sum(), Ordering::Relaxed);
        Ok(nodes)
    }

    async fn span_counts(&self, traces: &[TraceId]) -> Result<Vec<u64>> {
        let kept = self.0.lock().unwrap();
        Ok(traces.iter().map(|id| kept.get(id).map_or(0, HashMap::len) as u64).collect())
    }

    async fn traces(&self, query: &TraceQuery) -> Result<TracePage> {
        let kept = self.0.lock().unwrap();
        let root = |nodes: &HashMap<SpanId, Node>| nodes.values().min_by_key(|node| node.start).cloned();
        let rows = kept.iter().filter_map(|(id, nodes)| {
            let root = root(nodes)?;
            let service = root.call.as_ref().and_then(|call| call.service.clone());
            let filter = &query.filter;
            let is_asked = service.as_deref() == filter.service.as_deref()
                && filter.since.is_none_or(|since| root.start >= since)
                && filter.until.is_none_or(|until| root.start < until);
            is_asked.then(|| summary(*id, root.start, service))
        });
        Ok(TracePage { rows: rows.collect(), next: None })
    }
    async fn trace(&self, _: TraceId) -> Result<Option<TraceRow>> {
        unreachable!()
    }
    async fn spans(&self, _: &SpanQuery) -> Result<SpanPage> {
        unreachable!()
    }
    async fn span(&self, _: TraceId, _: SpanId) -> Result<Option<SpanRow>> {
        unreachable!()
    }
    async fn sessions(&self, _: &SessionQuery) -> Result<SessionPage> {
        unreachable!()
    }
    async fn meeting_traces(
        &self,
        meetings: &[(Meeting, Timestamp)],
    ) -> Result<Vec<Vec<(TraceId, Timestamp)>>> {
        let kept = self.0.lock().unwrap();
        let of = |(meeting, _): &(Meeting, Timestamp)| {
            let there = |nodes: &HashMap<SpanId, Node>| {
                let of = |node: &&Node| {
                    let moment = node.call.as_ref().and_then(|call| call.moment);
                    node.meeting == Some(*meeting) || moment == Some(*meeting)
                };
                nodes.values().find(of).map(|node| node.start)
            };
            kept.iter().filter_map(|(id, nodes)| Some((*id, there(nodes)?))).collect()
        };
        Ok(meetings.iter().map(of).collect())
    }
    async fn costs(&self, query: &CostQuery) -> Result<CostPage> {
        let kept = self.1.lock().unwrap();
        let asked = |cost: &&Cost| {
            cost.service.as_deref() == query.filter.service.as_deref()
                && query.filter.since.is_none_or(|since| cost.time >= since)
                && query.filter.until.is_none_or(|until| cost.time < until)
        };
        let row = |cost: &Cost| CostRow { cost: cost.clone(), session: None, user: None };
        Ok(CostPage { rows: kept.values().filter(asked).map(row).collect(), next: None })
    }
    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageGroup>> {
        let kept = self.1.lock().unwrap();
        let asked = |cost: &&Cost| {
            cost.is_call()
                && cost.service.as_deref() == query.filter.service.as_deref()
                && query.filter.since.is_none_or(|since| cost.time >= since)
                && query.filter.until.is_none_or(|until| cost.time < until)
        };
        let calls = kept.values().filter(asked).count() as u64;
        let totals = UsageTotals { llm_calls: calls, ..UsageTotals::default() };
        Ok(vec![UsageGroup { key: Vec::new(), totals }])
    }
    async fn tools(&self, _: &TraceFilter) -> Result<Vec<ToolGroup>> {
        unreachable!()
    }
    async fn facets(&self, _: FacetField, _: &TraceFilter, _: usize) -> Result<Vec<Facet>> {
        unreachable!()
    }
    async fn events(&self, _: &EventQuery) -> Result<EventPage> {
        unreachable!()
    }
    async fn metrics(&self) -> Result<Vec<MetricName>> {
        unreachable!()
    }
    async fn metric(&self, _: &MetricQuery) -> Result<Vec<MetricSeries>> {
        unreachable!()
    }
    async fn work(&self, _: &WorkQuery) -> Result<Vec<WorkGroup>> {
        unreachable!()
    }

    async fn work_rows(&self, _: &WorkRowQuery) -> Result<WorkRowPage> {
        unreachable!()
    }

    async fn info(&self) -> Result<StoreInfo> {
        unreachable!()
    }
}

/// The summary of a trace, without figures.
fn summary(
    trace_id: TraceId,
    started_at: Timestamp,
    service: Option<compact_str::CompactString>,
) -> TraceRow {
    TraceRow {
        trace_id,
        name: String::new(),
        service,
        framework: None,
        convention: None,
        started_at,
        duration: 0,
        status: TraceStatus::Unset,
        spans: 1,
        llm_calls: 0,
        tool_calls: 0,
        errors: 0,
        tokens: Tokens::default(),
        cost: None,
        subscription: None,
        unpriced_calls: 0,
        reported_cost: None,
        session: None,
        user: None,
        project: None,
        commit: None,
        branch: None,
        tags: Vec::new(),
        agents: Vec::new(),
        models: Vec::new(),
    }
}

/// The configuration of a property test: the same cases in each run, unless `QUIPU_CASES` and `QUIPU_SEED`
/// ask for other ones.
pub fn cases(cases: u32) -> ProptestConfig {
    let asked = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let cases = asked("QUIPU_CASES").and_then(|cases| u32::try_from(cases).ok()).unwrap_or(cases);
    let rng_seed = RngSeed::Fixed(asked("QUIPU_SEED").unwrap_or(1));
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}
