//! Tests of windows of subscriptions.

use quipu_conformance::sample::{BASE, at};
use quipu_core::{AnswerMemory, Timestamp, TraceFilter, Usd};
use quipu_insight::plans::{Ask, Plan, PlanWindow, WindowKind, windows};

use super::world::{Call, Flat, call, hours, stored, usd};

fn book() -> Flat {
    Flat::new("1", &[("claude-opus-5", ["10", "1", "12.5", "50"])])
}

fn used(number: u64, seconds: i64) -> Call {
    call(number, "claude-opus-5", seconds, (1_000, 100)).plan()
}

fn of_kind(plan: &Plan, kind: WindowKind) -> Vec<&PlanWindow> {
    plan.windows.iter().filter(|window| window.kind == kind).collect()
}

/// The base time is 10:00.
#[tokio::test]
async fn a_window_begins_with_the_first_call_after_the_last_one_ended() {
    let minutes = |minutes: i64| minutes * 60;
    let calls = [
        used(1, minutes(50)),
        used(2, hours(4) + minutes(59)),
        used(3, hours(5)),
        used(4, hours(5) + minutes(1)),
        used(5, hours(30) + minutes(30)),
    ];
    let store = stored(&book(), &calls).await;
    let now = at(hours(32));
    let plans = windows(&*store, &Ask::default(), now).await.unwrap();
    assert_eq!(plans.len(), 1);
    let short: Vec<_> = of_kind(&plans[0], WindowKind::FiveHours)
        .iter()
        .map(|window| (window.started_at, window.ends_at, window.current, window.llm_calls, window.tokens))
        .collect();
    assert_eq!(
        short,
        [
            (at(hours(30)), at(hours(35)), true, 1, 1_100),
            (at(hours(5)), at(hours(10)), false, 2, 2_200),
            (BASE, at(hours(5)), false, 2, 2_200),
        ]
    );
    let weeks = of_kind(&plans[0], WindowKind::Week);
    assert_eq!(weeks.len(), 1);
    assert_eq!((weeks[0].started_at, weeks[0].ends_at), (BASE, BASE.plus(7 * Timestamp::DAY)));
    assert_eq!((weeks[0].llm_calls, weeks[0].list_price), (5, Some(usd("0.075"))));
}

#[tokio::test]
async fn metered_calls_and_other_users_are_kept_apart() {
    let calls = [
        call(1, "claude-opus-5", 0, (1_000, 100)),
        used(2, 60).user("ada"),
        used(3, 120).user("bob"),
        call(4, "unheard-of", 180, (1_000, 100)).plan().user("bob"),
    ];
    let store = stored(&book(), &calls).await;
    let plans = windows(&*store, &Ask::default(), at(600)).await.unwrap();
    let short: Vec<_> = plans
        .iter()
        .map(|plan| {
            let window = &plan.windows[0];
            (
                plan.user.as_deref(),
                plan.framework.as_deref(),
                window.llm_calls,
                window.list_price,
                window.unpriced_calls,
            )
        })
        .collect();
    let price = |text: &str| -> Option<Usd> { Some(usd(text)) };
    assert_eq!(
        short,
        [
            (Some("ada"), Some("loom"), 1, price("0.015"), 0),
            (Some("bob"), Some("loom"), 2, price("0.015"), 1)
        ]
    );
}

#[tokio::test]
async fn windows_that_ended_before_are_left_out_but_still_say_where_the_next_begins() {
    let calls = [used(1, 0), used(2, hours(4)), used(3, hours(6))];
    let store = stored(&book(), &calls).await;
    let filter = TraceFilter { since: Some(at(hours(5))), ..TraceFilter::default() };
    let plans = windows(&*store, &Ask { filter }, at(hours(7))).await.unwrap();
    let five = of_kind(&plans[0], WindowKind::FiveHours);
    assert_eq!((five.len(), five[0].started_at, five[0].llm_calls), (1, at(hours(6)), 1));
    assert_eq!(of_kind(&plans[0], WindowKind::Week)[0].started_at, BASE);
}

#[tokio::test]
async fn a_store_without_plans_takes_no_memory_for_its_users() {
    let metered = |number: u64| {
        let user = format!("user {number}");
        call(number, "claude-opus-5", i64::try_from(number).unwrap(), (1_000, 100)).user(&user)
    };
    let mut calls: Vec<Call> = (1..=200).map(metered).collect();
    let ask = Ask::default();
    let of = async |calls: &[Call]| {
        let store = stored(&book(), calls).await;
        AnswerMemory::within(160 << 10).scope(windows(&*store, &ask, at(600))).await
    };
    assert_eq!(of(&calls).await.unwrap(), []);
    calls.push(used(300, 60));
    assert!(of(&calls).await.is_err(), "with a plan, the sums of all users are read");
}
