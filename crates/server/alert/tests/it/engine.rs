//! Tests of evaluation, episodes, grouping, silences, restarts and back-tests under a manual clock.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use quipu_alert::{EpisodeRow, HistoryAsk, RuleConfig, Silencing};
use quipu_core::Timestamp;

use crate::receiver::Receiver;
use crate::world::{World, alerts, at, run_to};

const BY_USER: &str = r#"
    [alert.by_user]
    kind = "error_rate"
    group_by = ["user"]
    window = "1m"
    above = 0.5
    channels = ["hook"]
    [alerts]
    group_interval = "0s"
"#;

fn hook(receiver: &Receiver) -> String {
    format!("[channel.hook]\nkind = \"webhook\"\nurl = \"{}\"", receiver.url)
}

async fn history(alerts: &quipu_alert::Alerts) -> Vec<EpisodeRow> {
    alerts.history(HistoryAsk { limit: 1_000, ..HistoryAsk::default() }).await.unwrap()
}

#[tokio::test]
async fn each_group_has_its_own_state_and_episode() {
    let world = Arc::<World>::default();
    let alerts = alerts(&world, None, &BY_USER.replace("hook", "log"));
    for second in 0..30 {
        world.call(second, "ada", true);
        world.call(second, "bob", false);
    }
    run_to(&world, &alerts, 30).await;
    let states: BTreeMap<String, String> =
        alerts.list().into_iter().map(|row| (row.group["user"].clone(), row.state)).collect();
    assert_eq!(states, [("ada", "firing"), ("bob", "ok")].map(|(a, b)| (a.to_owned(), b.to_owned())).into());
    run_to(&world, &alerts, 100).await;
    let episodes = history(&alerts).await;
    assert_eq!((episodes.len(), episodes[0].state.as_str(), episodes[0].peak), (1, "resolved", Some(1.0)));
    assert!(alerts.list().is_empty(), "a user without calls has no state");
}

#[tokio::test]
async fn an_episode_keeps_its_evidence_when_the_peak_rises_and_when_it_ends() {
    const TRACE: &str = "0123456789abcdef0123456789abcdef";
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{BY_USER}{}", hook(&receiver));
    for second in 0..30 {
        // Two of three calls fail at first, and all later.
        world.call(second, "ada", second >= 10 || second % 3 != 0);
    }
    {
        let alerts = alerts(&world, Some(folder.path()), &text);
        run_to(&world, &alerts, 10).await;
    }
    let again = alerts(&world, Some(folder.path()), &text);
    run_to(&world, &again, 200).await;
    let episodes = history(&again).await;
    assert_eq!((episodes.len(), episodes[0].state.as_str()), (1, "resolved"));
    assert!(episodes[0].peak > Some(0.8), "{episodes:?}");
    assert_eq!(episodes[0].traces, [TRACE]);
    for body in receiver.bodies() {
        assert_eq!(
            (&body["traces"][0], &body["url"]),
            (&TRACE.into(), &format!("http://quipu.example/traces/{TRACE}").into()),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_restart_repeats_nothing_and_goes_on() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{BY_USER}{}", hook(&receiver));
    for second in 0..40 {
        world.call(second, "ada", true);
    }
    {
        let alerts = alerts(&world, Some(folder.path()), &text);
        run_to(&world, &alerts, 20).await;
    }
    assert_eq!(receiver.bodies().len(), 1);
    let again = alerts(&world, Some(folder.path()), &text);
    assert_eq!(again.list()[0].state, "firing");
    run_to(&world, &again, 200).await;
    let told: Vec<_> = receiver.bodies().iter().map(|body| body["status"].clone()).collect();
    assert_eq!(told, ["firing", "resolved"]);
}

#[tokio::test]
async fn a_notice_that_was_not_sent_survives_a_kill() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{BY_USER}{}", hook(&receiver));
    world.call(5, "ada", true);
    {
        let alerts = alerts(&world, Some(folder.path()), &text);
        // Killed between the evaluation and the delivery.
        alerts.evaluate(at(10)).await.unwrap();
    }
    assert!(receiver.bodies().is_empty());
    let again = alerts(&world, Some(folder.path()), &text);
    again.deliver(at(11)).await.unwrap();
    again.deliver(at(12)).await.unwrap();
    assert_eq!(receiver.bodies().len(), 1);
}

#[tokio::test]
async fn figures_that_late_records_correct_withdraw_the_episode() {
    let world = Arc::<World>::default();
    let alerts = alerts(&world, None, &BY_USER.replace("hook", "log"));
    world.call(5, "ada", true);
    run_to(&world, &alerts, 20).await;
    assert_eq!(alerts.list()[0].state, "firing");
    for second in 1..8 {
        world.call(second, "ada", false);
    }
    run_to(&world, &alerts, 30).await;
    let episodes = history(&alerts).await;
    assert_eq!((episodes.len(), episodes[0].state.as_str()), (1, "withdrawn"));
}

#[tokio::test]
async fn a_storm_is_one_message_with_the_number_of_the_rest() {
    const USERS: [&str; 25] = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t",
        "u", "v", "w", "x", "y",
    ];
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let alerts = alerts(&world, None, &format!("{BY_USER}{}", hook(&receiver)));
    USERS.iter().for_each(|user| world.call(5, user, true));
    run_to(&world, &alerts, 20).await;
    let bodies = receiver.bodies();
    assert_eq!(bodies.len(), 1);
    assert_eq!((bodies[0]["notices"].as_array().unwrap().len(), &bodies[0]["more"]), (10, &15.into()));
}

