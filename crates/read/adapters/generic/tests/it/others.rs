//! Tests of spans that are no call, and of possible calls that must not count.

use quipu_adapter_generic::Generic;
use quipu_core::{Adapter, Kind, Value};
use quipu_unread::is_unread;

use crate::{read, span};

#[test]
fn ordinary_spans_are_not_claimed() {
    for attributes in [
        &[("http.request.method", Value::from("GET")), ("url.full", "https://api.openai.com/v1".into())][..],
        &[("db.query.text", "SELECT token FROM t".into()), ("db.rows", 3.into())],
        &[("auth.token_id", "abc".into()), ("auth.token.expires", 60.into())],
        &[("rate.limit.tokens", 1000.into()), ("rate.tokens.remaining", 7.into())],
        &[("parser.tokens", 900.into())],
        &[("span.type", "workflow".into()), ("acme.model", "gpt-4o".into())],
        &[("request.type", "llm".into()), ("acme.model", "gpt-4o".into())],
        &[("span.type", "inference".into())],
        &[
            ("span.type", "inference".into()),
            ("first.model", "gpt-4o".into()),
            ("second.model", "gpt-5".into()),
        ],
        &[("car.model", "c-class".into()), ("car.doors", 5.into())],
        &[("config", r#"{"model": "gpt-4o", "max_tokens": 100, "temperature": 0}"#.into())],
    ] {
        assert!(!Generic.claims(&span(attributes)), "{attributes:?}");
    }
}

#[test]
fn doubtful_spans_do_not_count_and_say_why() {
    let usage = |input: i64| format!(r#"{{"usage": {{"input_tokens": {input}, "output_tokens": 5}}}}"#);
    let model = || ("acme.model", Value::from("gpt-4o"));
    for (why, attributes) in [
        ("differ", vec![("acme.first", Value::from(usage(3))), ("acme.second", usage(4).into())]),
        ("several answers", vec![("acme.all", format!("[{}, {}]", usage(3), usage(3)).into())]),
        ("contradict", vec![model(), ("t.tokens.in", 3.into()), ("t.tokens.out", 4.into()), ("t.tokens.total", 8.into())]),
        ("no model", vec![("acme.tokens.in", 3.into()), ("acme.tokens.out", 4.into())]),
        ("several models", vec![
            model(),
            ("acme.fallback.model", "gpt-5".into()),
            ("acme.tokens.in", 3.into()),
            ("acme.tokens.out", 4.into()),
        ]),
        ("lacks", vec![model(), ("acme.tokens.out", 4.into())]),
        ("sums", vec![model(), ("acme.session.input_tokens", 3.into()), ("acme.session.output_tokens", 4.into())]),
        ("earlier call", vec![model(), ("acme.request.body", r#"{"messages": [{"usage": {"input_tokens": 3, "output_tokens": 4}}]}"#.into())]),
        ("zero", vec![model(), ("acme.tokens.in", 0.into()), ("acme.tokens.out", 0.into())]),
        ("pieces", vec![model(), ("acme.events", r#"[{"message": {"usage": {"input_tokens": 3, "output_tokens": 1}}}, {"usage": {"output_tokens": 9}}]"#.into())]),
        ("messages", vec![model(), ("acme.prompt", r#"[{"role": "user", "content": "x"}]"#.into())]),
    ] {
        let read = read(&attributes);
        assert_eq!((read.kind, &read.usage), (Kind::Other, &None), "{attributes:?}");
        let told = is_unread(&read).unwrap_or_default();
        assert!(told.contains(why), "{told:?} for {attributes:?}");
    }
}

#[test]
fn work_is_bounded() {
    let deep = "[".repeat(60) + &"]".repeat(60);
    let wide = format!("{{\"tokens\": [{}1]}}", "1,".repeat(100_000));
    let large = format!(
        "{{\"text\": \"{}\", \"usage\": {{\"input_tokens\": 3, \"output_tokens\": 4}}}}",
        "x".repeat(1 << 20)
    );
    for text in [deep, wide, large] {
        let span = span(&[("acme.model", "gpt-4o".into()), ("acme.tokens", text.into())]);
        assert_eq!(Generic.canonical(&span).usage, None);
    }
}
