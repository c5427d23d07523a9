//! Tests of the sequence.

use quipu_primitives::sequence;

use crate::shared::{Failure, after, bad, good, watch};

#[test]
fn steps_run_in_order_each_within_the_workflow() {
    let (result, seen) = watch(async {
        let steps = sequence::<u64, Failure>("sum")
            .then("first", |given| good(10, given + 1))
            .map("double", |given| after(5, given * 2))
            .then("word", |given| async move { Ok(format!("{given}!")) });
        steps.run(4).await
    });
    assert_eq!(result, Ok("10!".to_owned()));
    assert_eq!(seen.below("invoke_workflow sum"), ["first", "double", "word"]);
    assert_eq!(seen.text("invoke_workflow sum", "gen_ai.agent.name"), Some("sum"));
    assert_eq!(seen.text("first", "quipu.kind"), Some("task"));
    assert_eq!(seen.total("quipu.sequence.stops"), 0);
}

#[test]
fn the_first_error_ends_it_and_comes_out_as_it_was() {
    let (result, seen) = watch(async {
        let steps = sequence("sum")
            .then("first", |given| good(1, given))
            .then("second", |_| bad(1, 7))
            .then("third", |given| good(1, given));
        steps.run(4).await
    });
    assert_eq!(result, Err(Failure::Number(7)));
    assert_eq!(seen.below("invoke_workflow sum"), ["first", "second"]);
    assert!(seen.failed("second") && seen.failed("invoke_workflow sum") && !seen.failed("first"));
    assert_eq!(seen.count("quipu.sequence.stops", &[("sequence", "sum"), ("step", "second")]), 1);
}

#[test]
fn steps_may_borrow_and_run_many_times() {
    let factors = vec![3];
    let factor = &factors;
    let (results, seen) = watch(async {
        let steps =
            sequence::<u64, Failure>("scale").map("scale", move |given| async move { given * factor[0] });
        let again = steps.clone();
        (steps.run(1).await, again.run(2).await, steps.run(3).await)
    });
    assert_eq!(results, (Ok(3), Ok(6), Ok(9)));
    assert_eq!(seen.names().len(), 6);
}

#[test]
fn futures_can_be_sent() {
    fn is_send<T: Send>(of: T) -> T {
        of
    }
    let (result, _) = watch(async {
        let steps = sequence("send").then("inner", |given| {
            sequence::<u64, Failure>("inner").map("add", |n| after(1, n + 1)).run(given)
        });
        tokio::spawn(is_send(steps.run(1))).await.unwrap()
    });
    assert_eq!(result, Ok(2));
}
