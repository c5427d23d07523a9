//! Tests of the explanation of each value.

use quipu_core::{Lens, LensLine, Span, Value};
use quipu_normalize::{Slots, canonical, explain, lens};

use crate::span;

fn view(span: &Span) -> Lens {
    lens(span, &canonical(&Slots::of(span), "genai"))
}

fn figures(scope: &str, figures: &[(&str, i64)]) -> Lens {
    let attributes: Vec<_> = figures.iter().map(|(key, figure)| (*key, Value::Int(*figure))).collect();
    view(&span(scope, &attributes))
}

fn line<'a>(lens: &'a Lens, field: &str) -> &'a LensLine {
    let found: Vec<_> = lens.lines.iter().filter(|line| line.field == field).collect();
    assert_eq!(found.len(), 1, "{field} in {lens:#?}");
    found[0]
}

/// Value, key, rule.
fn told<'a>(lens: &'a Lens, field: &str) -> (&'a str, Option<&'a str>, Option<&'a str>) {
    let line = line(lens, field);
    (&line.value, line.key.as_deref(), line.rule.as_deref())
}

#[test]
fn a_copy_names_its_key_and_those_passed_over() {
    let lens = view(&span(
        "",
        &[
            ("gen_ai.operation.name", "chat".into()),
            ("gen_ai.request.model", "m".into()),
            ("llm.request.model", "other".into()),
            ("model", "".into()),
            ("gen_ai.provider.name", "openai".into()),
            ("gen_ai.usage.prompt_tokens", 9.into()),
            ("gen_ai.usage.input_tokens", 10.into()),
        ],
    ));
    assert_eq!(told(&lens, "request_model"), ("m", Some("gen_ai.request.model"), None));
    assert_eq!(line(&lens, "request_model").passed_over, ["llm.request.model"], "empty values are no choice");
    assert_eq!(told(&lens, "provider"), ("openai", Some("gen_ai.provider.name"), None));
    assert_eq!(told(&lens, "input"), ("10", Some("gen_ai.usage.input_tokens"), None));
    assert_eq!(line(&lens, "input").passed_over, ["gen_ai.usage.prompt_tokens"]);
    let (kind, key, rule) = told(&lens, "kind");
    assert_eq!((kind, key), ("llm", Some("gen_ai.operation.name")));
    assert!(rule.unwrap().contains("\"chat\""));
    assert_eq!(told(&lens, "signal"), ("span", None, Some("a span as it was sent")));
    assert!(lens.unread.is_empty(), "{:?}", lens.unread);
}

#[test]
fn the_arithmetic_of_tokens_is_told() {
    let exclusive = [
        ("input_tokens", 120),
        ("cache_read_tokens", 900),
        ("cache_creation_5m_tokens", 20),
        ("cache_creation_1h_tokens", 10),
        ("output_tokens", 5),
    ];
    let lens = figures("com.anthropic.claude_code", &exclusive);
    let (value, key, rule) = told(&lens, "input");
    assert_eq!((value, key), ("1050", Some("input_tokens")));
    assert!(rule.unwrap().starts_with("1050 = 120 sent + 900 cache read + 30 cache write"), "{rule:?}");
    assert_eq!(told(&lens, "cache_write"), ("30", None, Some("30 = 20 for 5 minutes + 10 for 1 hour")));
    assert_eq!(told(&lens, "reading").0, "proven_exclusive");

    let lens = figures("com.anthropic.claude_code", &[("input_tokens", 120), ("cache_read_tokens", 90)]);
    assert!(told(&lens, "input").2.unwrap().starts_with("210 = 120 sent + 90 cache read"));
    let (reading, _, why) = told(&lens, "reading");
    assert_eq!(reading, "exclusive");
    assert!(why.unwrap().contains("`input_tokens`"), "{why:?}");

    let inclusive = [("gen_ai.usage.input_tokens", 100), ("gen_ai.usage.cache_read.input_tokens", 60)];
    let lens = figures("", &inclusive);
    assert!(told(&lens, "input").2.unwrap().starts_with("100 = 40 uncached + 60 cache read"));
    assert_eq!(told(&lens, "reading").0, "inferred");
}

