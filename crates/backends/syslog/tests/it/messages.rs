//! Contents of the messages.

use std::sync::Arc;

use proptest::prelude::*;
use quipu_backend_syslog::{Config, Facility, Format, Syslog};
use quipu_conformance::sample::{at, batch, draft, event, priced, trace_id};
use quipu_core::{Backend, Batch, Level, Resource, Value};

use crate::receiver::{Message, Receiver};

pub async fn sent(config: Config, of: Batch) -> Vec<Message> {
    let receiver = Receiver::start().await;
    let url = format!("tcp://127.0.0.1:{}", receiver.port);
    let (count, backend) =
        (of.spans.len() + of.events.len(), Syslog::open(Config { url, ..config }).unwrap());
    backend.write(Arc::new(of)).await.unwrap();
    receiver.messages(count).await
}

fn note(level: Level, text: &str) -> Batch {
    Batch { events: vec![event(at(1), level, "agent.stop", text)], ..Batch::default() }
}

#[tokio::test]
async fn a_call_says_what_it_used_and_cost() {
    let mut span = draft(1, 2).below(1).named("chat gpt-5").session("s").agent("buyer").llm("gpt-5", 120, 22);
    span = span.lasts(1_500_000);
    let mut span = span.span();
    let resource =
        [("service.name", Value::from("shop")), ("host.name", "web-1".into()), ("process.pid", 7.into())];
    span.resource = Arc::new(Resource { attributes: resource.into_iter().collect(), ..Resource::default() });
    let row = priced(&span, "0.0042");
    let message = sent(Config::default(), batch([span], [row])).await.remove(0);
    assert_eq!((message.facility, message.severity, message.msgid.as_str()), (16, 6, "span"));
    assert_eq!(
        (message.host.as_str(), message.app.as_str(), message.process.as_str()),
        ("web-1", "shop", "7")
    );
    assert_eq!(message.time, "2026-03-02T10:00:02.001500Z");
    assert_eq!(message.sd_id, "quipu@32473");
    assert_eq!(message.text, "chat gpt-5 1.5 ms 120+22 tok $0.0042");
    for (name, want) in [
        ("trace_id", "00000000000000000000000000000001"),
        ("span_id", "0000000000000002"),
        ("parent_span_id", "0000000000000001"),
        ("kind", "llm"),
        ("duration_ms", "1.5"),
        ("model", "gpt-5"),
        ("input_tokens", "120"),
        ("output_tokens", "22"),
        ("cost_usd", "0.0042"),
        ("counted", "true"),
        ("agent", "buyer"),
        ("session_id", "s"),
    ] {
        assert_eq!(message.parameter(name), Some(want), "{name}");
    }
}

#[tokio::test]
async fn what_failed_is_an_error() {
    let span = draft(1, 1).tool("search").failed("upstream did not answer").span();
    let message =
        sent(Config { facility: Facility::Daemon, ..Config::default() }, batch([span], [])).await.remove(0);
    assert_eq!((message.facility, message.severity), (3, 3));
    assert_eq!(message.parameter("status"), Some("error"));
    assert!(
        message.text.contains("failed") && message.text.ends_with("upstream did not answer"),
        "{}",
        message.text
    );
}

