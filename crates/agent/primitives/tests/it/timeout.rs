//! Tests of the time limit.

use std::time::Duration;

use quipu_primitives::{TimedOut, timeout};

use crate::shared::{Failure, after, bad, good, watch};

const LIMIT: Duration = Duration::from_millis(100);

#[test]
fn what_is_quick_enough_is_not_changed() {
    let (results, seen) = watch(async {
        let patience = timeout("ask", LIMIT);
        (
            patience.run(good(99, 1)).await,
            patience.run(bad(99, 2)).await,
            patience.run_value(after(99, 3)).await,
        )
    });
    assert_eq!(results, (Ok(1), Err(Failure::Number(2)), Ok(3)));
    assert_eq!(seen.total("quipu.timeout.expiries"), 0);
}

#[test]
fn what_is_too_slow_is_cancelled_and_counted() {
    let (results, seen) = watch(async {
        let patience = timeout("ask", LIMIT);
        (patience.run(good(101, 1)).await, patience.run_value(after(101, 1)).await)
    });
    let expired = TimedOut { after: LIMIT };
    assert_eq!(results, (Err(Failure::TimedOut(expired)), Err(expired)));
    assert_eq!(expired.to_string(), "timed out after 100 ms");
    assert_eq!(seen.count("quipu.timeout.expiries", &[("timeout", "ask")]), 2);
    assert_eq!(seen.text("timeout ask", "error.type"), Some("timeout"));
    assert!(seen.failed("timeout ask") && seen.cancelled().is_empty());
}