#[test]
fn proofs_are_told() {
    let beyond = [("gen_ai.usage.input_tokens", 10), ("gen_ai.usage.cache_read.input_tokens", 64)];
    let lens = figures("agent_framework", &beyond);
    let (reading, _, why) = told(&lens, "reading");
    assert_eq!(reading, "proven_exclusive");
    assert!(why.unwrap().contains("64 cached tokens are more than the 10"), "{why:?}");
    assert!(told(&lens, "input").2.unwrap().starts_with("74 = 10 sent + 64 cache read"));

    let by_total = [
        ("gen_ai.usage.input_tokens", 100),
        ("gen_ai.usage.cache_read.input_tokens", 60),
        ("gen_ai.usage.output_tokens", 5),
        ("gen_ai.usage.total_tokens", 165),
    ];
    let lens = figures("agent_framework", &by_total);
    let (_, key, why) = told(&lens, "reading");
    assert_eq!(key, Some("gen_ai.usage.total_tokens"));
    assert!(why.unwrap().contains("165 only adds up"), "{why:?}");

    let on_top = [
        ("gen_ai.usage.input_tokens", 10),
        ("gen_ai.usage.output_tokens", 20),
        ("gen_ai.usage.reasoning.output_tokens", 30),
    ];
    let lens = figures("", &on_top);
    let (output, key, rule) = told(&lens, "output");
    assert_eq!((output, key), ("50", Some("gen_ai.usage.output_tokens")));
    assert!(rule.unwrap().starts_with("50 = 20 sent + 30 reasoning on top"), "{rule:?}");
}

