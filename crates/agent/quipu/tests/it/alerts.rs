//! Tests of alerts within the process: the same rule file as a server's, functions, and actions.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use quipu::alerts::{NoticeStatus, RuleConfig};
use quipu::{Builder, Quipu};

const FILE: &str = r#"
    # Tables of a server are ignored.
    http = "127.0.0.1:0"
    [budgets.daily]
    limit_usd = "5"
    [alerts]
    every = "1s"
    [alert.failing]
    kind = "error_rate"
    above = 0.5
    window = "1m"
    severity = "critical"
    group_by = ["model"]
    actions = [{ sampling = "keep_all", for = "10m" }]
    [alert.slow]
    preset = "slow_response"
"#;

fn library(folder: &std::path::Path) -> Builder {
    let builder = Quipu::builder().detached().without_env().without_file().system_metrics(false);
    builder.data_dir(folder).delay(Duration::from_millis(20))
}

fn until(what: &str, is_done: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_done() {
        assert!(begin.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_rule_of_the_file_calls_a_function_and_acts_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("quipu.toml");
    std::fs::write(&file, FILE).unwrap();
    // No trace is sampled, so only the action keeps one.
    let variables = [("OTEL_TRACES_SAMPLER", "always_off")];
    let builder = library(&folder.path().join("data")).variables(variables);
    let quipu = builder.init().unwrap();
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let told = Arc::clone(&heard);
    let running = quipu::alerts()
        .file(&file)
        .unwrap()
        .folder(folder.path())
        .on_notice(move |notice| {
            assert!(matches!(notice.status, NoticeStatus::Firing | NoticeStatus::Resolved));
            told.lock().unwrap().push(format!("{} {:?}", notice.rule, notice.group));
        })
        .start(&quipu)
        .unwrap();
    let call = || {
        let mut call = quipu.context().llm("openai", "gpt-5");
        call.error("overloaded", "try later");
        let is_sampled = call.context().is_sampled();
        call.end();
        is_sampled
    };
    assert_eq!(call(), Some(false));
    quipu.flush(Duration::from_secs(5)).unwrap();
    until("the function hears of the rule", || !heard.lock().unwrap().is_empty());
    assert_eq!(heard.lock().unwrap()[0], "failing {\"model\": \"gpt-5\"}");
    let recorder = quipu.recorder().unwrap();
    until("the action samples all traces", || recorder.keeps_all());
    assert_eq!(call(), Some(true), "the action overrides the sampler");
    let states = running.engine().list();
    assert!(states.iter().any(|row| row.rule == "failing" && row.state == "firing"), "{states:?}");
    drop(running);
    assert!(folder.path().join("alerts.db").exists());
}

#[test]
fn a_wrong_rule_or_a_library_without_a_store_is_rejected_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let quipu = library(folder.path()).init().unwrap();
    let rule = RuleConfig { kind: Some("calls".into()), ..RuleConfig::default() };
    let error = quipu::alerts().rule("many", rule).start(&quipu).unwrap_err().to_string();
    assert!(error.contains("[alert.many] above"), "{error}");
    let error = quipu::alerts().text("[alert.x]\nkinds = 1").unwrap_err().to_string();
    assert!(error.contains("kinds"), "{error}");
    let channel = "[channel.hook]\nkind = \"webhook\"\nurl = \"${QUIPU_NO_SUCH_VARIABLE}\"";
    let error = quipu::alerts().text(channel).unwrap_err().to_string();
    assert!(error.contains("channel.hook.url") && error.contains("QUIPU_NO_SUCH_VARIABLE"), "{error}");
    let off = library(folder.path()).enabled(false).init().unwrap();
    assert!(quipu::alerts().start(&off).unwrap_err().to_string().contains("no store"));
}
