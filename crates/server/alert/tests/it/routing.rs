//! Tests of routes, groups, mute times, channels that hang or fail, and acknowledgement links.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quipu_alert::{Alerts, HistoryAsk};
use serde_json::Value;

use crate::receiver::{Receiver, Reply};
use crate::world::{World, alerts, at, run_to};

const RULES: &str = r#"
    [alert.by_user]
    kind = "error_rate"
    group_by = ["user"]
    window = "1m"
    above = 0.5
"#;

fn channel(name: &str, receiver: &Receiver, keys: &str) -> String {
    format!("\n[channel.{name}]\nkind = \"webhook\"\nurl = \"{}/{name}\"\n{keys}\n", receiver.url)
}

/// Status and user of each notice of each message.
fn told(receiver: &Receiver) -> Vec<Vec<String>> {
    let one = |notice: &Value| {
        format!("{} {}", notice["status"].as_str().unwrap(), notice["group"]["user"].as_str().unwrap_or("-"))
    };
    let message = |body: Value| match body["notices"].as_array() {
        Some(notices) => notices.iter().map(one).collect(),
        None => vec![one(&body)],
    };
    receiver.bodies().into_iter().map(message).collect()
}

fn fails(world: &World, user: &'static str, seconds: std::ops::Range<i64>) {
    seconds.for_each(|second| world.call(second, user, true));
}

async fn until(what: &str, is_done: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_done() {
        assert!(begin.elapsed() < Duration::from_secs(10), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_group_waits_once_then_keeps_its_interval_and_shows_what_still_fires() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let text = format!(
        "{RULES}{}\n[[alerts.route]]\nchannels = [\"hook\"]\ngroup_wait = \"30s\"\ngroup_interval = \"2m\"\n\
         repeat_interval = \"10m\"",
        channel("hook", &receiver, "")
    );
    let alerts = alerts(&world, None, &text);
    fails(&world, "ada", 0..1_000);
    fails(&world, "bob", 15..200);
    fails(&world, "eve", 50..60);
    run_to(&world, &alerts, 30).await;
    assert!(told(&receiver).is_empty(), "the first message waits for others");
    run_to(&world, &alerts, 50).await;
    assert_eq!(told(&receiver), [["firing ada", "firing bob"]], "ada fired at 10 s");
    run_to(&world, &alerts, 150).await;
    assert_eq!(told(&receiver).len(), 1, "eve waits for the interval, which ends at 160 s");
    run_to(&world, &alerts, 170).await;
    // Eve fired at 60 s and recovered at 120 s, so the second message has the end only.
    assert_eq!(told(&receiver)[1], ["resolved eve", "firing ada", "firing bob"]);
    run_to(&world, &alerts, 290).await;
    assert_eq!(told(&receiver).len(), 3, "bob recovered at 260 s: {:?}", told(&receiver));
    assert_eq!(told(&receiver)[2], ["resolved bob", "firing ada"]);
    run_to(&world, &alerts, 870).await;
    assert_eq!(told(&receiver).len(), 3, "nothing changed since 280 s");
    run_to(&world, &alerts, 890).await;
    assert_eq!(told(&receiver)[3..], [["firing ada"]], "repeated ten minutes after the last message");
}

#[tokio::test]
async fn what_begins_and_ends_before_the_first_message_is_not_told() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let text = format!(
        "{RULES}{}\n[[alerts.route]]\nchannels = [\"hook\"]\ngroup_wait = \"5m\"",
        channel("hook", &receiver, "")
    );
    let alerts = alerts(&world, None, &text);
    fails(&world, "ada", 0..5);
    run_to(&world, &alerts, 400).await;
    assert!(told(&receiver).is_empty());
    let history = alerts.history(HistoryAsk { limit: 9, ..HistoryAsk::default() }).await.unwrap();
    assert_eq!(history[0].state, "resolved");
    fails(&world, "bob", 400..420);
    run_to(&world, &alerts, 720).await;
    assert!(told(&receiver).is_empty(), "a later group waits anew");
}

#[tokio::test]
async fn a_group_keeps_its_interval_after_its_last_end() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let text = format!(
        "{RULES}{}\n[[alerts.route]]\nchannels = [\"hook\"]\ngroup_wait = \"10s\"\ngroup_interval = \"5m\"",
        channel("hook", &receiver, "")
    );
    let alerts = alerts(&world, None, &text);
    fails(&world, "ada", 0..20);
    fails(&world, "bob", 330..335);
    fails(&world, "eve", 1_000..1_100);
    run_to(&world, &alerts, 330).await;
    assert_eq!(told(&receiver), [["firing ada"], ["resolved ada"]], "the end goes at 320 s");
    run_to(&world, &alerts, 610).await;
    assert_eq!(told(&receiver).len(), 2, "the interval after the last end ends at 620 s");
    run_to(&world, &alerts, 640).await;
    assert_eq!(told(&receiver)[2..], [["resolved bob"]], "his episode ended while its message waited");
    run_to(&world, &alerts, 1_000).await;
    assert_eq!(told(&receiver).len(), 3);
    run_to(&world, &alerts, 1_030).await;
    assert_eq!(told(&receiver)[3..], [["firing eve"]], "after the interval a new group has its own wait");
}

