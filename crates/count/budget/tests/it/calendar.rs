//! Tests of the start of periods.

use quipu_budget::*;
use quipu_core::*;

use super::{Set, accounts, count, exceeded, house, one, row, usd};

fn spend(budgets: &Budgets, clock: &Set, number: u64, cost: &str) {
    count(budgets, [Cost { time: clock.now(), ..row(number, 1, cost) }]);
}

#[test]
fn a_day_of_vienna_ends_at_its_midnight_when_the_clock_is_put_back() {
    let (budgets, clock) = house([("day", Budget::usd(usd("1")).time_zone("Europe/Vienna"))]);
    clock.put("2026-10-24T22:00:00Z");
    spend(&budgets, &clock, 1, "0.5");
    clock.put("2026-10-25T22:59:59Z");
    spend(&budgets, &clock, 2, "0.25");
    assert_eq!(accounts(&budgets, "day"), [one("", "0.75", "0")], "25 hours");
    let refused = exceeded(budgets.admit(&Subject::default(), usd("0.5")));
    assert_eq!(refused.resets_at, "2026-10-25T23:00:00Z".parse().ok());
    clock.put("2026-10-25T23:00:00Z");
    assert_eq!(accounts(&budgets, "day"), [one("", "0", "0")]);
    let view = budgets.list().unwrap().remove(0).accounts.remove(0);
    assert_eq!(view.period_start, "2026-10-25T23:00:00Z".parse().ok());
    assert_eq!(view.resets_at, "2026-10-26T23:00:00Z".parse().ok());
}

#[test]
fn a_rolling_hour_lets_go_minute_by_minute() {
    let (budgets, clock) = house([("hour", Budget::usd(usd("1")).per(Period::Hour).rolling())]);
    clock.put("2026-11-21T10:00:30Z");
    spend(&budgets, &clock, 1, "0.5");
    clock.put("2026-11-21T10:30:10Z");
    spend(&budgets, &clock, 2, "0.4");
    let refused = exceeded(budgets.admit(&Subject::default(), usd("0.2")));
    assert_eq!(
        refused.resets_at,
        "2026-11-21T11:01:00Z".parse().ok(),
        "the first call's minute has left by then"
    );
    let refused = exceeded(budgets.admit(&Subject::default(), usd("0.7")));
    assert_eq!(refused.resets_at, "2026-11-21T11:31:00Z".parse().ok());
    clock.put("2026-11-21T11:00:59Z");
    assert_eq!(accounts(&budgets, "hour"), [one("", "0.9", "0")]);
    clock.put("2026-11-21T11:01:00Z");
    assert_eq!(accounts(&budgets, "hour"), [one("", "0.4", "0")]);
    budgets.admit(&Subject::default(), usd("0.2")).unwrap().release();
    clock.put("2026-11-21T11:31:00Z");
    assert_eq!(accounts(&budgets, "hour"), [one("", "0", "0")]);
}

#[test]
fn weeks_months_and_totals() {
    let kinds = [("week", Period::Week), ("month", Period::Month), ("total", Period::Total)];
    let (budgets, clock) = house(kinds.map(|(name, period)| (name, Budget::usd(usd("9")).per(period))));
    for (number, time) in (1..).zip(["2026-10-31T23:59:00Z", "2026-11-01T23:59:00Z", "2026-11-02T00:00:00Z"])
    {
        clock.put(time);
        spend(&budgets, &clock, number, "1");
    }
    let spent = kinds.map(|(name, _)| accounts(&budgets, name)[0].1.clone());
    assert_eq!(spent, ["1", "2", "3"]);
    count(&budgets, [Cost { version: 2, time: "2026-10-31T23:59:00Z".parse().unwrap(), ..row(1, 1, "5") }]);
    let spent = kinds.map(|(name, _)| accounts(&budgets, name)[0].1.clone());
    assert_eq!(spent, ["1", "2", "7"], "a correction of a time that is over");
}

#[test]
fn what_is_wrong_is_said_by_its_field() {
    for (config, part) in [
        (r#"{}"#, "limit_usd"),
        (r#"{"limit_usd": "-1"}"#, "limit_usd is negative"),
        (r#"{"limit_calls": 1, "time_zone": "Europe/Atlantis"}"#, "time_zone: \"Europe/Atlantis\""),
        (r#"{"limit_calls": 1, "period": "total", "rolling": true}"#, "rolling"),
        (r#"{"limit_calls": 1, "thresholds": [0]}"#, "at most 10, got 0"),
        (r#"{"limit_calls": 1, "hold_ms": 0}"#, "hold_ms is 0"),
        (r#"{"limit_calls": 1, "action": "degrade"}"#, "degrade_to"),
        (r#"{"limit_calls": 1, "scope": {"user": ""}}"#, "scope.user"),
        (r#"{"loop": {}}"#, "loop: set"),
        (r#"{"loop": {"repeats": 1}}"#, "loop.repeats"),
    ] {
        let config: BudgetConfig = serde_json::from_str(config).unwrap();
        let why = Budget::try_from(config).unwrap_err();
        assert!(why.contains(part), "{why}");
    }
    for wrong in
        [r#"{"limit_usd": "ten"}"#, r#"{"limit": 3}"#, r#"{"scope": {"who": "me"}}"#, r#"{"loop": {"n": 3}}"#]
    {
        assert!(serde_json::from_str::<BudgetConfig>(wrong).is_err(), "{wrong}");
    }
    let full = r#"{"limit_usd":"10","period":"week","rolling":true,"time_zone":"Asia/Tokyo","scope":{"user":"*","tag":"a*"},
        "thresholds":[0.5],"action":"throttle","throttle_ms":5,"hold_ms":6,"loop":{"repeats":3,"usd_per_minute":"1","turns":9}}"#;
    let config: BudgetConfig = serde_json::from_str(full).unwrap();
    let again = serde_json::from_str(&serde_json::to_string(&config).unwrap()).unwrap();
    assert_eq!(config, again);
}
