//! Shards that are away: partial lists by name, failing writes and counts, and equal totals afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use quipu_backend_memory::Memory;
use quipu_conformance::sample::{Random, batch, draft, priced, trace_id};
use quipu_conformance::{difference, history};
use quipu_core::*;
use quipu_shards::{Shard, Shards};

/// A memory store that can be away.
#[derive(Default)]
struct Switch {
    store: Memory,
    is_away: AtomicBool,
}

impl Switch {
    fn reach(&self) -> Result<&Memory> {
        match self.is_away.load(Ordering::SeqCst) {
            true => {
                Err(Error::new(ErrorKind::Unavailable, "ask", "the connection failed").of_backend("switch"))
            }
            false => Ok(&self.store),
        }
    }

    fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }
}

#[async_trait]
impl Backend for Switch {
    fn name(&self) -> &str {
        "switch"
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        self.reach()?.write(batch).await
    }
}

/// Methods that ask the memory store unless it is away.
macro_rules! asks {
    ($($name:ident($($arg:ident: $kind:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl Store for Switch {
            $(async fn $name(&self, $($arg: $kind),*) -> Result<$answer> {
                self.reach()?.$name($($arg),*).await
            })*

            fn capabilities(&self) -> StoreCapabilities<'_> {
                self.store.capabilities()
            }
        }
    };
}

asks! {
    traces(query: &TraceQuery) -> TracePage;
    trace(id: TraceId) -> Option<TraceRow>;
    spans(query: &SpanQuery) -> SpanPage;
    span(trace: TraceId, span: SpanId) -> Option<SpanRow>;
    sessions(query: &SessionQuery) -> SessionPage;
    usage(query: &UsageQuery) -> Vec<UsageGroup>;
    costs(query: &CostQuery) -> CostPage;
    work(query: &WorkQuery) -> Vec<WorkGroup>;
    work_rows(query: &WorkRowQuery) -> WorkRowPage;
    tools(filter: &TraceFilter) -> Vec<ToolGroup>;
    facets(field: FacetField, filter: &TraceFilter, limit: usize) -> Vec<Facet>;
    events(query: &EventQuery) -> EventPage;
    metrics() -> Vec<MetricName>;
    metric(query: &MetricQuery) -> Vec<MetricSeries>;
    nodes(traces: &[(TraceId, Timestamp)]) -> Vec<Vec<Node>>;
    meeting_traces(meetings: &[(Meeting, Timestamp)]) -> Vec<Vec<(TraceId, Timestamp)>>;
    info() -> StoreInfo;
}

/// Three shards that can be away.
fn three() -> (Vec<Arc<Switch>>, Shards) {
    let switches: Vec<Arc<Switch>> = (0..3).map(|_| Arc::default()).collect();
    let shard = |(at, switch): (usize, &Arc<Switch>)| {
        Shard::of(format!("s{at}"), Arc::clone(switch) as Arc<dyn Store>)
    };
    let shards = Shards::open(switches.iter().enumerate().map(shard).collect()).unwrap();
    (switches, shards)
}

/// Thirty traces with a priced call each.
fn calls() -> Batch {
    let spans: Vec<Span> = (1..=30).map(|trace| draft(trace, 1).llm("gpt-5", 10, 1).span()).collect();
    let costs: Vec<Cost> = spans.iter().map(|span| priced(span, "0.01")).collect();
    batch(spans, costs)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_accepts_it_gets_a_partial_answer_with_the_name() {
    let (switches, shards) = three();
    shards.write(Arc::new(calls())).await.unwrap();
    switches[1].set_away(true);
    let held = switches[1].store.info().await.unwrap().spans;
    assert!(held > 0);
    let memory = AnswerMemory::default().with_partial();
    let rows = memory.clone().scope(shards.traces(&TraceQuery::default())).await.unwrap().rows;
    assert_eq!(rows.len() as u64, 30 - held);
    assert_eq!(memory.missing(), ["s1"]);
    let memory = AnswerMemory::default().with_partial();
    let usage = memory.clone().scope(shards.usage(&UsageQuery::default())).await.unwrap();
    assert_eq!((usage[0].totals.llm_calls, memory.missing()), (30 - held, vec!["s1".to_owned()]));
    assert!(matches!(shards.health(), Health::Degraded(text) if text.contains("shard s1")));
    switches[1].set_away(false);
    let memory = AnswerMemory::default().with_partial();
    let rows = memory.clone().scope(shards.traces(&TraceQuery::default())).await.unwrap().rows;
    assert_eq!((rows.len(), memory.missing()), (30, Vec::new()));
    assert_eq!(shards.health(), Health::Ready);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_requests_fail_with_the_name_of_the_shard() {
    let (switches, shards) = three();
    shards.write(Arc::new(calls())).await.unwrap();
    switches[2].set_away(true);
    let error = shards.usage(&UsageQuery::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Yes));
    assert!(error.to_string().contains("shard s2"), "{error}");
    // The count never decides by a part of the facts, even if the request accepts partial answers.
    let memory = AnswerMemory::default().with_partial();
    let all: Vec<(TraceId, Timestamp)> = (1..=30).map(|id| (trace_id(id), Timestamp::default())).collect();
    assert!(memory.clone().scope(shards.nodes(&all)).await.is_err());
    let meeting = (Meeting::from_number(7), Timestamp::default());
    assert!(memory.clone().scope(shards.meeting_traces(&[meeting])).await.is_err());
    for switch in &switches {
        switch.set_away(true);
    }
    assert!(memory.scope(shards.traces(&TraceQuery::default())).await.is_err(), "no shard answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_fail_while_a_shard_is_away_and_totals_are_equal_afterwards() {
    let (switches, shards) = three();
    let reference = Memory::new();
    let mut random = Random::new(41);
    let mut failed = 0;
    for batch in history(42, 60) {
        let batch = Arc::new(batch);
        reference.write(Arc::clone(&batch)).await.unwrap();
        for switch in &switches {
            switch.set_away(random.one_in(3));
        }
        // The pipeline retries; meanwhile the shards that were there have their part.
        while let Err(error) = shards.write(Arc::clone(&batch)).await {
            assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Yes), "{error}");
            failed += 1;
            for switch in &switches {
                switch.set_away(random.one_in(3));
            }
        }
    }
    switches.iter().for_each(|switch| switch.set_away(false));
    assert!(failed > 10, "{failed} writes failed");
    assert_eq!(difference(&shards, &reference).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_that_is_away_at_the_start_is_opened_later() {
    let is_there = Arc::new(AtomicBool::new(false));
    let late = {
        let (is_there, store) = (Arc::clone(&is_there), Arc::new(Memory::new()));
        Shard::new(
            "late",
            Box::new(move || match is_there.load(Ordering::SeqCst) {
                true => Ok(Arc::clone(&store) as Arc<dyn Store>),
                false => Err(Error::new(ErrorKind::Unavailable, "open store", "no route")),
            }),
        )
    };
    let shards = Shards::open(vec![late, Shard::of("early", Arc::new(Memory::new()))]).unwrap();
    assert!(shards.write(Arc::new(calls())).await.unwrap_err().to_string().contains("shard late"));
    is_there.store(true, Ordering::SeqCst);
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while let Err(error) = shards.write(Arc::new(calls())).await {
        assert!(std::time::Instant::now() < until, "{error}");
        tokio::task::yield_now().await;
    }
    assert_eq!(shards.traces(&TraceQuery::default()).await.unwrap().rows.len(), 30);
}

#[test]
fn a_shard_with_another_error_is_not_taken_for_one_that_is_away() {
    let newer = || Err(Error::new(ErrorKind::Unsupported, "open store", "layout 9"));
    let shards = vec![Shard::of("fine", Arc::new(Memory::new())), Shard::new("newer", Box::new(newer))];
    let error = Shards::open(shards).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("shard newer") && error.to_string().contains("layout 9"), "{error}");
    let one = Shards::open(vec![Shard::of("alone", Arc::new(Memory::new()))]).unwrap_err();
    assert!(one.to_string().contains("at least 2 shards"), "{one}");
}