#[tokio::test]
async fn routes_choose_channels_by_labels_and_group_by_keys() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let text = format!(
        "{RULES}{}{}\n[[alerts.route]]\nmatch = {{ user = \"~a.*\" }}\nchannels = [\"first\"]\n\
         group_by = [\"user\"]\n[[alerts.route]]\nchannels = [\"second\"]",
        channel("first", &receiver, ""),
        channel("second", &receiver, "")
    );
    let alerts = alerts(&world, None, &text);
    for user in ["ada", "abe", "bob"] {
        fails(&world, user, 0..20);
    }
    run_to(&world, &alerts, 20).await;
    let mut paths: Vec<String> = receiver.requests().into_iter().map(|(path, ..)| path).collect();
    paths.sort();
    assert_eq!(paths, ["/first", "/first", "/second"], "each user of the first route has a message");
    let unknown = std::panic::catch_unwind(|| {
        crate::world::alerts(&Arc::default(), None, "[[alerts.route]]\nchannels = [\"nowhere\"]")
    });
    assert!(unknown.is_err());
}

#[tokio::test]
async fn mute_times_hold_begins_and_ends() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    // The test begins on 2027-01-15 at 08:00 UTC.
    let text = format!(
        "{RULES}{}\n[[alerts.route]]\nchannels = [\"hook\"]\nmute_times = [\"early\"]\ngroup_interval = \"0s\"\n\
         [[alerts.times.early]]\nweekdays = [\"fri\"]\ntimes = [\"07:00-08:05\"]",
        channel("hook", &receiver, "")
    );
    let alerts = alerts(&world, None, &text);
    fails(&world, "ada", 0..600);
    fails(&world, "bob", 0..60);
    run_to(&world, &alerts, 290).await;
    assert!(told(&receiver).is_empty());
    let history = alerts.history(HistoryAsk { limit: 9, ..HistoryAsk::default() }).await.unwrap();
    assert!(format!("{history:?}").contains("mute times early"));
    run_to(&world, &alerts, 320).await;
    assert_eq!(told(&receiver), [["firing ada"]], "bob's episode was over before");
}

