//! Groups beyond the limit of a rule.

use std::sync::Arc;

use quipu_alert::HistoryAsk;

use crate::world::{World, alerts, run_to};

const RULE: &str = "[alert.failing]\nkind = \"error_rate\"\nabove = 0.5\ngroup_by = [\"user\"]\ngroups = 1\n\
                    window = \"1m\"\n";

/// Calls of two users from a time on. Both come before `zoe`, and one of them is within the limit.
fn others(world: &World, from: i64) {
    for second in (from..from + 400).step_by(10) {
        world.call(second, "ada", false);
        world.call(second, "bob", false);
    }
}

async fn begun_and_ended(alerts: &quipu_alert::Alerts) -> Vec<(String, bool)> {
    let history = alerts.history(HistoryAsk { limit: 10, ..HistoryAsk::default() }).await.unwrap();
    history.into_iter().map(|row| (row.group["user"].clone(), row.ended_at.is_some())).collect()
}

#[tokio::test]
async fn a_firing_group_ends_beyond_the_limit_too() {
    for zoe_goes_on in [true, false] {
        let world = Arc::<World>::default();
        let alerts = alerts(&world, None, RULE);
        world.call(5, "zoe", true);
        run_to(&world, &alerts, 30).await;
        assert_eq!(begun_and_ended(&alerts).await, [("zoe".to_owned(), false)]);
        others(&world, 31);
        if zoe_goes_on {
            (31..400).step_by(10).for_each(|second| world.call(second, "zoe", false));
        }
        run_to(&world, &alerts, 200).await;
        assert_eq!(begun_and_ended(&alerts).await, [("zoe".to_owned(), true)], "{zoe_goes_on}");
        let listed: Vec<String> = alerts.list().into_iter().map(|row| row.group["user"].clone()).collect();
        assert_eq!(listed, ["ada"], "{zoe_goes_on}");
    }
}

#[tokio::test]
async fn a_firing_group_beyond_the_limit_goes_on() {
    let world = Arc::<World>::default();
    let alerts = alerts(&world, None, RULE);
    (5..400).step_by(10).for_each(|second| world.call(second, "zoe", true));
    others(&world, 31);
    run_to(&world, &alerts, 200).await;
    assert_eq!(begun_and_ended(&alerts).await, [("zoe".to_owned(), false)]);
    let zoe = alerts.list().into_iter().find(|row| row.group["user"] == "zoe").unwrap();
    assert_eq!((zoe.state.as_str(), zoe.value), ("firing", Some(1.0)));
}

#[tokio::test]
async fn a_group_at_rest_beyond_the_limit_is_forgotten() {
    let world = Arc::<World>::default();
    let alerts = alerts(&world, None, RULE);
    world.call(5, "zoe", false);
    run_to(&world, &alerts, 30).await;
    assert_eq!(alerts.list().len(), 1);
    others(&world, 31);
    run_to(&world, &alerts, 100).await;
    let listed: Vec<_> =
        alerts.list().into_iter().map(|row| (row.group["user"].clone(), row.state)).collect();
    assert_eq!(listed, [("ada".to_owned(), "ok".to_owned())]);
}

#[tokio::test]
async fn critical_groups_are_listed_first() {
    let world = Arc::<World>::default();
    let rule =
        |name: &str, severity: &str| RULE.replace("failing", name) + &format!("severity = \"{severity}\"\n");
    let alerts = alerts(&world, None, &(rule("a", "info") + &rule("b", "critical") + &rule("c", "warning")));
    world.call(5, "zoe", true);
    run_to(&world, &alerts, 30).await;
    let listed: Vec<String> = alerts.list().into_iter().map(|row| row.severity).collect();
    assert_eq!(listed, ["critical", "warning", "info"]);
}