#[tokio::test]
async fn messages_about_a_rule_keep_their_distance_and_are_repeated() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let text =
        BY_USER.replace("group_interval = \"0s\"", "group_interval = \"1m\"\nrepeat_interval = \"5m\"");
    let alerts = alerts(&world, None, &format!("{text}{}", hook(&receiver)));
    for second in 0..600 {
        world.call(second, "ada", true);
        if second > 15 {
            world.call(second, "bob", true);
        }
    }
    run_to(&world, &alerts, 60).await;
    assert_eq!(receiver.bodies().len(), 1, "bob's notice waits");
    run_to(&world, &alerts, 90).await;
    let second = &receiver.bodies()[1]["notices"];
    assert_eq!((&second[0]["group"]["user"], &second[1]["group"]["user"]), (&"bob".into(), &"ada".into()));
    run_to(&world, &alerts, 420).await;
    assert!(receiver.bodies().len() >= 3, "both are told again after five minutes");
    let count = receiver.bodies().len();
    let episode = alerts.list()[0].episode.clone().unwrap();
    let other = alerts.list()[1].episode.clone().unwrap();
    alerts.acknowledge(&episode, "ada").await.unwrap();
    alerts.acknowledge(&other, "ada").await.unwrap();
    assert!(alerts.acknowledge("none", "ada").await.is_err());
    run_to(&world, &alerts, 590).await;
    assert_eq!(receiver.bodies().len(), count, "acknowledged episodes are not repeated");
}

#[tokio::test]
async fn a_silence_holds_the_begin_and_lets_it_go_when_it_ends() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let alerts = alerts(&world, None, &format!("{BY_USER}{}", hook(&receiver)));
    let matchers: BTreeMap<String, String> = [("user".to_owned(), "a*".to_owned())].into();
    let new = |lasts: i64| Silencing {
        matchers: matchers.clone(),
        author: "ada".to_owned(),
        reason: "deploy".to_owned(),
        lasts: lasts * Timestamp::SECOND,
    };
    assert!(alerts.silence(Silencing { reason: String::new(), ..new(60) }).await.is_err());
    assert!(alerts.silence(new(91 * 86_400)).await.is_err());
    let silence = alerts.silence(new(600)).await.unwrap();
    for second in 0..200 {
        world.call(second, "ada", true);
    }
    run_to(&world, &alerts, 60).await;
    assert!(receiver.bodies().is_empty());
    assert_eq!(alerts.list()[0].state, "firing", "a silence hides nothing");
    let notice = history(&alerts).await[0].notices[0].clone();
    assert!(notice.note.unwrap().contains(&silence.id));
    alerts.end_silence(&silence.id).await.unwrap();
    assert!(alerts.end_silence(&silence.id).await.is_err());
    run_to(&world, &alerts, 90).await;
    assert_eq!(receiver.bodies().len(), 1);
}