#[tokio::test]
async fn a_channel_that_hangs_delays_neither_others_nor_the_next_round() {
    let world = Arc::<World>::default();
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    slow.reply([Reply::Hang]);
    let text = format!(
        "{RULES}channels = [\"slow\", \"quick\"]\n[alerts]\ngroup_interval = \"0s\"\n{}{}",
        channel("slow", &slow, "timeout_ms = 60000"),
        channel("quick", &quick, "")
    );
    let alerts = alerts(&world, None, &text);
    fails(&world, "ada", 0..10);
    *world.now.lock().unwrap() = 10;
    alerts.evaluate(at(10)).await.unwrap();
    let hanging = tokio::spawn({
        let alerts = alerts.clone();
        async move { alerts.deliver(at(10)).await }
    });
    until("the quick channel has its notice", || quick.requests().len() == 1).await;
    until("the slow one was asked", || slow.requests().len() == 1).await;
    fails(&world, "bob", 12..20);
    *world.now.lock().unwrap() = 20;
    alerts.evaluate(at(20)).await.unwrap();
    let next = tokio::time::timeout(Duration::from_secs(5), alerts.deliver(at(20))).await;
    next.expect("the next round does not wait for the channel that hangs").unwrap();
    assert_eq!(told(&quick)[1][0], "firing bob");
    assert_eq!(slow.requests().len(), 1, "its group is still being sent");
    hanging.abort();
}

#[tokio::test]
async fn a_channel_that_fails_is_an_alert_on_the_next_one_until_it_takes_notices() {
    let world = Arc::<World>::default();
    let (broken, other) = (Receiver::start().await, Receiver::start().await);
    broken.reply([Reply::Status(503), Reply::Status(503), Reply::Status(503)]);
    let text = format!(
        "{RULES}channels = [\"broken\", \"other\"]\n[alerts]\ngroup_interval = \"0s\"\n{}{}",
        channel("broken", &broken, ""),
        channel("other", &other, "")
    );
    let folder = tempfile::tempdir().unwrap();
    let open = |folder: &Path| alerts(&world, Some(folder), &text);
    let alerts = open(folder.path());
    fails(&world, "ada", 0..300);
    run_to(&world, &alerts, 30).await;
    let rows =
        |alerts: &Alerts| alerts.list().into_iter().filter(|row| row.rule == "channel-failing").count();
    assert_eq!(rows(&alerts), 1);
    run_to(&world, &alerts, 50).await;
    let about = |receiver: &Receiver| -> Vec<String> {
        let bodies = receiver.bodies().into_iter().filter(|body| body["rule"] == "channel-failing");
        bodies.map(|body| format!("{} {}", body["status"], body["group"]["channel"])).collect()
    };
    let begun = "\"firing\" \"broken\"".to_owned();
    assert_eq!(broken.requests().len(), 4, "it takes the notice at the fourth attempt");
    assert_eq!(about(&other), [begun, "\"resolved\" \"broken\"".to_owned()]);
    assert_eq!((about(&broken), rows(&alerts)), (Vec::new(), 0));
    assert!(other.bodies()[1]["summary"].as_str().unwrap().contains("503"));
    broken.reply([Reply::Status(403)]);
    fails(&world, "bob", 55..300);
    run_to(&world, &alerts, 70).await;
    drop(alerts);
    let again = open(folder.path());
    assert_eq!(rows(&again), 1, "a restart knows the channel");
}

