//! Tests of actions, of templates of channels, and of functions that get notices.

use std::path::Path;
use std::sync::{Arc, Mutex};

use quipu_alert::{Actions, Alerts, Callback, Extras, HistoryAsk};
use quipu_backend_memory::Memory;
use quipu_budget::{Budget, Budgets, Estimate, Subject};
use quipu_core::{Timestamp, Usd};

use crate::receiver::Receiver;
use crate::world::{World, alerts, at, opened, run_to};

const RULE: &str = r#"
    [alert.errors]
    kind = "error_rate"
    window = "1m"
    above = 0.5
    no_data = "ok"
"#;

fn open(world: &Arc<World>, folder: Option<&Path>, text: &str, extras: Extras) -> Alerts {
    opened(world, Arc::clone(world) as _, folder, text, extras).unwrap()
}

fn fails(world: &World) {
    (0..20).for_each(|second| world.call(second, "ada", true));
}

async fn actions(alerts: &Alerts) -> Vec<(String, String, String)> {
    let history = alerts.history(HistoryAsk { limit: 9, ..HistoryAsk::default() }).await.unwrap();
    let own = history.iter().find(|episode| episode.rule == "errors").unwrap();
    let rows = own.notices.iter().filter(|notice| notice.channel.starts_with("action: "));
    rows.map(|row| (row.channel.clone(), row.reason.clone(), row.status.clone())).collect()
}

fn row(action: &str, reason: &str, status: &str) -> (String, String, String) {
    (format!("action: {action}"), reason.to_owned(), status.to_owned())
}

fn with_budget() -> (Budgets, Extras) {
    let daily = Budget::usd(Usd::cents(1_000));
    let budgets = Budgets::new([("daily".to_owned(), daily)].into());
    let parts = Some((budgets.clone(), Arc::new(Memory::new()) as _));
    (budgets, Extras { actions: Actions { budgets: parts, keep_all: None }, ..Extras::default() })
}

fn admits(budgets: &Budgets, cents: i64) -> bool {
    budgets
        .admit(&Subject::default(), Estimate::from(Usd::cents(cents)))
        .map(|admitted| admitted.release())
        .is_ok()
}

#[tokio::test]
async fn a_budget_is_tightened_while_the_episode_is_open() {
    let (world, (budgets, extras)) = (Arc::<World>::default(), with_budget());
    let text = format!("{RULE}actions = [{{ budget = \"tighten\", name = \"daily\", to = 0.1 }}]");
    let alerts = open(&world, None, &text, extras);
    fails(&world);
    assert!(admits(&budgets, 900));
    run_to(&world, &alerts, 10).await;
    assert!(!admits(&budgets, 101) && admits(&budgets, 99), "a tenth of ten dollars is left");
    run_to(&world, &alerts, 200).await;
    assert!(admits(&budgets, 900));
    let name = "tighten budget daily to 0.1";
    assert_eq!(actions(&alerts).await, [row(name, "firing", "sent"), row(name, "resolved", "sent")]);
}

#[tokio::test]
async fn a_blocked_budget_is_free_again_when_its_rule_is_removed() {
    let (world, (budgets, extras)) = (Arc::<World>::default(), with_budget());
    let alerts = open(&world, None, "", extras);
    let rule =
        format!("{}actions = [{{ budget = \"block\", name = \"daily\" }}]", RULE.split_once(']').unwrap().1);
    alerts.put_rule("errors", toml::from_str(&rule).unwrap(), "ada").await.unwrap();
    fails(&world);
    run_to(&world, &alerts, 10).await;
    assert!(!admits(&budgets, 1));
    alerts.remove_rule("errors").await.unwrap();
    run_to(&world, &alerts, 20).await;
    assert!(admits(&budgets, 900));
}

#[tokio::test]
async fn an_action_that_fails_is_dead_and_an_alert() {
    let (world, (_, extras)) = (Arc::<World>::default(), with_budget());
    let text = format!("{RULE}actions = [{{ budget = \"block\", name = \"weekly\" }}]");
    let alerts = open(&world, None, &text, extras);
    fails(&world);
    run_to(&world, &alerts, 20).await;
    assert_eq!(actions(&alerts).await, [row("block budget weekly", "firing", "dead")]);
    let failing = alerts.list().into_iter().find(|row| row.rule == "channel-failing").unwrap();
    assert!(failing.error.unwrap().contains("there is no budget \"weekly\""));
}

#[tokio::test]
async fn sampling_keeps_everything_for_its_time() {
    let world = Arc::<World>::default();
    let until = Arc::<Mutex<Option<Timestamp>>>::default();
    let told = Arc::clone(&until);
    let keep_all = Some(Arc::new(move |at| *told.lock().unwrap() = Some(at)) as _);
    let extras = Extras { actions: Actions { budgets: None, keep_all }, ..Extras::default() };
    let text = format!("{RULE}actions = [{{ sampling = \"keep_all\", for = \"30m\" }}]");
    let alerts = open(&world, None, &text, extras);
    fails(&world);
    run_to(&world, &alerts, 10).await;
    assert_eq!(*until.lock().unwrap(), Some(at(10 + 1_800)));
}