#[tokio::test]
async fn an_episode_within_a_silence_is_never_told() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let alerts = alerts(&world, None, &format!("{BY_USER}{}", hook(&receiver)));
    let matchers = [("rule".to_owned(), "by_user".to_owned())].into();
    let lasts = 600 * Timestamp::SECOND;
    alerts
        .silence(Silencing { matchers, author: "ada".into(), reason: "deploy".into(), lasts })
        .await
        .unwrap();
    world.call(5, "ada", true);
    run_to(&world, &alerts, 700).await;
    assert!(receiver.bodies().is_empty());
    let notices = &history(&alerts).await[0].notices;
    assert!(notices.iter().all(|notice| notice.status == "silenced"), "{notices:?}");
}

#[tokio::test]
async fn a_critical_episode_inhibits_the_warning_of_the_same_user() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let text = r#"
        [alert.worse]
        kind = "error_rate"
        group_by = ["user"]
        window = "1m"
        above = 0.8
        severity = "critical"
        channels = ["hook"]
        [[alerts.inhibit]]
        source = { severity = "critical" }
        target = { severity = "warning" }
        equal = ["user"]
    "#;
    let alerts = alerts(&world, None, &format!("{BY_USER}{text}{}", hook(&receiver)));
    for second in 0..100 {
        world.call(second, "ada", true);
        world.call(second, "bob", second % 3 > 0);
    }
    run_to(&world, &alerts, 100).await;
    let mut told: Vec<_> =
        receiver.bodies().iter().map(|body| (body["rule"].clone(), body["group"]["user"].clone())).collect();
    told.sort_by_key(|(rule, _)| rule.to_string());
    assert_eq!(told, [("by_user".into(), "bob".into()), ("worse".into(), "ada".into())]);
}

#[tokio::test]
async fn an_open_episode_without_acknowledgement_escalates_once() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let text = BY_USER.replace("channels =", "escalate_after = \"2m\"\nescalate_to = [\"boss\"]\nchannels =");
    let boss = format!("\n[channel.boss]\nkind = \"webhook\"\nurl = \"{}/boss\"", receiver.url);
    let alerts = alerts(&world, None, &format!("{text}{}{boss}", hook(&receiver)));
    for second in 0..400 {
        world.call(second, "ada", true);
    }
    let boss = || receiver.requests().iter().filter(|(path, ..)| path == "/boss").count();
    run_to(&world, &alerts, 120).await;
    assert_eq!(boss(), 0);
    run_to(&world, &alerts, 380).await;
    assert_eq!(boss(), 1);
}

#[tokio::test]
async fn an_evaluation_error_is_a_state_with_a_reason() {
    let world = Arc::<World>::default();
    let alerts = alerts(&world, None, "[alert.calls]\nkind = \"calls\"\nabove = 5.0");
    *world.broken.lock().unwrap() = true;
    run_to(&world, &alerts, 10).await;
    let row = &alerts.list()[0];
    assert_eq!(row.state, "error");
    assert!(row.error.as_ref().unwrap().contains("the disk is gone"));
    *world.broken.lock().unwrap() = false;
    run_to(&world, &alerts, 20).await;
    assert_eq!((alerts.list()[0].state.as_str(), alerts.list()[0].value), ("ok", Some(0.0)));
    assert_eq!(alerts.list()[0].since, Some(at(10).to_string()), "the state began with the first evaluation");
}

