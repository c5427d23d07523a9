//! Tests of captures in unit tests.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use quipu::core::Timestamp;
use quipu::testing::{Captured, ManualClock, capture, capture_with};
use quipu::{Budget, FutureExt, Usd};

/// An agent with two calls and a tool.
fn agent() {
    let _agent = quipu::agent("planner").enter();
    quipu::llm("openai", "gpt-5").usage((1_000, 100)).end();
    quipu::tool("search").end();
    quipu::llm("openai", "gpt-5").usage((1_000, 100)).end();
    quipu::event!(INFO, "plan.made", steps = 2);
}

/// Text of the panic of a failed assertion.
fn refused(seen: &Captured, assertion: impl FnOnce(&Captured)) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| assertion(seen))).unwrap_err();
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[test]
fn assertions_hold_or_say_what_was_found() {
    let capture = capture().unwrap();
    capture.scope(agent);
    let seen = capture.finished().unwrap();
    let cost: Usd = "0.0045".parse().unwrap();
    seen.assert_calls(2).assert_calls_at_most(3).assert_cost_at_most(Usd::cents(1)).assert_tools(&["search"]);
    seen.assert_event("plan.made").assert_no_errors().assert_cost_at_most(cost);
    assert_eq!((seen.cost(), seen.tokens(), seen.spans().len(), seen.events().len()), (cost, 2_200, 4, 1));
    let told = refused(&seen, |seen| drop(seen.assert_calls_at_most(1).tools()));
    assert_eq!(told, "expected at most 1 model calls, found 2: gpt-5, gpt-5");
    let told = refused(&seen, |seen| drop(seen.assert_cost_at_most("0.004".parse().unwrap()).tools()));
    assert!(told.starts_with("expected a cost of at most 0.004 USD, found 0.0045 USD"), "{told}");
    let told = refused(&seen, |seen| drop(seen.assert_tools(&["browse"]).tools()));
    assert_eq!(told, "expected the tools [\"browse\"], found [\"search\"]");
    let told = refused(&seen, |seen| drop(seen.assert_event("plan").tools()));
    assert_eq!(told, "expected an event \"plan\", found [\"plan.made\"]");
}

#[test]
fn an_unknown_cost_and_a_failure_are_no_success() {
    let capture = capture().unwrap();
    capture.scope(|| {
        quipu::llm("house", "own").usage((10, 1)).end();
        quipu::tool("broken").error("timeout", "no answer");
    });
    let seen = capture.finished().unwrap();
    let told = refused(&seen, |seen| drop(seen.assert_cost_at_most(Usd::cents(1)).tools()));
    assert!(told.contains("UnknownModel") && told.contains("own"), "{told}");
    let told = refused(&seen, |seen| drop(seen.assert_no_errors().tools()));
    assert_eq!(told, "expected no errors, found execute_tool broken: no answer");
}

#[tokio::test]
async fn captures_at_once_are_apart_also_in_tasks() {
    let (one, other) = (capture().unwrap(), capture().unwrap());
    let work = async { tokio::spawn(async { agent() }.in_current_context()).await.unwrap() };
    one.run(work).await;
    agent();
    one.finished().unwrap().assert_calls(2);
    other.finished().unwrap().assert_calls(0);
}

#[test]
fn a_manual_clock_moves_spans_events_and_budgets() {
    let start: Timestamp = "2026-01-01T23:59:00Z".parse().unwrap();
    let clock = ManualClock::at(start);
    let daily = Budget::usd("0.003".parse().unwrap());
    let capture = capture_with(|builder| builder.clock(clock.clone()).budget("daily", daily)).unwrap();
    let ask = || capture.quipu().budget("daily").check("0.002".parse::<Usd>().unwrap());
    capture.scope(|| {
        let call = quipu::llm("openai", "gpt-5").usage((1_000, 100));
        clock.advance(Duration::from_secs(2));
        call.end();
        quipu::event!(INFO, "asked");
        quipu::tool("timed").duration(Duration::from_secs(1)).end();
    });
    let seen = capture.finished().unwrap();
    let call = seen.span("chat gpt-5").unwrap();
    assert_eq!((call.start, call.duration()), (start, Some(2 * Timestamp::SECOND)));
    assert_eq!(seen.event("asked").unwrap().time, start.plus(2 * Timestamp::SECOND));
    assert_eq!(seen.span("execute_tool timed").unwrap().start, start.plus(Timestamp::SECOND));
    assert!(ask().is_err(), "the call took its share of the day");
    clock.advance(Duration::from_secs(120));
    ask().unwrap();
}
