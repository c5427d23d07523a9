//! Tests of rules whose figures cannot be read.

use std::sync::Arc;

use quipu_alert::{HistoryAsk, Rule, RuleConfig};

use crate::receiver::Receiver;
use crate::world::{World, alerts, run_to};

const RULE: &str =
    "[alert.errors]\nkind = \"error_rate\"\nabove = 0.1\nseverity = \"critical\"\nchannels = [\"hook\"]\n";

fn told(receiver: &Receiver) -> Vec<(String, String)> {
    let bodies = receiver.bodies();
    let text = |body: &serde_json::Value, key: &str| body[key].as_str().unwrap_or_default().to_owned();
    bodies.iter().map(|body| (text(body, "rule"), text(body, "status"))).collect()
}

#[tokio::test]
async fn a_rule_that_cannot_be_evaluated_is_an_alert_after_its_time() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let folder = tempfile::tempdir().unwrap();
    let hook = format!("[channel.hook]\nkind = \"webhook\"\nurl = \"{}\"\n", receiver.url);
    let text = format!("[alerts]\ngroup_interval = \"1s\"\n{RULE}error_for = \"1m\"\n{hook}");
    let engine = alerts(&world, Some(folder.path()), &text);
    (0..5).for_each(|second| world.call(second, "ada", true));
    run_to(&world, &engine, 10).await;
    *world.broken.lock().unwrap() = true;
    run_to(&world, &engine, 60).await;
    assert_eq!(told(&receiver), [("errors".to_owned(), "firing".to_owned())], "a minute has not passed");
    run_to(&world, &engine, 100).await;
    let row = engine.list().into_iter().find(|row| row.rule == "rule-failing").unwrap();
    assert_eq!((row.group["rule"].as_str(), row.severity.as_str()), ("errors", "critical"));
    assert!(row.error.unwrap().contains("the disk is gone"));
    let open = engine.list().into_iter().find(|row| row.rule == "errors").unwrap();
    assert_eq!(open.state, "firing", "the group keeps its phase");
    // A restart goes on, and the first evaluation without an error ends it.
    let engine = alerts(&world, Some(folder.path()), &text);
    run_to(&world, &engine, 120).await;
    *world.broken.lock().unwrap() = false;
    run_to(&world, &engine, 140).await;
    let all = told(&receiver);
    let of_it: Vec<&str> =
        all.iter().filter(|(rule, _)| rule == "rule-failing").map(|(_, status)| status.as_str()).collect();
    assert_eq!(of_it, ["firing", "resolved"]);
    let history = engine.history(HistoryAsk { limit: 9, ..HistoryAsk::default() }).await.unwrap();
    assert!(history.iter().any(|row| row.rule == "rule-failing" && row.ended_at.is_some()));
}

#[tokio::test]
async fn a_rule_can_keep_its_errors_to_itself() {
    let world = Arc::<World>::default();
    let engine =
        alerts(&world, None, &format!("{RULE}on_error = \"keep\"\n[channel.hook]\nkind = \"log\"\n"));
    *world.broken.lock().unwrap() = true;
    run_to(&world, &engine, 700).await;
    let states: Vec<String> = engine.list().into_iter().map(|row| row.state).collect();
    assert_eq!(states, ["error"]);
}

#[test]
fn a_time_without_an_alert_is_rejected() {
    let text = "kind = \"calls\"\nabove = 1.0\non_error = \"keep\"\nerror_for = \"1m\"";
    let error = Rule::new("r", toml::from_str::<RuleConfig>(text).unwrap()).unwrap_err().to_string();
    assert!(error.contains("error_for"), "{error}");
    for name in ["rule-failing", "channel-failing"] {
        let config = toml::from_str::<RuleConfig>("kind = \"calls\"\nabove = 1.0").unwrap();
        assert!(Rule::new(name, config).is_err());
    }
}
