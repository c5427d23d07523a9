//! Tests of exporters next to a store.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use quipu_conformance::sample::{at, batch, draft, event};
use quipu_core::locks::Mutex;
use quipu_core::*;
use quipu_metrics::SelfMetrics;
use quipu_pipeline::{DeliveryConfig, Exporter, Pipeline, PipelineParts, Steady, WhenFull};
use tokio::sync::Semaphore;

use crate::faulty::Faulty;

/// A backend with scripted answers that waits at a gate.
struct Told {
    answers: Mutex<VecDeque<Option<ErrorKind>>>,
    got: Mutex<Vec<usize>>,
    /// Writes that reached the gate.
    came: Mutex<usize>,
    tries: Mutex<usize>,
    gate: Semaphore,
}

impl Told {
    fn new(answers: impl IntoIterator<Item = Option<ErrorKind>>) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.into_iter().collect()),
            got: Mutex::default(),
            came: Mutex::default(),
            tries: Mutex::default(),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        })
    }
}

#[async_trait]
impl Backend for Told {
    fn name(&self) -> &str {
        "told"
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        *self.came.lock() += 1;
        let _open = self.gate.acquire().await.unwrap();
        *self.tries.lock() += 1;
        let answer = self.answers.lock().pop_front().flatten();
        assert!(answer != Some(ErrorKind::Internal), "a backend with a bug");
        match answer {
            Some(kind) => Err(Error::new(kind, "write", "told to fail").of_backend("told")),
            None => {
                self.got.lock().push(batch.spans.len());
                Ok(())
            }
        }
    }
}

fn quick() -> DeliveryConfig {
    DeliveryConfig {
        batch_delay_ms: 0,
        retry_first_ms: 1,
        retry_most_ms: 4,
        breaker_open_ms: 20,
        write_timeout_ms: 100,
        close_timeout_ms: 300,
        ..DeliveryConfig::default()
    }
}

fn pipeline(exporters: &[(&Arc<Told>, DeliveryConfig)]) -> (Pipeline, Arc<Faulty>, Arc<SelfMetrics>) {
    let store = Arc::new(Faulty::new());
    let metrics = Arc::new(SelfMetrics::new());
    let exporter = |(backend, config): &(&Arc<Told>, DeliveryConfig)| Exporter {
        config: config.clone(),
        ..Exporter::new(Arc::clone(*backend) as _)
    };
    let pipeline = Pipeline::start(PipelineParts {
        exporters: exporters.iter().map(exporter).collect(),
        meter: Arc::clone(&metrics) as _,
        ..PipelineParts::new(Arc::clone(&store) as _)
    });
    (pipeline, store, metrics)
}

/// Waits until a condition holds.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "still not: {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn spans(trace: u64, count: u64) -> Batch {
    batch((1..=count).map(|number| draft(trace, number).span()).collect::<Vec<_>>(), [])
}

#[tokio::test]
async fn what_the_store_has_goes_to_every_exit() {
    let (one, two) = (Told::new([]), Told::new([]));
    let (pipeline, store, _) = pipeline(&[(&one, quick()), (&two, quick())]);
    pipeline.submit(spans(1, 3)).await.unwrap();
    store.full.store(true, Ordering::SeqCst);
    pipeline.submit(spans(2, 2)).await.unwrap_err();
    pipeline.flush().await.unwrap();
    assert_eq!((one.got.lock().clone(), two.got.lock().clone()), (vec![3], vec![3]), "only what is kept");
    assert_eq!(pipeline.exporters()[0].written, 3);
    pipeline.close().await.unwrap();
}

/// A backend that takes events only.
#[derive(Default)]
struct Events(Mutex<usize>);

#[async_trait]
impl Backend for Events {
    fn name(&self) -> &str {
        "events"
    }

    fn signals(&self) -> SignalSet {
        SignalSet::EVENTS
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        *self.0.lock() += batch.events.len();
        Ok(())
    }
}

