//! Tests of the path of a batch through the pipeline.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use quipu_conformance::sample::{batch, cost, draft};
use quipu_core::*;
use quipu_metrics::SelfMetrics;
use quipu_pipeline::{Pipeline, PipelineParts, Priced, Stages, price_context, price_row};

use crate::faulty::Faulty;

/// A price book with one dollar per token that knows `gpt-4o` only.
struct Dollar;

impl PriceBook for Dollar {
    fn price(&self, request: &PriceRequest<'_>) -> std::result::Result<PriceAnswer, Unpriced> {
        if request.model != "gpt-4o" {
            return Err(Unpriced::UnknownModel);
        }
        let total = "1".parse::<Usd>().unwrap().times(request.usage.tokens().total());
        let rule = PriceRef { source: "dollar".into(), ..PriceRef::default() };
        Ok(PriceAnswer {
            total,
            input: total,
            output: Usd::ZERO,
            lines: Vec::new(),
            rule,
            fallbacks: Vec::new(),
        })
    }
}

fn pipeline(store: &Arc<Faulty>, queue: usize) -> (Arc<Pipeline>, Arc<SelfMetrics>) {
    let metrics = Arc::new(SelfMetrics::new());
    let pipeline = Pipeline::start(PipelineParts {
        stages: Stages { after: vec![Arc::new(Priced::new(Arc::new(Dollar)))], ..Stages::default() },
        meter: Arc::clone(&metrics) as _,
        limits: Limits { queue_requests: queue, ..Limits::default() },
        ..PipelineParts::new(Arc::clone(store) as _)
    });
    (Arc::new(pipeline), metrics)
}

async fn total(store: &Faulty) -> UsageTotals {
    let groups = store.inner.usage(&UsageQuery::default()).await.unwrap();
    groups.into_iter().next().map(|group| group.totals).unwrap_or_default()
}

fn call(trace: u64, model: &str) -> Batch {
    batch([draft(trace, 1).llm(model, 10, 5).span()], [])
}

#[tokio::test]
async fn a_batch_is_counted_priced_stored_and_told() {
    let store = Arc::new(Faulty::new());
    let (pipeline, metrics) = pipeline(&store, 8);
    let mut watcher = pipeline.watchers().subscribe();
    pipeline.submit(call(1, "gpt-4o")).await.unwrap();
    let told = watcher.recv().await.unwrap();
    assert_eq!((told.spans, told.traces.len()), (1, 1));
    pipeline.submit(call(2, "mystery")).await.unwrap();
    let total = total(&store).await;
    assert_eq!((total.llm_calls, total.tokens.total(), total.cost), (2, 30, "15".parse().ok()));
    assert_eq!(total.unpriced.get(&Unpriced::UnknownModel), Some(&1));
    assert!(metrics.text().contains("quipu_stored_records_total{signal=\"traces\"} 2"));
}

#[tokio::test]
async fn after_a_failed_write_the_count_is_still_right() {
    let store = Arc::new(Faulty::new());
    let (pipeline, _) = pipeline(&store, 8);
    let agent = batch(
        [draft(1, 1)
            .agent("planner")
            .read(|read| read.usage = Some(Usage { input: Some(10), ..Usage::default() }))
            .span()],
        [],
    );
    let call = batch([draft(1, 2).below(1).llm("gpt-4o", 10, 0).span()], []);
    pipeline.submit(agent).await.unwrap();
    store.full.store(true, Ordering::SeqCst);
    let refused = pipeline.submit(call.clone()).await.unwrap_err();
    assert_eq!((refused.kind(), refused.retry()), (ErrorKind::Exhausted, Retry::Yes));
    assert_eq!(total(&store).await.tokens.input, 10);
    store.full.store(false, Ordering::SeqCst);
    pipeline.submit(call).await.unwrap();
    let total = total(&store).await;
    assert_eq!((total.llm_calls, total.tokens.input), (1, 10));
}

