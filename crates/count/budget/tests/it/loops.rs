//! Tests of loop detection.

use quipu_budget::*;
use quipu_conformance::sample::{at, draft, trace_id};
use quipu_core::*;

use super::{Set, count, house, listen, row, usd};

fn watching(config: LoopConfig) -> (Budgets, std::sync::Arc<Set>) {
    house([("circles", Budget::loops(config))])
}

fn looped(answer: Result<Admission, BudgetError>) -> Looped {
    match answer {
        Err(BudgetError::Loop(looped)) => *looped,
        other => panic!("{other:?}"),
    }
}

fn tool(trace: u64, number: u64, arguments: &str) -> Span {
    draft(trace, number).starts(at(0)).tool("search").with("gen_ai.tool.call.arguments", arguments).span()
}

fn ran(budgets: &Budgets, spans: impl Into<Vec<Span>>) {
    let mut batch = Batch { spans: spans.into(), ..Batch::default() };
    budgets.watch().apply(&mut batch);
    // As the masking does.
    for span in &mut batch.spans {
        span.attributes = Attributes::new();
    }
    Stage::apply(budgets, &mut batch);
}

#[test]
fn a_tool_repeated_with_the_same_arguments_trips() {
    let (budgets, clock) = watching(LoopConfig { repeats: Some(3), ..LoopConfig::default() });
    let heard = listen(&budgets);
    let subject = Subject::default().trace(trace_id(1));
    let ask = || budgets.admit(&subject, Estimate::call());
    ran(&budgets, [tool(1, 1, "lima"), tool(1, 2, "lima"), tool(1, 3, "cusco"), tool(1, 4, "lima")]);
    ran(&budgets, [tool(1, 5, "lima")]);
    ran(&budgets, [tool(1, 5, "lima")]);
    ask().unwrap();
    ran(&budgets, [tool(1, 6, "lima")]);
    let why = looped(ask());
    assert_eq!((why.kind, why.count, why.bound), (LoopKind::Repeats, Amount::Calls(3), Amount::Calls(3)));
    assert_eq!(why.tool.as_deref(), Some("search"));
    assert_eq!((why.until, why.scope["trace"].clone()), (at(600), trace_id(1).to_string()));
    assert!(why.to_string().contains("tool search ran with the same arguments: 3 calls"), "{why}");
    assert_eq!(heard.lock().last().unwrap().what.event(), "budget.loop");
    budgets.admit(&Subject::default().trace(trace_id(2)), Estimate::call()).unwrap();
    clock.go(600 * Timestamp::SECOND);
    ask().unwrap();
}

#[test]
fn tools_that_no_span_tells_of_are_told_by_hand() {
    let (budgets, _) = watching(LoopConfig { repeats: Some(2), ..LoopConfig::default() });
    let subject = Subject::default().session("s1");
    budgets.tool_ran(&subject, "search", "{}");
    budgets.admit(&subject, Estimate::call()).unwrap();
    budgets.tool_ran(&subject, "search", "{}");
    assert_eq!(looped(budgets.admit(&subject, Estimate::call())).scope["session"], "s1");
}

#[test]
fn turns_count_calls_that_are_out_and_those_that_came_back() {
    let (budgets, _) = watching(LoopConfig { turns: Some(3), ..LoopConfig::default() });
    let subject = Subject::default().trace(trace_id(1));
    for number in 1..=3 {
        budgets.admit(&subject, Estimate::call()).unwrap();
        if number < 3 {
            count(&budgets, [row(1, number, "0.01")]);
        }
    }
    let why = looped(budgets.admit(&subject, Estimate::call()));
    assert_eq!((why.kind, why.count), (LoopKind::Turns, Amount::Calls(3)));
}

#[test]
fn money_per_minute() {
    let config = LoopConfig { usd_per_minute: Some(usd("1")), reset_ms: 1_000, ..LoopConfig::default() };
    let (budgets, clock) = watching(config);
    let subject = Subject::default().trace(trace_id(1));
    count(&budgets, [row(1, 1, "0.6")]);
    clock.go(30 * Timestamp::SECOND);
    count(&budgets, [Cost { time: clock.now(), ..row(1, 2, "0.4") }]);
    budgets.admit(&subject, usd("1")).unwrap();
    count(&budgets, [Cost { version: 2, time: clock.now(), ..row(1, 2, "0.5") }]);
    let why = looped(budgets.admit(&subject, usd("1")));
    assert_eq!((why.kind, why.count), (LoopKind::Rate, Amount::Usd(usd("1.1"))));
    clock.go(Timestamp::SECOND);
    budgets.admit(&subject, usd("1")).unwrap();
}
