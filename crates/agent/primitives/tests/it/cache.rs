//! Tests of the cache.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quipu_primitives::{Cache, cache, parallel};

use crate::shared::{Failure, after, bad, good, watch};

const TTL: Duration = Duration::from_secs(60);

fn fresh(capacity: usize) -> Cache<String, u64> {
    cache("answers", capacity, TTL)
}

#[test]
fn a_result_is_kept_for_its_time() {
    let (values, seen) = watch(async {
        let answers = fresh(10);
        let first = answers.run("a".to_owned(), || good(10, 1)).await;
        tokio::time::sleep(TTL - Duration::from_millis(1)).await;
        let second = answers.run("a".to_owned(), || good(10, 2)).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
        let third = answers.run("a".to_owned(), || good(10, 3)).await;
        (first, second, third)
    });
    assert_eq!(values, (Ok(1), Ok(1), Ok(3)));
    let totals = ["hits", "misses", "expiries", "joined", "evictions"]
        .map(|what| seen.total(&format!("quipu.cache.{what}")));
    assert_eq!(totals, [1, 2, 1, 0, 0]);
    let results: Vec<_> =
        seen.spans.iter().filter_map(|span| span.attributes.text("quipu.cache.result")).collect();
    assert_eq!(results, ["miss", "hit", "expired"]);
}

#[test]
fn those_who_miss_together_work_once() {
    let worked = AtomicU64::new(0);
    let (values, seen) = watch(async {
        let answers = fresh(10);
        let ask = |_| {
            answers.run("a".to_owned(), || async { good(20, worked.fetch_add(1, Ordering::SeqCst)).await })
        };
        parallel("all").run((0..50).map(ask)).await
    });
    assert_eq!(values, Ok(vec![0; 50]));
    assert_eq!(worked.load(Ordering::SeqCst), 1);
    let totals = ["hits", "joined", "misses"].map(|what| seen.total(&format!("quipu.cache.{what}")));
    assert_eq!(totals, [49, 49, 1]);
}

#[test]
fn errors_are_passed_on_and_not_kept() {
    let worked = AtomicU64::new(0);
    let (values, seen) = watch(async {
        let answers = fresh(10);
        let work = || async {
            let number = worked.fetch_add(1, Ordering::SeqCst);
            if number < 2 { bad(5, number).await } else { good(5, number).await }
        };
        parallel("all").run_all((0..4).map(|_| answers.run("a".to_owned(), work))).await
    });
    // The first two workers fail; the third caller serves itself and the last one.
    let count = |of: Result<u64, Failure>| values.iter().filter(|value| **value == of).count();
    let counts = [Err(Failure::Number(0)), Err(Failure::Number(1)), Ok(2)].map(count);
    assert_eq!(counts, [1, 1, 2], "{values:?}");
    assert_eq!(seen.total("quipu.cache.misses"), 3);
}

#[test]
fn it_never_holds_more_than_it_may() {
    let (most, seen) = watch(async {
        let answers = fresh(8);
        let mut most = 0;
        for number in 0..500_u64 {
            assert_eq!(answers.run_value(number.to_string(), || after(0, number)).await, number);
            most = most.max(answers.len());
        }
        most
    });
    assert!(most <= 8, "{most}");
    assert!(seen.total("quipu.cache.evictions") >= 490);
}

#[test]
fn work_that_is_given_up_is_taken_over() {
    let (value, seen) = watch(async {
        let answers = fresh(10);
        let other = answers.clone();
        let slow = tokio::spawn(quipu_sdk::FutureExt::in_current_context(async move {
            other.run_value("a".to_owned(), || after(1_000_000, 1)).await
        }));
        tokio::time::sleep(Duration::from_millis(5)).await;
        let waiting = answers.run_value("a".to_owned(), || after(1, 2));
        let given_up = async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            slow.abort();
        };
        let (value, ()) = tokio::join!(waiting, given_up);
        value
    });
    assert_eq!(value, 2);
    assert_eq!(seen.cancelled(), ["cache answers"]);
}

#[test]
fn what_is_forgotten_is_worked_out_again() {
    let (values, _) = watch(async {
        let answers = fresh(10);
        let ask = |number| answers.run_value("a".to_owned(), move || after(0, number));
        let first = ask(1).await;
        answers.forget(&"a".to_owned());
        let second = ask(2).await;
        answers.clear();
        assert!(answers.is_empty());
        (first, second, ask(3).await)
    });
    assert_eq!(values, (1, 2, 3));
}