#[tokio::test]
async fn silence_of_a_source_and_a_budget_are_rules_too() {
    let world = Arc::<World>::default();
    let text = "[alert.quiet]\nkind = \"no_data\"\nwindow = \"1m\"\n[alert.llm_quota]\npreset = \"llm_quota_exceeded\"";
    let alerts = alerts(&world, None, text);
    (0..60).for_each(|second| world.call(second, "ada", false));
    *world.budget.lock().unwrap() = 0.9;
    run_to(&world, &alerts, 60).await;
    let states = |alerts: &quipu_alert::Alerts| -> BTreeMap<String, String> {
        alerts.list().into_iter().map(|row| (row.rule, row.state)).collect()
    };
    assert_eq!(states(&alerts)["quiet"], "ok");
    assert_eq!(states(&alerts)["llm_quota"], "ok");
    *world.budget.lock().unwrap() = 1.01;
    run_to(&world, &alerts, 130).await;
    assert_eq!(states(&alerts)["quiet"], "firing");
    assert_eq!(states(&alerts)["llm_quota"], "firing");
}

#[tokio::test]
async fn stored_rules_last_and_file_rules_cannot_be_changed() {
    let (world, folder) = (Arc::<World>::default(), tempfile::tempdir().unwrap());
    let config: RuleConfig = toml::from_str("kind = \"calls\"\nabove = 5.0").unwrap();
    {
        let alerts = alerts(&world, Some(folder.path()), BY_USER.replace("hook", "log").as_str());
        alerts.put_rule("mine", config.clone(), "ada").await.unwrap();
        assert!(
            alerts
                .put_rule("by_user", config.clone(), "ada")
                .await
                .unwrap_err()
                .to_string()
                .contains("config file")
        );
        let unknown = RuleConfig { channels: Some(vec!["nowhere".to_owned()]), ..config.clone() };
        let error = alerts.put_rule("other", unknown, "ada").await.unwrap_err().to_string();
        assert!(error.contains("nowhere") && error.contains("log"), "{error}");
    }
    let alerts = alerts(&world, Some(folder.path()), "");
    assert_eq!(alerts.rules().iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["mine"]);
    alerts.remove_rule("mine").await.unwrap();
    assert!(alerts.remove_rule("mine").await.is_err() && alerts.rules().is_empty());
}

#[tokio::test]
async fn a_forgotten_user_is_in_no_table() {
    let (world, folder) = (Arc::<World>::default(), tempfile::tempdir().unwrap());
    let alerts = alerts(&world, Some(folder.path()), &BY_USER.replace("hook", "log"));
    world.call(5, "ada", true);
    run_to(&world, &alerts, 20).await;
    let matchers = [("user".to_owned(), "ada".to_owned())].into();
    let lasts = 600 * Timestamp::SECOND;
    alerts
        .silence(Silencing { matchers, author: "bob".into(), reason: "ada again".into(), lasts })
        .await
        .unwrap();
    let rewrite = |text: &str| text.contains("ada").then(|| text.replace("ada", "[forgotten]"));
    let found = alerts.erase(&rewrite, true).unwrap();
    assert!(found >= 6, "a state, two texts of the episode, a notice and two of the silence: {found}");
    assert_eq!(alerts.erase(&rewrite, false).unwrap(), found);
    assert_eq!(alerts.erase(&rewrite, true).unwrap(), 0);
    assert!(alerts.list().is_empty());
    assert_eq!(history(&alerts).await[0].state, "resolved", "no episode stays open without a group");
    assert!(!format!("{:?}", history(&alerts).await).contains("ada"));
    let left = texts(&folder.path().join("alerts.db"));
    assert!(left.iter().any(|text| text.contains("[forgotten]")));
    assert_eq!(left.iter().find(|text| text.contains("ada")), None);
}

/// All texts of all tables.
fn texts(path: &std::path::Path) -> Vec<String> {
    let file = rusqlite::Connection::open(path).unwrap();
    let names =
        "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'";
    let mut select = file.prepare(names).unwrap();
    let columns =
        select.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
    let mut texts = Vec::new();
    for (table, column) in columns.map(Result::unwrap) {
        let mut select = file.prepare(&format!("SELECT CAST({column} AS TEXT) FROM {table}")).unwrap();
        let cells = select.query_map([], |row| row.get::<_, Option<String>>(0)).unwrap();
        texts.extend(cells.filter_map(Result::unwrap));
    }
    texts
}

