//! Lists of current states: filter, limit and counts.

use std::sync::Arc;

use quipu_alert::StatesAsk;

use crate::world::{World, alerts, run_to};

const RULES: &str = "[alert.failing]\nkind = \"error_rate\"\nabove = 0.5\ngroup_by = [\"user\"]\nwindow = \"1m\"\n\
                     [alert.any]\nkind = \"error_rate\"\nabove = 0.1\nseverity = \"critical\"\nwindow = \"1m\"\n";

#[tokio::test]
async fn a_list_is_cut_and_counted() {
    let world = Arc::<World>::default();
    let alerts = alerts(&world, None, RULES);
    for second in 0..30 {
        ["ada", "bob"].iter().for_each(|user| world.call(second, user, false));
        ["zoe", "yan"].iter().for_each(|user| world.call(second, user, true));
    }
    run_to(&world, &alerts, 30).await;
    let ask = |rule: Option<&str>, state: Option<&str>, limit| StatesAsk {
        rule: rule.map(str::to_owned),
        state: state.map(str::to_owned),
        limit,
    };
    let told = |ask: &StatesAsk| {
        let states = alerts.states(ask);
        let rows = states.rows.iter().map(|row| row.group.get("user").unwrap_or(&row.rule).clone());
        (rows.collect::<Vec<_>>().join(" "), states.left_out, states.counts)
    };
    assert_eq!(told(&StatesAsk::default()), ("any yan zoe ada bob".to_owned(), 0, [3, 0, 0, 0, 2]));
    assert_eq!(told(&ask(None, None, Some(2))), ("any yan".to_owned(), 3, [3, 0, 0, 0, 2]));
    assert_eq!(told(&ask(None, Some("ok"), Some(1))), ("ada".to_owned(), 1, [3, 0, 0, 0, 2]));
    assert_eq!(told(&ask(Some("failing"), Some("firing"), None)), ("yan zoe".to_owned(), 0, [2, 0, 0, 0, 2]));
    assert_eq!(told(&ask(Some("unknown"), None, None)), (String::new(), 0, [0; 5]));
}
