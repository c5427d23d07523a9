//! Tables of a configuration on spans of invented sources.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking; its modules have no readers"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use quipu_conformance::{Recording, run_adapter, sample::draft};
use quipu_core::{Adapter, Attributes, Kind, Reading, Scope, Span, Value};
use quipu_mapping::{MapConfig, Mapped};

const SHOP: &str = r#"
    [calls]
    scope = "shop.*"
    name = "ask *"
    kind = "llm"
    framework = "shop"

    [calls.fields]
    model = "shop.engine"
    input = "shop.sent"
    output = "shop.got"
    cache_read = "shop.again"
    session = "shop.basket"
    prompt = "shop.question"

    [tools]
    scope = "shop.*"
    name = "run *"
    kind = "tool"
    fields = { tool = "shop.job#/name", result = "shop.job#/out" }
"#;

fn mapped(text: &str) -> Mapped {
    Mapped::new(toml::from_str::<BTreeMap<String, MapConfig>>(text).unwrap()).unwrap()
}

fn span(scope: &str, name: &str, attributes: &[(&str, Value)]) -> Span {
    let mut span = draft(1, 1).span();
    span.name = name.into();
    span.scope = Arc::new(Scope { name: scope.into(), ..Scope::default() });
    span.attributes = attributes.iter().cloned().collect::<Attributes>();
    span
}

fn call() -> Span {
    let attributes = [
        ("shop.engine", "gpt-4o".into()),
        ("shop.sent", 100.into()),
        ("shop.got", "20".into()),
        ("shop.again", 60.into()),
        ("shop.basket", "b7".into()),
        ("shop.question", "how much?".into()),
    ];
    span("shop.llm", "ask gpt", &attributes)
}

#[test]
fn obeys_every_law() {
    let tool = span("shop.llm", "run job", &[("shop.job", r#"{"name": "t", "out": 3}"#.into())]);
    let report =
        run_adapter(&mapped(SHOP), &[Recording { name: "shop".to_owned(), spans: vec![call(), tool] }]);
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn a_call_is_read_by_its_table() {
    let mapped = mapped(SHOP);
    let read = mapped.canonical(&call());
    let usage = read.usage.clone().unwrap();
    assert_eq!((read.kind, read.framework.as_deref()), (Kind::Llm, Some("shop")));
    assert_eq!((usage.input, usage.output, usage.cache_read), (Some(100), Some(20), Some(60)));
    assert_eq!((read.provider.as_deref(), read.session.as_deref()), (Some("openai"), Some("b7")));
    assert_eq!(mapped.messages(&call()).input.len(), 1);
    let lens = mapped.lens(&call(), &read);
    let input = lens.lines.iter().find(|line| line.field == "input").unwrap();
    assert_eq!(input.key.as_deref(), Some("shop.sent"));
    assert!(input.rule.as_deref().unwrap().contains("[map.calls]"));
}

#[test]
fn scope_and_name_must_fit() {
    let mapped = mapped(SHOP);
    let named = |scope, name| span(scope, name, &[("shop.sent", 1.into())]);
    assert!(mapped.claims(&named("shop.llm", "ask x")));
    for (scope, name) in [("shop.llm", "other"), ("bishop.llm", "ask x"), ("", "ask x")] {
        assert!(!mapped.claims(&named(scope, name)), "{scope} {name}");
    }
}

#[test]
fn pointers_lead_into_json_and_maps() {
    let mapped = mapped(SHOP);
    let job = Value::Map(vec![("name".into(), "clean".into()), ("out".into(), 3.into())]);
    for job in [r#"{"name": "clean", "out": 3}"#.into(), job] {
        let span = span("shop.jobs", "run it", &[("shop.job", job)]);
        assert_eq!(mapped.canonical(&span).tool.as_deref(), Some("clean"));
        assert_eq!(mapped.messages(&span).tool_result, Some(3.into()));
    }
    let whole = self::mapped(
        "[a]\nscope = \"s\"\nkind = \"llm\"\nfields = { usage = \"answer#/usage\", model = \"answer#/model\" }",
    );
    let answer = r#"{"model": "claude-haiku-4-5", "usage": {"input_tokens": 40, "cache_read_input_tokens": 60, "output_tokens": 20}}"#;
    let read = whole.canonical(&span("s", "x", &[("answer", answer.into())]));
    assert_eq!((read.usage.unwrap().input, read.provider.as_deref()), (Some(100), Some("anthropic")));
}

#[test]
fn cached_tokens_can_be_left_out_of_the_input() {
    let text = SHOP.replace("framework = \"shop\"", "input_excludes_cache = true");
    let usage = mapped(&text).canonical(&call()).usage.unwrap();
    assert_eq!((usage.input, usage.cache_read, usage.reading), (Some(160), Some(60), Reading::Exclusive));
}

#[test]
fn parts_that_do_not_fit_are_left_out_with_a_note() {
    let attributes = [("shop.sent", 10.into()), ("shop.got", 2.into()), ("shop.again", 60.into())];
    let read = mapped(SHOP).canonical(&span("shop.llm", "ask gpt", &attributes));
    assert_eq!(read.usage.unwrap().cache_read, None);
    assert!(read.notes.iter().any(|note| note.contains("input_excludes_cache")), "{:?}", read.notes);
}

#[test]
fn wrong_tables_are_refused_with_their_place() {
    for (text, told) in [
        ("[a]\nkind = \"llm\"", "[map.a]: `scope` expects"),
        ("[a]\nscope = \"*\"", "[map.a]: `scope` expects"),
        ("[a]\nscope = \"s\"\nkind = \"llm\"", "[map.a]: a map of kind \"llm\" expects `usage`"),
        (
            "[a]\nscope = \"s\"\nfields = { tokens = \"t\" }",
            "`fields.tokens` is not a field, expected one of model",
        ),
        ("[a]\nscope = \"s\"\nfields = { model = \"m#x\" }", "`fields.model` expects a JSON pointer"),
        (
            "[a]\nscope = \"s\"\nkind = \"llm\"\nfields = { usage = \"u\", input = \"i\" }",
            "either `usage` or single figures",
        ),
    ] {
        let configs = toml::from_str::<BTreeMap<String, MapConfig>>(text).unwrap();
        let error = Mapped::new(configs).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    for text in ["[a]\nscope = \"s\"\nkind = \"call\"", "[a]\nscope = \"s\"\nscopes = \"s\""] {
        assert!(toml::from_str::<BTreeMap<String, MapConfig>>(text).is_err(), "{text}");
    }
}