#[tokio::test]
async fn levels_are_severities_and_names_are_ids() {
    let levels = [
        (Level::Trace, 7),
        (Level::Info, 6),
        (Level::Success, 5),
        (Level::Warning, 4),
        (Level::Error, 3),
        (Level::Critical, 2),
    ];
    for (level, severity) in levels {
        let mut of = note(level, "stopped");
        of.events[0].trace_id = Some(trace_id(1));
        let message = sent(Config::default(), of).await.remove(0);
        assert_eq!(
            (message.severity, message.msgid.as_str(), message.text.as_str()),
            (severity, "agent.stop", "stopped")
        );
        assert_eq!(message.parameter("trace_id"), Some("00000000000000000000000000000001"));
    }
    let mut of = note(Level::Info, "");
    of.events[0].body = Value::Map(vec![("k".into(), Value::Array(vec![1.into(), "a\"b".into()]))]);
    assert_eq!(sent(Config::default(), of).await[0].text, r#"{"k":[1,"a\"b"]}"#);
}

#[tokio::test]
async fn nothing_in_a_text_can_forge_a_message() {
    let forged = "x\n<0>1 - - - - - - root logged in\u{1b}[2J\u{202e}";
    let mut of = note(Level::Info, forged);
    of.events[0].name = "a b]\"".into();
    of.events[0].agent = Some("\"] [other@1 a=\"b".into());
    let message = sent(Config::default(), of).await.remove(0);
    assert_eq!(message.msgid, "a_b]\"");
    assert_eq!(message.parameter("agent"), Some("\"] [other@1 a=\"b"));
    assert_eq!(message.text, "x\\n<0>1 - - - - - - root logged in\\u{1b}[2J\\u{202e}");
}

#[tokio::test]
async fn what_is_too_long_is_cut_and_says_so() {
    for (most, text) in [(480, "ü".repeat(5_000)), (480, "x".repeat(50_000)), (2_048, "日本".repeat(9_000))]
    {
        let message =
            sent(Config { max_bytes: most, ..Config::default() }, note(Level::Info, &text)).await.remove(0);
        assert!(message.bytes <= most && message.bytes > most - 40, "{} of {most}", message.bytes);
        let cut: usize = message.parameter("cut").unwrap().parse().unwrap();
        assert_eq!(message.text.len() + cut, text.len());
        assert!(text.starts_with(&message.text));
    }
    let names = "n".repeat(300);
    let span = draft(1, 1)
        .below(2)
        .named(&names)
        .agent(&names)
        .session(&names)
        .user(&names)
        .llm(&names, 1, 2)
        .span();
    let message = sent(Config { max_bytes: 480, ..Config::default() }, batch([span], [])).await.remove(0);
    assert!(
        message.bytes <= 480
            && message.parameter("trace_id").is_some()
            && message.parameter("agent").is_none()
    );
}

#[tokio::test]
async fn json_holds_the_whole_record_in_ascii() {
    let mut of = note(Level::Info, "Grüße 👩‍👩‍👧‍👦");
    of.spans.push(draft(1, 1).llm("gpt-5", 1, 2).with("k", "ü").span());
    let config = Config { format: Format::Json, ..Config::default() };
    let found = sent(config, of.clone()).await;
    assert!(found.iter().all(|message| !message.bom));
    let mut back = Batch::default();
    for message in found {
        quipu_jsonl::read(message.text.as_bytes()).unwrap().put_into(&mut back);
    }
    assert_eq!(back, of);
}

#[test]
fn settings_are_checked() {
    let read: Config =
        toml::from_str("url = \"tls://logs\"\nfacility = \"audit\"\nformat = \"json\"").unwrap();
    assert_eq!((read.facility, read.format), (Facility::Audit, Format::Json));
    assert!(toml::from_str::<Config>("uri = \"x\"").is_err());
    for wrong in [Config::at("udp://x"), Config { sd_id: "x".into(), ..Config::default() }] {
        let error = Syslog::open(wrong).err().unwrap();
        assert_eq!((error.kind(), error.backend()), (quipu_core::ErrorKind::Invalid, Some("syslog")));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_text_anywhere_is_a_message(text in "\\PC{0,80}|[\\x00-\\xff\u{2028}\"\\\\\\]]{0,80}", most in 480_usize..700) {
        let mut of = note(Level::Info, &text);
        of.events[0].name = text.as_str().into();
        of.events[0].session = Some(text.as_str().into());
        of.spans.push(draft(1, 1).named(&text).service(&text).agent(&text).failed(&text).span());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for message in runtime.block_on(sent(Config { max_bytes: most, ..Config::default() }, of)) {
            prop_assert!(message.bytes <= most);
            prop_assert!(!message.text.chars().any(char::is_control));
        }
    }
}
