//! Tests of retries.

use std::time::Duration;

use quipu_core::Value;
use quipu_primitives::retry;
use tokio::time::Instant;

use crate::shared::{Failure, bad, good, watch};

#[test]
fn it_goes_on_until_it_succeeds() {
    let ((result, took), seen) = watch(async {
        let begin = Instant::now();
        let result = retry("ask")
            .attempts(5)
            .jitter(false)
            .run(|attempt| async move {
                if attempt < 3 { bad(1, u64::from(attempt)).await } else { good(1, 9).await }
            })
            .await;
        (result, begin.elapsed())
    });
    assert_eq!(result, Ok(9));
    assert_eq!(took, Duration::from_millis(100 + 200 + 3));
    assert_eq!(seen.below("retry ask"), ["attempt ask"; 3]);
    let numbers: Vec<_> =
        seen.spans.iter().filter_map(|span| span.attributes.get("quipu.retry.attempt")?.as_int()).collect();
    assert_eq!(numbers, [1, 2, 3]);
    let events = &seen.span("retry ask").events;
    assert_eq!(events.len(), 2);
    assert_eq!(events[1].attributes.get("quipu.retry.pause_ms"), Some(&Value::Double(200.0)));
    assert!(!seen.failed("retry ask"));
    let count = |outcome| seen.count("quipu.retry.attempts", &[("retry", "ask"), ("outcome", outcome)]);
    assert_eq!((count("error"), count("ok")), (2, 1));
    assert_eq!((seen.total("quipu.retry.retries"), seen.total("quipu.retry.exhausted")), (2, 0));
}

#[test]
fn the_last_error_comes_out_when_attempts_are_used_up() {
    let (result, seen) = watch(async { retry("ask").run(|attempt| bad(1, u64::from(attempt))).await });
    assert_eq!(result, Err(Failure::Number(3)));
    assert!(seen.failed("retry ask"));
    assert_eq!(seen.total("quipu.retry.exhausted"), 1);
    let (result, seen) =
        watch(async { retry("ask").attempts(0).run(|attempt| bad(1, u64::from(attempt))).await });
    assert_eq!(result, Err(Failure::Number(1)));
    assert_eq!(seen.total("quipu.retry.retries"), 0);
}

#[test]
fn errors_that_are_not_worth_it_end_it_at_once() {
    let (result, seen) = watch(async {
        let brief = retry("ask").attempts(9).retry_if(|error: &Failure| *error != Failure::Number(2));
        brief.run(|attempt| bad(1, u64::from(attempt))).await
    });
    assert_eq!(result, Err(Failure::Number(2)));
    assert_eq!((seen.total("quipu.retry.attempts"), seen.total("quipu.retry.exhausted")), (2, 0));
}

#[test]
fn jitter_only_shortens() {
    let (took, _) = watch(async {
        let begin = Instant::now();
        retry("ask")
            .attempts(6)
            .longest_pause(Duration::from_millis(400))
            .run(|_| bad(0, 1))
            .await
            .unwrap_err();
        begin.elapsed()
    });
    assert!(took <= Duration::from_millis(100 + 200 + 3 * 400 + 20), "{took:?}");
}