#[test]
fn objects_parts_and_spellings_name_their_rules() {
    let lens = view(&span(
        "",
        &[
            ("gen_ai.system", "xAI".into()),
            ("llm.model_name", "grok-2".into()),
            ("gen_ai.usage.raw", r#"{"input_tokens_details": {"cached_tokens": 7}}"#.into()),
            ("gen_ai.usage.input_tokens", 10.into()),
            ("gen_ai.cost.input_cost", 0.25.into()),
            ("gen_ai.cost.output_cost", 0.5.into()),
            ("metadata", r#"{"session_id": "s-1"}"#.into()),
            ("llm.invocation_parameters", r#"{"temperature": 0.5, "max_completion_tokens": 9}"#.into()),
            ("gen_ai.response.finish_reasons", "end_turn".into()),
        ],
    ));
    let (provider, _, rule) = told(&lens, "provider");
    assert_eq!(provider, "x_ai");
    assert!(rule.unwrap().contains("\"xAI\""));
    assert!(told(&lens, "response_model").2.unwrap().starts_with("the only model name"));
    assert_eq!(
        told(&lens, "cache_read"),
        ("7", Some("gen_ai.usage.raw"), Some("`input_tokens_details.cached_tokens` in the object"))
    );
    let (cost, key, rule) = told(&lens, "reported_cost");
    assert_eq!((cost, key), ("0.75 USD", None));
    assert_eq!(rule, Some("0.75 = 0.25 (gen_ai.cost.input_cost) + 0.5 (gen_ai.cost.output_cost)"));
    assert_eq!(told(&lens, "session"), ("s-1", Some("metadata"), Some("`session_id` in the metadata")));
    let max_tokens = told(&lens, "max_tokens");
    assert_eq!((max_tokens.0, max_tokens.1), ("9", Some("llm.invocation_parameters")));
    assert!(max_tokens.2.unwrap().starts_with("`max_completion_tokens`"));
    assert!(told(&lens, "finish_reasons").2.unwrap().contains("\"end_turn\""));
}

#[test]
fn what_no_slot_explains_is_the_adapters() {
    let span = span("", &[("gen_ai.operation.name", "chat".into()), ("gen_ai.usage.input_tokens", 1.into())]);
    let mut read = canonical(&Slots::of(&span), "genai");
    read.agent = Some("boss".into());
    read.kind = quipu_core::Kind::Task;
    read.response_id = Some("r-1".into());
    read.usage.as_mut().unwrap().input = Some(77);
    let mut lens = lens(&span, &read);
    for (field, value) in [("agent", "boss"), ("kind", "task"), ("response_id", "r-1"), ("input", "77")] {
        let told = told(&lens, field);
        assert_eq!((told.0, told.1), (value, None), "{field}");
        assert!(told.2.unwrap().starts_with("by the adapter"), "{field}: {told:?}");
    }
    explain(&mut lens, "response_id", "output.value", "in the output");
    assert_eq!(told(&lens, "response_id"), ("r-1", Some("output.value"), Some("in the output")));
}

#[test]
fn contents_are_only_measured() {
    let secret = "my password is tulip";
    let mut attributes: Vec<(&str, Value)> = vec![
        ("gen_ai.operation.name", "chat".into()),
        ("gen_ai.request.stop_sequences", Value::Array(vec![secret.into()])),
    ];
    for key in [
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.system_instructions",
        "gen_ai.tool.definitions",
        "llm.input_messages.0.message.content",
        "gen_ai.prompt.0.content",
        "input.value",
        "output.value",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result",
        "gen_ai.something.new",
    ] {
        attributes.push((key, secret.into()));
    }
    for operation in ["chat", "execute_tool"] {
        attributes[0].1 = operation.into();
        let lens = view(&span("", &attributes));
        assert!(!format!("{lens:?}").contains("tulip"), "{lens:#?}");
        assert_eq!(lens.unread, ["gen_ai.something.new"]);
        let field = if operation == "chat" { "input_messages" } else { "tool_result" };
        assert_eq!(told(&lens, field).0, format!("{} bytes", secret.len()));
    }
}

#[test]
fn unknown_usage_is_named_up_to_a_bound_and_known_usage_is_not() {
    let mut attributes: Vec<(String, Value)> =
        (0..20).map(|i| (format!("gen_ai.usage.new_{i:02}_tokens"), Value::Int(1))).collect();
    attributes.extend([
        ("llm.token_count.prompt".to_owned(), Value::Int(1)),
        ("gen_ai.usage.a_text".to_owned(), "x".into()),
        ("gen_ai.aggregated_usage.new_tokens".to_owned(), Value::Int(1)),
        (
            "ai.usage.a_very_long_key_that_no_table_could_hold_because_it_is_so_very_long_indeed".to_owned(),
            Value::Int(1),
        ),
    ]);
    let pairs: Vec<_> = attributes.iter().rev().map(|(key, value)| (key.as_str(), value.clone())).collect();
    let span = span("", &pairs);
    let read = canonical(&Slots::of(&span), "genai");
    assert_eq!(read.unknown_usage.len(), 16);
    assert!(read.unknown_usage[0].starts_with("ai.usage.a_very_long_key"), "{:?}", read.unknown_usage);
    assert!(read.unknown_usage[1..].iter().all(|key| key.starts_with("gen_ai.usage.new_")));
    let unread = lens(&span, &read).unread;
    assert_eq!(unread.len(), 22, "{unread:?}");
}

#[test]
fn project_source_code_and_units_name_their_keys() {
    let mut made = span(
        "",
        &[
            ("vcs.ref.head.name", "main".into()),
            ("process.working_directory", "/src/kite".into()),
            ("gen_ai.usage.input_tokens", 9.into()),
            ("web_search_requests", 2.into()),
            ("quipu.units.audio_seconds", 30.into()),
        ],
    );
    let attributes = [("vcs.ref.head.revision", "9d59409a"), ("quipu.billing", "subscription")];
    let attributes = attributes.into_iter().collect();
    made.resource = std::sync::Arc::new(quipu_core::Resource { attributes, ..Default::default() });
    let lens = view(&made);
    assert_eq!(told(&lens, "branch"), ("main", Some("vcs.ref.head.name"), None));
    assert_eq!(told(&lens, "commit"), ("9d59409a", Some("vcs.ref.head.revision"), Some("on the resource")));
    assert_eq!(told(&lens, "billing"), ("subscription", Some("quipu.billing"), Some("on the resource")));
    let folder = ("kite", Some("process.working_directory"), Some("the name of the agent's working folder"));
    assert_eq!(told(&lens, "project"), folder);
    assert_eq!(told(&lens, "units.web_searches"), ("2", Some("web_search_requests"), None));
    assert_eq!(
        told(&lens, "units.audio_seconds"),
        ("30", Some("quipu.units.audio_seconds"), Some("a unit other than tokens"))
    );
}

#[test]
fn figures_of_the_answer_name_its_attribute() {
    let answer = r#"{"usage": {"inputTokens": 40, "outputTokens": 20, "totalTokens": 156, "cacheReadInputTokens": 96}}"#;
    let attributes = [
        ("openinference.span.kind", Value::from("LLM")),
        ("llm.token_count.prompt", 40.into()),
        ("llm.token_count.completion", 20.into()),
        ("output.value", answer.into()),
    ];
    let rule = Some("the usage object of the provider's answer");
    let lens = view(&span("acme", &attributes));
    assert_eq!(told(&lens, "input"), ("136", Some("output.value"), rule));
    assert_eq!(told(&lens, "cache_read"), ("96", Some("output.value"), rule));
    assert_eq!(told(&lens, "reading"), ("proven_exclusive", Some("output.value"), rule));
    let bare = view(&span("acme", &[attributes[0].clone(), attributes[3].clone()]));
    assert_eq!(told(&bare, "input"), ("136", Some("output.value"), rule));
    let cached = view(&span("acme", &[attributes[0].clone(), ("acme.cache_hit", Value::Bool(true))]));
    let (_, key, rule) = told(&cached, "never_count");
    assert_eq!(
        (key, rule),
        (Some("acme.cache_hit"), Some("a cache gave the answer, so no model was called"))
    );
}
