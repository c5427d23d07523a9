//! Tests of the guide's example backend, and of a broken one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use quipu_conformance::sample::agent_runs;
use quipu_conformance::{Suite, Verdict, run_backend, run_exporter};
use quipu_core::{
    Backend, Batch, CostSink as _, Error, ErrorKind, EventSink as _, MetricSink as _, Result, SignalSet,
    SpanSink as _,
};

/// Counts spans; a minimal backend.
#[derive(Default)]
struct Counter(AtomicU64);

#[async_trait]
impl Backend for Counter {
    fn name(&self) -> &str {
        "counter"
    }

    fn signals(&self) -> SignalSet {
        SignalSet::SPANS
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        self.0.fetch_add(u64::try_from(batch.spans.len()).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(())
    }
}

#[tokio::test]
async fn a_plain_backend_runs_what_applies() {
    let counter = Arc::new(Counter::default());
    let report = run_backend(Arc::clone(&counter) as Arc<dyn Backend>).await;
    assert_eq!(report.failed(), Vec::<&str>::new(), "{report}");
    assert!(counter.0.load(Ordering::Relaxed) > 0);
    let verdict =
        |name: &str| report.verdicts.iter().find(|(full, _)| full == name).map(|(_, verdict)| verdict);
    assert_eq!(verdict("write/spans_are_taken"), Some(&Verdict::Passed));
    assert_eq!(verdict("write/events_are_taken"), Some(&Verdict::Ignored("has no event sink".to_owned())));
    assert_eq!(verdict("fidelity/nanoseconds"), Some(&Verdict::Ignored("is no store".to_owned())));
}

#[tokio::test]
async fn a_backend_is_the_sink_of_its_signals_only() {
    let counter = Counter::default();
    let runs = agent_runs(1, 3);
    counter.write_spans(&runs.spans).await.unwrap();
    assert_eq!(counter.0.load(Ordering::Relaxed), runs.spans.len() as u64);
    for refused in [
        counter.write_events(&runs.events).await,
        counter.write_metrics(&runs.metrics).await,
        counter.write_costs(&runs.costs).await,
    ] {
        let error = refused.unwrap_err();
        assert_eq!((error.kind(), error.backend()), (ErrorKind::Unsupported, Some("counter")));
    }
}

/// Panics on writes and fails to close.
struct Broken;

#[async_trait]
impl Backend for Broken {
    fn name(&self) -> &str {
        ""
    }

    fn signals(&self) -> SignalSet {
        SignalSet::SPANS
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        assert!(batch.spans.is_empty(), "broken");
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        Err(Error::new(ErrorKind::Io, "close", "no"))
    }
}

#[tokio::test]
async fn a_panic_fails_its_case_only() {
    let report = run_backend(Arc::new(Broken)).await;
    let want = [
        "lifecycle/it_has_a_name",
        "lifecycle/flush_after_a_write_is_fine",
        "lifecycle/closing_twice_is_fine",
        "write/spans_are_taken",
    ];
    assert_eq!(report.failed(), want);
    assert!(report.to_string().contains("panicked"), "{report}");
}

#[tokio::test]
async fn cases_can_be_left_out_with_a_reason_or_picked() {
    let suite = Suite::of_backends(|| async { Arc::new(Broken) as Arc<dyn Backend> });
    let report =
        suite.without("lifecycle", "not today").without("write/spans_are_taken", "broken").run().await;
    assert_eq!(report.failed(), Vec::<&str>::new());
    assert!(report.pass_list().contains("ignored lifecycle/it_has_a_name (not today)"));
    let suite = Suite::of_backends(|| async { Arc::new(Broken) as Arc<dyn Backend> });
    assert_eq!(suite.only("it_has_a_name").run().await.verdicts.len(), 1);
}

#[tokio::test]
async fn a_way_out_that_breaks_its_laws_is_told_which() {
    let report = run_exporter(|| async { Arc::new(Counter::default()) as Arc<dyn Backend> }).await;
    let want =
        ["exporter/a_write_after_close_is_refused", "exporter/a_refusal_names_the_backend_and_no_contents"];
    assert_eq!(report.failed(), want, "{report}");
    let report = run_exporter(|| async { Arc::new(Broken) as Arc<dyn Backend> }).await;
    assert!(report.failed().contains(&"exporter/it_names_itself"), "{report}");
    assert!(report.failed().contains(&"exporter/closing_twice_is_fine"), "{report}");
}