#[tokio::test]
async fn a_file_of_another_version_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let world = Arc::<World>::default();
    drop(alerts(&world, Some(folder.path()), ""));
    let path = folder.path().join("alerts.db");
    let mut bytes = std::fs::read(&path).unwrap();
    // `user_version` is the big-endian number at byte 60 of an SQLite file.
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(&path, bytes).unwrap();
    let parts = quipu_alert::AlertsParts {
        folder: Some(folder.path().to_owned()),
        config: Default::default(),
        rules: BTreeMap::new(),
        channels: BTreeMap::new(),
        slos: BTreeMap::new(),
        measure: Arc::clone(&world) as _,
        clock: world as _,
        url: String::new(),
    };
    let error = quipu_alert::Alerts::open(parts).unwrap_err().to_string();
    assert!(error.contains("99") && error.contains("version 1"), "{error}");
}

/// Cases of the suite `alerts`, or this many.
fn cases(default: u32) -> u32 {
    std::env::var("QUIPU_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(60)))]

    #[test]
    fn a_back_test_tells_what_the_live_engine_told(
        calls in prop::collection::vec((0..1_500_i64, 0..3_usize, any::<bool>()), 0..60),
        grouped in any::<bool>(), hold in 0..4_i64, keep in 0..4_i64, minutes in 1..5_i64,
        kind in 0..KINDS.len(), more in 0..MORE.len(), begin in prop_oneof![Just(0_i64), Just(56_400)],
    ) {
        let group = if grouped { "group_by = [\"user\"]\n" } else { "" };
        let (kind, more) = (KINDS[kind], MORE[more]);
        let text = format!(
            "{kind}\n{group}{more}window = \"{minutes}m\"\nfor = \"{hold}0s\"\nkeep_firing_for = \"{keep}0s\""
        );
        // Not every combination is a rule, such as a critical value on the other side.
        let config: RuleConfig = toml::from_str(&text).unwrap();
        prop_assume!(quipu_alert::Rule::new("r", config.clone()).is_ok());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = Arc::<World>::default();
            for (second, user, failed) in calls {
                world.call(begin + second, ["ada", "bob", "eve"][user], failed);
            }
            let alerts = alerts(&world, None, &format!("[alert.r]\n{text}"));
            // The second begin is 20 minutes before a new day, where a back-test reads its next part.
            *world.now.lock().unwrap() = begin;
            run_to(&world, &alerts, begin + 2_000).await;
            let mut live: Vec<_> = history(&alerts).await.into_iter()
                .map(|row| (row.started_at, row.group, row.ended_at, row.peak)).collect();
            let test = alerts.backtest("r", config, at(begin + 10), at(begin + 2_000)).await.unwrap();
            let mut told: Vec<_> = test.episodes.into_iter()
                .map(|row| (row.from.to_string(), row.group, row.to.map(|to| to.to_string()), row.peak)).collect();
            live.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
            told.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
            assert_eq!(told, live, "{text}");
        });
    }
}

/// Kinds of rules, and further keys, that a back-test replays.
const KINDS: [&str; 5] = [
    "kind = \"error_rate\"\nabove = 0.4",
    "kind = \"calls\"\nabove = 2.0",
    "kind = \"latency\"\nquantile = \"p50\"\nabove = 700.0",
    "kind = \"calls\"\nbelow = 2.0",
    "kind = \"calls\"\nbelow = 3.0\nmin_count = 2",
];
const MORE: [&str; 8] = [
    "",
    "no_data = \"alert\"\n",
    "no_data = \"alert\"\nno_data_for = \"40s\"\n",
    "no_data = \"keep\"\n",
    "recover = 0.2\n",
    "critical = 3.0\n",
    "consecutive = 3\n",
    "compared_with = \"2m\"\n",
];