fn said(what: &str) -> Event {
    event(at(0), Level::Info, "said", what)
}

#[tokio::test]
async fn what_a_backend_has_no_sink_for_is_neither_offered_nor_counted() {
    let events = Arc::new(Events::default());
    let pipeline = Pipeline::start(PipelineParts {
        exporters: vec![Exporter::new(Arc::clone(&events) as _)],
        ..PipelineParts::new(Arc::new(Faulty::new()) as _)
    });
    pipeline.submit(spans(1, 3)).await.unwrap();
    let events_too = Batch { events: vec![said("one"), said("two")], ..spans(2, 1) };
    pipeline.submit(events_too).await.unwrap();
    pipeline.flush().await.unwrap();
    let status = pipeline.exporters().remove(0);
    assert_eq!((*events.0.lock(), status.written, status.queued), (2, 2, 0), "{status:?}");
    pipeline.close().await.unwrap();
}

#[tokio::test]
async fn a_stuck_exit_holds_up_nobody_and_is_counted() {
    let (stuck, other) = (Told::new([]), Told::new([]));
    stuck.gate.forget_permits(Semaphore::MAX_PERMITS);
    let small = DeliveryConfig { queue_records: 10, write_timeout_ms: 60_000, ..quick() };
    let (pipeline, _, metrics) = pipeline(&[(&stuck, small), (&other, quick())]);
    let begun = Instant::now();
    for trace in 1..=10 {
        pipeline.submit(spans(trace, 5)).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let begun = Instant::now();
    pipeline.close().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(3), "closing has a bound: {:?}", begun.elapsed());
    assert_eq!(other.got.lock().iter().sum::<usize>(), 50);
    let status = &pipeline.exporters()[0];
    let dropped: u64 = status.dropped.values().sum();
    assert_eq!((status.written, dropped), (0, 50), "{status:?}");
    assert!(status.dropped["queue_full"] >= 35, "{status:?}");
    let text = metrics.text();
    assert!(
        text.contains("quipu_exporter_dropped_records_total{backend=\"told\",reason=\"queue_full\"}"),
        "{text}"
    );
}

#[tokio::test]
async fn the_oldest_or_the_newest_goes() {
    for (when_full, want) in [(WhenFull::DropOldest, vec![1, 4]), (WhenFull::DropNewest, vec![1, 3])] {
        let told = Told::new([]);
        told.gate.forget_permits(Semaphore::MAX_PERMITS);
        let config = DeliveryConfig { queue_records: 5, when_full, write_timeout_ms: 60_000, ..quick() };
        let (pipeline, ..) = pipeline(&[(&told, config)]);
        for (trace, count) in [(1, 1), (2, 3), (3, 4)] {
            pipeline.submit(spans(trace, count)).await.unwrap();
            until("the first is on its way", || *told.came.lock() == 1).await;
        }
        told.gate.add_permits(10);
        pipeline.flush().await.unwrap();
        assert_eq!(
            *told.got.lock(),
            want,
            "{when_full:?}: one is on its way, the queue has room for one more"
        );
    }
}

#[tokio::test]
async fn what_may_work_later_is_repeated_and_what_never_will_is_not() {
    let later = Told::new([Some(ErrorKind::Unavailable), Some(ErrorKind::Io), None]);
    let never = Told::new([Some(ErrorKind::Invalid), None]);
    let (pipeline, ..) = pipeline(&[(&later, quick()), (&never, quick())]);
    pipeline.submit(spans(1, 2)).await.unwrap();
    pipeline.flush().await.unwrap();
    let [of_later, of_never] = &pipeline.exporters()[..] else { panic!("two exporters") };
    assert_eq!((of_later.written, of_later.failures, *later.tries.lock()), (2, 2, 3));
    assert_eq!(of_later.health, Health::Ready, "it has recovered");
    assert!(of_later.last_error.as_deref().unwrap().contains("told to fail"));
    assert_eq!((of_never.written, of_never.dropped["refused"], *never.tries.lock()), (0, 2, 1));
    pipeline.submit(spans(2, 1)).await.unwrap();
    pipeline.flush().await.unwrap();
    assert_eq!(pipeline.exporters()[1].written, 1, "the next batch is not held against it");
}

