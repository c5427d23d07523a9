//! Tests of notices at thresholds.

use quipu_budget::*;
use quipu_conformance::sample::at;
use quipu_core::*;

use super::{Set, accounts, count, filed, house, listen, one, row, usd};

fn parts(heard: &[Notice]) -> Vec<f64> {
    let part = |notice: &Notice| match notice.what {
        What::Threshold(part) => Some(part),
        _ => None,
    };
    heard.iter().filter_map(part).collect()
}

#[test]
fn thresholds_fire_once_a_period() {
    let (budgets, clock) = house([("day", Budget::usd(usd("1")))]);
    let heard = listen(&budgets);
    count(&budgets, [row(1, 1, "0.79")]);
    assert!(heard.lock().is_empty());
    count(&budgets, [row(2, 1, "0.01")]);
    assert_eq!(parts(&heard.lock()), [0.8]);
    // A correction down and up again fires nothing twice.
    count(&budgets, [Cost { version: 2, ..row(2, 1, "0") }]);
    count(&budgets, [Cost { version: 3, ..row(2, 1, "0.11") }]);
    assert_eq!(parts(&heard.lock()), [0.8, 0.9]);
    let view = budgets.list().unwrap().remove(0).accounts.remove(0);
    assert_eq!((view.fired, view.share), (vec![0.8, 0.9], 0.9));
    let mut batch = Batch { costs: vec![row(3, 1, "0.5")], ..Batch::default() };
    Stage::apply(&budgets, &mut batch);
    assert_eq!(parts(&heard.lock()), [0.8, 0.9, 1.0]);
    let event = batch.events.last().unwrap();
    assert_eq!((event.name.as_str(), event.level), ("budget.threshold", Level::Warning));
    assert_eq!(event.attributes.text("budget.spent"), Some("1.4"));
    assert_eq!(event.attributes.text("budget.unit"), Some("usd"));
    clock.go(Timestamp::DAY);
    count(&budgets, [Cost { time: clock.now(), ..row(4, 1, "0.85") }]);
    assert_eq!(parts(&heard.lock())[3..], [0.8]);
}

#[test]
fn a_rolling_window_fires_again_when_its_time_is_over() {
    let (budgets, clock) = house([("hour", Budget::calls(2).per(Period::Hour).rolling().thresholds([1.0]))]);
    let heard = listen(&budgets);
    for (minute, fired) in [(0, 0), (1, 1), (59, 1), (62, 2), (63, 2)] {
        clock.0.store(at(minute * 60).nanos(), std::sync::atomic::Ordering::SeqCst);
        let number = u64::try_from(minute).unwrap() + 1;
        count(&budgets, [Cost { time: clock.now(), ..row(number, 1, "0.1") }]);
        assert_eq!(parts(&heard.lock()).len(), fired, "at minute {minute}");
    }
}

#[test]
fn what_has_fired_is_known_after_a_restart_until_the_limit_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budgets.db");
    let clock = Set::at(at(0));
    let first = filed(&path, &clock, [("day", Budget::usd(usd("1")))]);
    count(&first, [row(1, 1, "0.85")]);
    drop(first);
    let second = filed(&path, &clock, [("day", Budget::usd(usd("1")))]);
    let heard = listen(&second);
    count(&second, [row(2, 1, "0.01")]);
    assert!(heard.lock().is_empty());
    drop(second);
    let raised = filed(&path, &clock, [("day", Budget::usd(usd("1.05")))]);
    let heard = listen(&raised);
    count(&raised, [row(3, 1, "0.01")]);
    assert_eq!(parts(&heard.lock()), [0.8], "0.87 of 1.05");
}

#[test]
fn refusals_are_told_with_their_figures() {
    let (budgets, _) = house([("day", Budget::usd(usd("1")))]);
    let heard = listen(&budgets);
    budgets.admit(&Subject::default().session("s").agent("planner"), usd("2")).unwrap_err();
    let notice = heard.lock().remove(0);
    assert_eq!((notice.what.event(), notice.action), ("budget.refused", "block"));
    assert_eq!((notice.limit, notice.spent), (Some(Amount::Usd(usd("1"))), Some(Amount::Usd(usd("0")))));
    assert!(matches!(notice.error, Some(BudgetError::Exceeded(_))));
    let event = budgets.take_events().remove(0);
    assert_eq!((event.session.as_deref(), event.agent.as_deref()), (Some("s"), Some("planner")));
    assert!(budgets.take_events().is_empty());
}

#[test]
fn looking_reserves_tells_and_trips_nothing() {
    let config = LoopConfig { repeats: Some(2), reset_ms: 1_000, ..LoopConfig::default() };
    let cheap = Budget::usd(usd("1")).degrade_to("gpt-5-nano");
    let all = [("circles", Budget::loops(config)), ("day", Budget::usd(usd("1"))), ("soft", cheap)];
    let (budgets, clock) = house(all);
    let heard = listen(&budgets);
    let subject = Subject::default().session("s");
    let look = |name: &str, cost: &str| budgets.budget(name).look_for(&subject, usd(cost));
    look("day", "1").unwrap().settle(usd("1"));
    assert!(matches!(look("day", "2"), Err(BudgetError::Exceeded(_))));
    assert_eq!(look("soft", "2").unwrap().degrade_to(), Some("gpt-5-nano"));
    assert!(matches!(look("none", "2"), Err(BudgetError::Unknown { .. })));
    for _ in 0..2 {
        budgets.tool_ran(&subject, "search", "{}");
    }
    assert!(matches!(look("circles", "0"), Err(BudgetError::Loop(_))));
    assert_eq!(accounts(&budgets, "day"), [one("", "0", "0")]);
    assert!(heard.lock().is_empty() && budgets.take_events().is_empty());
    // Had looking tripped it, its time would be over by now.
    clock.go(Timestamp::SECOND);
    assert!(budgets.admit(&subject, usd("0")).is_err());
}