#[tokio::test]
async fn a_command_needs_the_allow_list_and_gets_the_notice_without_a_shell() {
    let (world, folder) = (Arc::<World>::default(), tempfile::tempdir().unwrap());
    let file = folder.path().join("told");
    let script = folder.path().join("act");
    std::fs::write(
        &script,
        "#!/bin/sh\nfor word in \"$@\"; do echo \"$word\"; done > \"$1\"\nenv >> \"$1\"\ncat >> \"$1\"\n",
    )
    .unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let (program, told) = (script.to_str().unwrap(), file.to_str().unwrap());
    let text = format!("{RULE}actions = [{{ command = [{program:?}, {told:?}, \"$(id); rm -rf x\"] }}]");
    let error =
        opened(&world, Arc::clone(&world) as _, None, &text, Extras::default()).unwrap_err().to_string();
    assert!(error.contains("[alerts] commands"), "off by default: {error}");
    let text = format!("{text}\n[alerts]\ncommands = [{program:?}]");
    let alerts = open(&world, None, &text, Extras::default());
    fails(&world);
    run_to(&world, &alerts, 10).await;
    assert_eq!(actions(&alerts).await, [row(&format!("run {program}"), "firing", "sent")]);
    let said = std::fs::read_to_string(&file).unwrap();
    assert!(said.contains("$(id); rm -rf x\n"), "{said}");
    assert!(said.contains("QUIPU_RULE=errors") && said.contains("\"status\":\"firing\""), "{said}");
    assert!(!said.contains("CARGO"), "the environment of the server is not passed on: {said}");
}

#[tokio::test]
async fn an_action_of_another_form_is_rejected() {
    let world = Arc::<World>::default();
    for (action, part) in [
        ("{ budget = \"halve\", name = \"daily\" }", "tighten or block"),
        ("{ budget = \"tighten\", name = \"daily\", to = 1.5 }", "1.5"),
        ("{ budget = \"block\" }", "name of a budget"),
        ("{ budget = \"block\", name = \"daily\" }", "no budgets"),
        ("{ sampling = \"keep_all\" }", "agents sample"),
        ("{ sampling = \"keep_all\", for = \"2d\" }", "1d"),
        ("{ command = [] }", "32"),
        ("{ }", "one of budget"),
    ] {
        let text = format!("{RULE}actions = [{action}]");
        let error = opened(&world, Arc::clone(&world) as _, None, &text, Extras::default()).unwrap_err();
        assert!(error.to_string().contains(part), "{action}: {error}");
    }
    let text = "[alerts]\ncommands = [\"page\"]";
    let error = opened(&world, Arc::clone(&world) as _, None, text, Extras::default()).unwrap_err();
    assert!(error.to_string().contains("absolute"), "{error}");
}

#[tokio::test]
async fn a_function_gets_every_notice() {
    let world = Arc::<World>::default();
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let told = Arc::clone(&heard);
    let call = Callback::new(move |notice| told.lock().unwrap().push(notice.title()));
    let extras = Extras { callbacks: [("callback".to_owned(), call)].into(), ..Extras::default() };
    let alerts = open(&world, None, &format!("{RULE}[alerts]\ngroup_interval = \"0s\""), extras);
    fails(&world);
    run_to(&world, &alerts, 200).await;
    let heard = heard.lock().unwrap();
    assert!(
        heard[0].starts_with("[FIRING] errors: 1,") && heard[1].starts_with("[RESOLVED] errors"),
        "{heard:?}"
    );
    assert_eq!(heard.len(), 2);
}

#[tokio::test]
async fn templates_write_titles_texts_and_bodies() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let text = format!(
        "{RULE}channels = [\"chat\", \"hook\"]\n[channel.chat]\nkind = \"slack\"\nurl = \"{0}/chat\"\n\
         title = \"{{{{ rule|upper }}}} is {{{{ status }}}}\"\ntext = \"value {{{{ value }}}}\\nsee {{{{ look }}}}\"\n\
         [channel.hook]\nkind = \"webhook\"\nurl = \"{0}/hook\"\nbody = '{{\"msg\": {{{{ rule }}}}, \"value\": {{{{ value }}}}}}'",
        receiver.url
    );
    let alerts = alerts(&world, None, &text);
    fails(&world);
    run_to(&world, &alerts, 10).await;
    for (path, _, body) in receiver.requests() {
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        if path == "/hook" {
            assert_eq!(body, serde_json::json!({"msg": "errors", "value": 1.0}));
        } else {
            assert_eq!(body["blocks"][0]["text"]["text"], "ERRORS is firing");
            let section = body["blocks"][1]["text"]["text"].as_str().unwrap();
            assert!(section.contains("value 1.0\nsee quipu traces --since"), "{section}");
        }
    }
    assert_eq!(receiver.requests().len(), 2);
    let wrong = text.replace("rule|upper", "password");
    let error =
        opened(&world, Arc::clone(&world) as _, None, &wrong, Extras::default()).unwrap_err().to_string();
    assert!(error.contains("[channel.chat] title") && error.contains("password"), "{error}");
}
