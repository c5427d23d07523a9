//! Tests of futures that are dropped early.

use std::time::Duration;

use quipu_primitives::{cache, fallback, parallel, retry, router, sequence, timeout};

use crate::shared::{Failure, bad, good, watch};

const FOR_EVER: u64 = 1_000_000_000;

/// Polls the future for a while, then drops it.
async fn drop_later<F: Future>(work: F) {
    assert!(tokio::time::timeout(Duration::from_millis(50), work).await.is_err());
}

#[test]
fn every_span_of_what_is_given_up_ends_as_cancelled() {
    let ((), seen) = watch(async {
        drop_later(sequence("s").then("done", |n| good(1, n)).then("step", |_| bad(FOR_EVER, 1)).run(1))
            .await;
        drop_later(parallel("p").run([good(FOR_EVER, 1), good(FOR_EVER, 2)])).await;
        drop_later(router("r").route("way", |n| good(FOR_EVER, n)).run("way", 1)).await;
        drop_later(timeout("t", Duration::from_secs(9)).run(good(FOR_EVER, 1))).await;
        drop_later(retry("y").run(|_| good(FOR_EVER, 1))).await;
        drop_later(fallback("f", "option", |n| good(FOR_EVER, n)).run(1)).await;
        let held = cache::<u64, u64>("c", 2, Duration::from_secs(1));
        drop_later(held.run(1, || good(FOR_EVER, 1))).await;
        assert!(held.is_empty());
    });
    let mut cancelled = seen.cancelled();
    cancelled.sort_unstable();
    let want = [
        "attempt y",
        "cache c",
        "fallback f",
        "invoke_workflow s",
        "option",
        "p",
        "p",
        "parallel p",
        "retry y",
        "router r",
        "step",
        "timeout t",
        "way",
    ];
    assert_eq!(cancelled, want);
    assert_eq!(seen.names().len(), want.len() + 1, "all ended: {:?}", seen.names());
}

#[test]
fn a_pause_between_attempts_can_be_given_up() {
    let ((), seen) = watch(async {
        drop_later(retry("y").pauses(Duration::from_secs(60), 1.0).jitter(false).run(|_| bad(1, 1))).await;
    });
    assert_eq!(seen.cancelled(), ["retry y"]);
}

#[test]
fn a_panic_is_recorded_and_goes_on() {
    let (stopped, seen) = watch(async {
        let work = sequence::<u64, Failure>("s").map("step", |_| async { panic!("on purpose") as u64 });
        tokio::spawn(quipu_sdk::FutureExt::in_current_context(async move { work.run(1).await })).await
    });
    assert!(stopped.unwrap_err().is_panic());
    assert_eq!(seen.text("step", "error.type"), Some("panic"));
    assert_eq!(seen.text("invoke_workflow s", "error.type"), Some("panic"));
}
