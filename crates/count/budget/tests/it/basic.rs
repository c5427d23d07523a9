//! Tests of calls that a budget admits or rejects.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quipu_backend_memory::Memory;
use quipu_budget::*;
use quipu_conformance::sample::{at, batch, draft, priced, trace_id};
use quipu_core::*;
use quipu_sdk::Context;

use super::{Set, accounts, count, house, one, row, usd};

fn budgets(budget: Budget) -> (Budgets, Arc<Set>) {
    let clock = Arc::new(Set::default());
    clock.0.store(at(0).nanos(), Ordering::SeqCst);
    (Budgets::with_clock(BTreeMap::from([("daily".to_owned(), budget)]), Arc::clone(&clock) as _), clock)
}

/// Checks within a trace, as code below a guard does.
fn check(
    budgets: &Budgets,
    trace: u64,
    number: u64,
    estimate: &str,
) -> std::result::Result<Reservation, BudgetError> {
    let span = draft(trace, number).span();
    let context = Context::default().within(span.trace_id, span.span_id, true);
    context.scope(|| budgets.budget("daily").check(usd(estimate)))
}

fn figures(budgets: &Budgets) -> (Amount, Amount) {
    let status = budgets.status().remove(0);
    (status.spent, status.reserved)
}

fn limit_of(refused: Option<BudgetError>) -> Option<Amount> {
    match refused {
        Some(BudgetError::Exceeded(exceeded)) => Some(exceeded.limit),
        _ => None,
    }
}

fn dollars(spent: &str, reserved: &str) -> (Amount, Amount) {
    (Amount::Usd(usd(spent)), Amount::Usd(usd(reserved)))
}

#[test]
fn a_reservation_is_settled_by_the_real_cost() {
    let (budgets, _) = budgets(Budget::usd(usd("1")));
    check(&budgets, 1, 1, "0.40").unwrap();
    assert_eq!(figures(&budgets), dollars("0", "0.4"));
    count(&budgets, [row(1, 1, "0.25")]);
    assert_eq!(figures(&budgets), dollars("0.25", "0"));
    count(&budgets, [row(1, 1, "0.25")]);
    assert_eq!(figures(&budgets), dollars("0.25", "0"), "the same row again changes nothing");
    count(&budgets, [Cost { version: 2, ..row(1, 1, "0.35") }]);
    assert_eq!(figures(&budgets), dollars("0.35", "0"), "a correction adds the difference");
    count(&budgets, [Cost { version: 3, rule: Rule::Repeats, amount: None, ..row(1, 1, "1") }]);
    assert_eq!(figures(&budgets), dollars("0", "0"), "a call that does not count after all");
}

#[test]
fn a_refusal_says_why() {
    let (budgets, _) = budgets(Budget::usd(usd("1")));
    count(&budgets, [row(1, 1, "0.5")]);
    check(&budgets, 2, 1, "0.3").unwrap();
    let refused = check(&budgets, 3, 1, "0.25").err().unwrap();
    let next_day = at(0).floor(Timestamp::DAY).plus(Timestamp::DAY);
    let want = Exceeded {
        name: "daily".into(),
        scope: BTreeMap::new(),
        limit: Amount::Usd(usd("1")),
        spent: Amount::Usd(usd("0.5")),
        reserved: Amount::Usd(usd("0.3")),
        estimate: Amount::Usd(usd("0.25")),
        resets_at: Some(next_day),
    };
    assert_eq!(refused, BudgetError::Exceeded(Box::new(want)));
    let text = refused.to_string();
    assert!(text.contains("0.5 USD spent and 0.3 USD reserved of 1 USD; 0.25 USD more"), "{text}");
    check(&budgets, 4, 1, "0.2").unwrap();
    assert!(check(&budgets, 5, 1, "0").is_err(), "nothing is left");
    let unknown = budgets.budget("weekly").check(usd("0")).err().unwrap();
    assert_eq!(unknown, BudgetError::Unknown { name: "weekly".into(), known: vec!["daily".into()] });
    assert!(matches!(budget("daily").check(usd("0")).err(), Some(BudgetError::NotRunning { .. })));
    assert!(Budgets::off().budget("any").check(usd("1000")).is_ok());
}

#[test]
fn tokens_calls_and_several_limits_at_once() {
    let (budgets, _) = budgets(Budget::calls(2).and(Amount::Tokens(1_000)));
    let ask = |tokens: u64| budgets.budget("daily").check(Estimate::call().tokens(tokens));
    assert!(ask(1_001).is_err());
    ask(400).unwrap();
    let second = ask(400).unwrap();
    assert_eq!(limit_of(ask(1).err()), Some(Amount::Calls(2)));
    second.release();
    assert_eq!(limit_of(ask(700).err()), Some(Amount::Tokens(1_000)));
    ask(600).unwrap().settle(Usage::of(100, 20));
    let spent: Vec<_> = budgets.status().into_iter().map(|limit| (limit.spent, limit.reserved)).collect();
    assert_eq!(
        spent,
        [(Amount::Tokens(120), Amount::Tokens(400)), (Amount::Calls(1), Amount::Calls(1))],
        "what was settled by hand is spent, once"
    );
}

#[test]
fn reservations_expire_and_periods_end() {
    let (budgets, clock) = budgets(Budget::usd(usd("1")).hold(Duration::from_secs(60)));
    check(&budgets, 1, 1, "0.9").unwrap();
    assert!(check(&budgets, 2, 1, "0.2").is_err());
    clock.0.fetch_add(61 * Timestamp::SECOND, Ordering::SeqCst);
    check(&budgets, 2, 1, "0.2").unwrap();
    count(&budgets, [row(2, 1, "0.8")]);
    assert_eq!(figures(&budgets), dollars("0.8", "0"));
    clock.0.fetch_add(Timestamp::DAY, Ordering::SeqCst);
    assert_eq!(figures(&budgets), dollars("0", "0"), "a new day");
    count(&budgets, [row(3, 1, "0.7")]);
    assert_eq!(figures(&budgets), dollars("0", "0"), "a call of the day before does not count today");
}

