//! Tests of the fallback.

use quipu_primitives::fallback;

use crate::shared::{Failure, bad, good, watch};

#[test]
fn the_first_that_succeeds_gives_the_result() {
    let (results, seen) = watch(async {
        let model = fallback("model", "large", |n| bad(1, n))
            .or("middle", |n| good(1, n + 1))
            .or("small", |n| good(1, n + 2));
        (model.run(1).await, model.clone().run(5).await)
    });
    assert_eq!(results, (Ok(2), Ok(6)));
    assert_eq!(seen.below("fallback model"), ["large", "middle"]);
    assert_eq!(seen.text("fallback model", "quipu.fallback.option"), Some("middle"));
    assert_eq!(seen.span("fallback model").events.len(), 1);
    assert!(seen.failed("large") && !seen.failed("fallback model"));
    assert_eq!(seen.count("quipu.fallback.used", &[("fallback", "model"), ("option", "middle")]), 2);
    let count = |option, outcome| {
        seen.count(
            "quipu.fallback.options",
            &[("fallback", "model"), ("option", option), ("outcome", outcome)],
        )
    };
    assert_eq!((count("large", "error"), count("middle", "ok"), count("small", "ok")), (2, 2, 0));
}

#[test]
fn no_error_is_lost() {
    let (results, seen) = watch(async {
        let model = fallback("model", "a", |()| bad(1, 1)).or("b", |()| bad(1, 2)).or("c", |()| bad(1, 3));
        (model.run(()).await, model.run_all(()).await)
    });
    assert_eq!(results.0, Err(Failure::Number(3)));
    assert_eq!(results.1, Err([1, 2, 3].map(Failure::Number).to_vec()));
    assert!(seen.failed("fallback model"));
    assert_eq!(seen.total("quipu.fallback.used"), 0);
}

#[test]
fn errors_that_are_not_worth_it_end_it_at_once() {
    let (result, seen) = watch(async {
        let model = fallback("model", "a", |()| bad(1, 1)).or("b", |()| good(1, 2));
        model.fallback_if(|error| *error != Failure::Number(1)).run_all(()).await
    });
    assert_eq!(result, Err(vec![Failure::Number(1)]));
    assert_eq!(seen.below("fallback model"), ["a"]);
}