#[tokio::test]
async fn one_bad_batch_takes_no_other_with_it() {
    let store = Arc::new(Faulty::new());
    let (pipeline, _) = pipeline(&store, 8);
    store.gate.forget_permits(tokio::sync::Semaphore::MAX_PERMITS);
    let submit = |batch: Batch| {
        let pipeline = Arc::clone(&pipeline);
        tokio::spawn(async move { pipeline.submit(batch).await })
    };
    let first = submit(call(1, "gpt-4o"));
    while store.gate.available_permits() > 0 || store.writes.load(Ordering::SeqCst) > 0 {
        tokio::task::yield_now().await;
    }
    let good = submit(call(2, "gpt-4o"));
    let bad = submit(batch([draft(3, 1).named("poison").span()], []));
    let other = submit(call(4, "gpt-4o"));
    tokio::task::yield_now().await;
    store.gate.add_permits(100);
    for (task, kept) in [(first, true), (good, true), (bad, false), (other, true)] {
        assert_eq!(task.await.unwrap().is_ok(), kept);
    }
    assert_eq!(total(&store).await.llm_calls, 3);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let store = Arc::new(Faulty::new());
    let (pipeline, metrics) = pipeline(&store, 1);
    store.gate.forget_permits(tokio::sync::Semaphore::MAX_PERMITS);
    let mut waiting = Vec::new();
    let refusal = loop {
        let task = {
            let pipeline = Arc::clone(&pipeline);
            tokio::spawn(async move { pipeline.submit(call(waiting_number(), "gpt-4o")).await })
        };
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        if task.is_finished() {
            break task.await.unwrap().unwrap_err();
        }
        waiting.push(task);
        assert!(waiting.len() < 10);
    };
    assert_eq!(refusal.kind(), ErrorKind::Exhausted);
    store.gate.add_permits(100);
    for task in waiting {
        task.await.unwrap().unwrap();
    }
    assert!(metrics.text().contains("quipu_refused_batches_total{reason=\"queue full\"} 1"));
}

fn waiting_number() -> u64 {
    use std::sync::atomic::AtomicU64;
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::SeqCst)
}

#[tokio::test]
async fn closing_finishes_what_waits_and_takes_nothing_more() {
    let store = Arc::new(Faulty::new());
    let (pipeline, _) = pipeline(&store, 8);
    pipeline.submit(call(1, "gpt-4o")).await.unwrap();
    pipeline.close().await.unwrap();
    pipeline.close().await.unwrap();
    assert_eq!(pipeline.submit(call(2, "gpt-4o")).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

/// A price book with one cent per second and one dollar per search.
struct TimeAndSearches;

impl PriceBook for TimeAndSearches {
    fn price(&self, request: &PriceRequest<'_>) -> std::result::Result<PriceAnswer, Unpriced> {
        let searches = request.usage.units.get("web_searches").copied().unwrap_or(0);
        let seconds = request.duration.map_or(0, |nanos| nanos.unsigned_abs() / 1_000_000_000);
        let total = Usd::cents(100).times(searches) + Usd::cents(1).times(seconds);
        let (lines, fallbacks, rule) = (Vec::new(), Vec::new(), PriceRef::default());
        Ok(PriceAnswer { total, input: total, output: Usd::ZERO, lines, rule, fallbacks })
    }
}

#[test]
fn other_units_and_time_are_priced() {
    let row = |usage: Option<Usage>| {
        let mut row = cost(&draft(1, 1).llm("gpt-4o", 1, 1).lasts(3 * Timestamp::SECOND).span());
        row.usage = usage;
        row
    };
    let price = |row: &Cost| price_row(&TimeAndSearches, row).map(|answer| answer.map(|answer| answer.total));
    let searched = Usage { units: [("web_searches".into(), 2)].into(), ..Usage::default() };
    assert_eq!(price(&row(Some(searched))), Some(Ok(Usd::cents(203))));
    assert_eq!(price(&row(None)), Some(Ok(Usd::cents(3))));
    // A failed attempt without usage was not billed.
    assert_eq!(price(&Cost { failed: true, ..row(None) }), None);
    let context = |tier| {
        price_context(Some(tier)).into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>()
    };
    assert_eq!(context("ON_DEMAND_PRIORITY"), ["service_tier=priority"]);
    assert_eq!((context("ON_DEMAND").len(), context("batch")), (0, vec!["processing=batch".to_owned()]));
    assert_eq!(context("fast"), ["service_tier=fast", "speed=fast"]);
}