fn link(body: &Value) -> String {
    body["ack_url"].as_str().unwrap().rsplit('=').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_acknowledges_once_within_its_time() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let text = format!(
        "{RULES}channels = [\"hook\", \"log\"]\n[alerts]\nurl = \"https://alerts.example\"\nack_links = \"1h\"\n\
         group_interval = \"0s\"\n{}",
        channel("hook", &receiver, "")
    );
    let folder = tempfile::tempdir().unwrap();
    let first = alerts(&world, Some(folder.path()), &text);
    fails(&world, "ada", 0..5_000);
    run_to(&world, &first, 10).await;
    drop(first);
    // The key outlives a restart.
    let alerts = alerts(&world, Some(folder.path()), &text);
    let body = &receiver.bodies()[0];
    assert!(
        body["ack_url"].as_str().unwrap().starts_with("https://alerts.example/api/v1/alerts/ack-link?token=")
    );
    let token = link(body);
    assert_eq!(alerts.look_at_link(&token).await.unwrap().rule, "by_user");
    let why = |error: quipu_alert::AlertError| error.to_string();
    let forged: String = token.chars().rev().collect();
    for wrong in [forged.as_str(), "", "%%", &token[..token.len() - 4], &"A".repeat(4_000)] {
        assert!(why(alerts.acknowledge_by_link(wrong).await.unwrap_err()).contains("not a link"), "{wrong}");
    }
    assert_eq!(alerts.acknowledge_by_link(&token).await.unwrap(), "link to hook");
    assert!(why(alerts.acknowledge_by_link(&token).await.unwrap_err()).contains("was used"));
    assert!(why(alerts.look_at_link(&token).await.unwrap_err()).contains("was used"));
    let history = alerts.history(HistoryAsk { limit: 9, ..HistoryAsk::default() }).await.unwrap();
    assert_eq!(history[0].acknowledged_by.as_deref(), Some("link to hook"));
    assert!(!format!("{history:?}").contains(&token), "no answer has the link");

    fails(&world, "bob", 20..5_000);
    run_to(&world, &alerts, 30).await;
    let bodies = receiver.bodies();
    let token = link(bodies.iter().find(|body| body["group"]["user"] == "bob").unwrap());
    *world.now.lock().unwrap() = 3_700;
    assert!(why(alerts.look_at_link(&token).await.unwrap_err()).contains("expired"));
    assert!(why(alerts.acknowledge_by_link(&token).await.unwrap_err()).contains("expired"));
}

#[tokio::test]
async fn without_a_public_address_a_notice_has_no_link() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let text = format!("{RULES}channels = [\"hook\"]\n{}", channel("hook", &receiver, ""));
    let alerts = alerts(&world, None, &text);
    fails(&world, "ada", 0..20);
    run_to(&world, &alerts, 20).await;
    assert_eq!(receiver.bodies()[0]["ack_url"], Value::Null);
}

#[tokio::test]
async fn steps_of_an_escalation_follow_one_another() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let text = format!(
        "{RULES}channels = [\"log\"]\nescalate = [{{ after = \"2m\", to = [\"team\"] }}, \
         {{ after = \"5m\", to = [\"boss\"] }}]\n{}{}",
        channel("team", &receiver, ""),
        channel("boss", &receiver, "")
    );
    let alerts = alerts(&world, None, &text);
    fails(&world, "ada", 0..1_000);
    let paths = || receiver.requests().into_iter().map(|(path, ..)| path).collect::<Vec<_>>();
    run_to(&world, &alerts, 120).await;
    assert!(paths().is_empty());
    run_to(&world, &alerts, 290).await;
    assert_eq!(paths(), ["/team"]);
    run_to(&world, &alerts, 900).await;
    assert_eq!(paths(), ["/team", "/boss"]);
}

#[tokio::test]
async fn evidence_says_what_changed_and_how_to_look() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let text = format!("{RULES}channels = [\"hook\"]\n{}", channel("hook", &receiver, ""));
    let alerts = alerts(&world, None, &text);
    (5..55).for_each(|second| world.call(second, "ada", second % 10 == 0));
    fails(&world, "ada", 70..120);
    run_to(&world, &alerts, 110).await;
    let body = &receiver.bodies()[0];
    assert_eq!((&body["value"], &body["threshold"]), (&(23.0 / 45.0).into(), &0.5.into()), "{body}");
    assert_eq!(body["links"][0], "http://quipu.example/traces/0123456789abcdef0123456789abcdef");
    let changes = body["changes"].to_string();
    assert!(changes.contains("records 25 → 45") && changes.contains("errors 2 → 23"), "{changes}");
    let look = body["look"].as_str().unwrap();
    assert!(
        look.starts_with("quipu traces --since 2027-01-15T") && look.ends_with(" --status error --user ada")
    );
    assert!(body["before"].as_f64().unwrap() < 0.5);
}