#[tokio::test]
async fn a_breaker_opens_and_closes_again() {
    let down = std::iter::repeat_n(Some(ErrorKind::Unavailable), 6);
    let told = Told::new(down);
    let config = DeliveryConfig { attempts: 3, breaker_failures: 3, breaker_open_ms: 200, ..quick() };
    let (pipeline, ..) = pipeline(&[(&told, config)]);
    pipeline.submit(spans(1, 1)).await.unwrap();
    pipeline.submit(spans(2, 1)).await.unwrap();
    let down = || matches!(pipeline.exporters()[0].health, Health::Down(_));
    until("it is open", || *told.tries.lock() == 3 && down()).await;
    // Part of the open time; no attempt may happen in it.
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(*told.tries.lock(), 3, "nothing is tried while it is open");
    assert!(matches!(pipeline.exporters()[0].health, Health::Down(_)), "{:?}", pipeline.exporters());
    tokio::time::timeout(Duration::from_secs(5), pipeline.flush()).await.unwrap().unwrap();
    assert_eq!(pipeline.exporters()[0].dropped["retries_exhausted"], 2);
    pipeline.submit(spans(3, 1)).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), pipeline.flush()).await.unwrap().unwrap();
    assert_eq!((pipeline.exporters()[0].written, &pipeline.exporters()[0].health), (1, &Health::Ready));
}

#[tokio::test]
async fn a_backend_with_a_bug_and_one_that_hangs_are_errors_like_others() {
    let buggy = Told::new([Some(ErrorKind::Internal), None]);
    let (pipeline, ..) = pipeline(&[(&buggy, quick())]);
    pipeline.submit(spans(1, 1)).await.unwrap();
    pipeline.submit(spans(2, 1)).await.unwrap();
    pipeline.flush().await.unwrap();
    let status = pipeline.exporters().remove(0);
    assert!(status.last_error.as_deref().unwrap().contains("panicked"), "{status:?}");
    assert_eq!(status.written + status.dropped.values().sum::<u64>(), 2);
}

#[tokio::test]
async fn a_steady_store_gives_up_and_the_exits_get_everything() {
    let faulty = Arc::new(Faulty::new());
    let metrics = Arc::new(SelfMetrics::new());
    let config = DeliveryConfig { attempts: 2, breaker_failures: 4, breaker_open_ms: 50, ..quick() };
    let steady = Arc::new(Steady::new(Arc::clone(&faulty) as _, config, Arc::clone(&metrics) as _));
    let told = Told::new([]);
    let pipeline = Pipeline::start(PipelineParts {
        exporters: vec![Exporter { config: quick(), ..Exporter::new(Arc::clone(&told) as _) }],
        ..PipelineParts::new(Arc::clone(&steady) as _)
    });
    faulty.full.store(true, Ordering::SeqCst);
    for trace in 1..=3 {
        pipeline.submit(spans(trace, 2)).await.unwrap();
    }
    let status = steady.status();
    assert_eq!((status.dropped["retries_exhausted"], status.dropped["breaker_open"]), (4, 2), "{status:?}");
    assert!(matches!(status.health, Health::Down(_)), "{status:?}");
    faulty.full.store(false, Ordering::SeqCst);
    // Until the breaker's open time is over.
    tokio::time::sleep(Duration::from_millis(60)).await;
    pipeline.submit(spans(4, 2)).await.unwrap();
    pipeline.flush().await.unwrap();
    assert_eq!((steady.status().written, steady.status().health), (2, Health::Ready));
    assert_eq!(*told.got.lock(), [2, 2, 2, 2], "the other backend has all");
}