#[test]
fn the_right_reservation_goes() {
    let (budgets, _) = budgets(Budget::usd(usd("100")));
    check(&budgets, 1, 1, "10").unwrap();
    check(&budgets, 1, 1, "1").unwrap();
    check(&budgets, 2, 1, "5").unwrap();
    count(&budgets, [row(1, 7, "1")]);
    assert_eq!(
        figures(&budgets),
        dollars("1", "15"),
        "the smallest of the trace: the larger may still be out"
    );
    let span = draft(3, 9).span();
    let call = Context::default().within(span.trace_id, span.span_id, true);
    let _held = check(&budgets, 3, 1, "3").unwrap();
    let _exact = check(&budgets, 3, 1, "20").unwrap().for_call(&call);
    count(&budgets, [row(3, 9, "19")]);
    assert_eq!(figures(&budgets), dollars("20", "18"), "the one made for this very call");
}

/// Threads that check, call and are counted late never pass the limit by more than estimates were too low.
#[test]
fn many_threads_never_pass_the_limit() {
    let limit = usd("10");
    let (budgets, _) = budgets(Budget::usd(limit));
    let (granted, next) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst) + 1;
                    // Real costs are from half of the estimate to all of it.
                    let (estimate, real) = ("0.02", if number.is_multiple_of(2) { "0.01" } else { "0.02" });
                    if check(&budgets, number, 1, estimate).is_err() {
                        return;
                    }
                    granted.fetch_add(1, Ordering::SeqCst);
                    count(&budgets, [row(number, 1, real)]);
                    let status = budgets.status().remove(0);
                    let Amount::Usd(spent) = status.spent else { panic!("dollars") };
                    assert!(spent <= limit, "{spent:?}");
                }
            });
        }
    });
    let (Amount::Usd(spent), Amount::Usd(reserved)) = figures(&budgets) else { panic!("dollars") };
    assert_eq!(reserved, Usd::ZERO);
    assert!(spent <= limit && spent > usd("9.9"), "{spent:?} by {} calls", granted.load(Ordering::SeqCst));
}

#[tokio::test]
async fn what_was_spent_before_the_start_is_known() {
    let store = Memory::new();
    let today = draft(1, 1).starts(at(0)).llm("openai/gpt-5", 100, 10).span();
    let before = draft(2, 1).starts(at(0).plus(-Timestamp::DAY)).llm("openai/gpt-5", 100, 10).span();
    let costs = [priced(&today, "0.75"), priced(&before, "4")];
    store.write(Arc::new(batch([today, before], costs))).await.unwrap();
    let (daily, _) = budgets(Budget::usd(usd("1")));
    daily.begin(&store).await.unwrap();
    assert_eq!(figures(&daily), dollars("0.75", "0"));
    let (total, _) = budgets(Budget::usd(usd("5")).per(Period::Total));
    total.begin(&store).await.unwrap();
    assert_eq!(figures(&total), dollars("4.75", "0"));
}

#[test]
fn a_configuration_says_what_is_wrong_with_it() {
    let none = Budget::try_from(BudgetConfig::default()).unwrap_err();
    assert!(none.contains("limit_usd"), "{none}");
    let negative = BudgetConfig { limit_usd: Some(usd("-1")), ..BudgetConfig::default() };
    assert!(Budget::try_from(negative).unwrap_err().contains("is negative"));
}

#[test]
fn what_is_reserved_for_a_call_stands_until_the_call_has_ended() {
    let (budgets, _) = house([("day", Budget::usd(usd("1")).and(Amount::Calls(9)))]);
    let asked = budgets.admit(&Subject::default().trace(trace_id(1)), usd("0.75")).unwrap();
    drop(asked);
    let begun = Cost { amount: None, usage: None, duration: None, ..row(1, 1, "0") };
    count(&budgets, [begun]);
    assert_eq!(accounts(&budgets, "day"), [one("", "0", "0.75"), one("", "0", "1")]);
    assert!(budgets.admit(&Subject::default(), usd("0.5")).is_err(), "its money is not lent to others");
    count(&budgets, [Cost { version: 2, ..row(1, 1, "0.5") }]);
    assert_eq!(accounts(&budgets, "day"), [one("", "0.5", "0"), one("", "1", "0")]);
}

#[test]
fn estimates_count_where_a_budget_says_so() {
    let tokens = |expected| TokenSpread { low: 0, expected, high: 2 * expected };
    let spread = Spread { low: usd("0"), expected: usd("0.2"), high: usd("0.4") };
    let estimate = UsageEstimate { input: tokens(100), output: tokens(10), cost: Some(spread) };
    let estimated = Cost { amount: None, usage: None, estimate: Some(Box::new(estimate)), ..row(1, 1, "0") };
    let one_dollar = || Budget::usd(usd("1"));
    for (budget, want) in [(one_dollar(), "0"), (one_dollar().count_estimated(), "0.2")] {
        let (budgets, _) = budgets(budget);
        count(&budgets, [estimated.clone()]);
        assert_eq!(figures(&budgets), dollars(want, "0"));
        count(&budgets, [Cost { version: 2, ..row(1, 1, "0.35") }]);
        assert_eq!(
            figures(&budgets),
            dollars("0.35", "0"),
            "usage that is known takes the place of an estimate"
        );
    }
}
