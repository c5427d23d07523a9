//! Exported spans: attributes that are added and removed.

use std::borrow::Cow;

use quipu_core::{
    Attributes, Batch, Billing, Cost, Kind, Rule, Signal, Span, SpanId, Timestamp, TraceId, Usage, Usd, Value,
};
use quipu_otlp::outgoing::{Mapping, map};
use serde_json::json;

use super::NOW;

fn span(id: u8, kind: Kind, attributes: &[(&str, Value)]) -> Span {
    let trace_id = TraceId::from_bytes([1; 16]).unwrap();
    let mut span = Span::new(trace_id, SpanId::from_bytes([id; 8]).unwrap(), "as sent", NOW, NOW.plus(1));
    span.attributes = attributes.iter().cloned().collect();
    span.canonical.kind = kind;
    span
}

fn row(span: &Span, rule: Rule, usage: Option<Usage>, amount: Option<&str>) -> Cost {
    Cost {
        trace_id: span.trace_id,
        span_id: span.span_id,
        version: 1,
        time: span.start,
        duration: span.duration(),
        kind: span.canonical.kind,
        signal: Signal::Span,
        rule,
        failed: false,
        service: None,
        framework: None,
        convention: "genai".into(),
        agent: None,
        tool: None,
        provider: None,
        request_model: None,
        response_model: None,
        service_tier: None,
        billing: Billing::Metered,
        usage,
        amount: amount.map(|text| text.parse::<Usd>().unwrap()),
        unpriced: None,
        price: None,
        reported: None,
        inferred: Vec::new(),
        estimate: None,
        scopes: Vec::new(),
    }
}

fn pairs(attributes: &Attributes) -> Vec<(&str, Value)> {
    attributes.iter().map(|(key, value)| (key.as_str(), value.clone())).collect()
}

fn call(id: u8) -> Span {
    let mut span = span(
        id,
        Kind::Llm,
        &[
            ("gen_ai.system", "openai".into()),
            ("gen_ai.usage.prompt_tokens", 8.into()),
            ("gen_ai.usage.output_tokens", 7.into()),
            ("gen_ai.usage.cost", 0.5.into()),
            ("mine", true.into()),
        ],
    );
    let read = span.canonical.as_mut();
    read.provider = Some("openai".into());
    read.request_model = Some("gpt-4o".into());
    read.usage = Some(Usage::of(10, 7).cache_read(2));
    span
}

#[test]
fn a_call_that_counts_shows_its_row_and_no_other_figures() {
    let counted = call(1);
    let best = Usage::of(10, 9).cache_read(2).reasoning(3);
    let costs = vec![row(&counted, Rule::Merged, Some(best), Some("0.0000025"))];
    let batch = Batch { spans: vec![counted], costs, ..Batch::default() };
    let spans = map(&batch, Mapping::GenAi);
    assert_eq!(
        pairs(&spans[0].attributes),
        [
            ("gen_ai.system", "openai".into()),
            ("mine", true.into()),
            ("quipu.cost_usd", 0.000_002_5.into()),
            ("gen_ai.operation.name", "chat".into()),
            ("gen_ai.provider.name", "openai".into()),
            ("gen_ai.request.model", "gpt-4o".into()),
            ("gen_ai.usage.input_tokens", 10.into()),
            ("gen_ai.usage.output_tokens", 9.into()),
            ("gen_ai.usage.cache_read.input_tokens", 2.into()),
            ("gen_ai.usage.reasoning.output_tokens", 3.into()),
            ("gen_ai.usage.cost", 0.000_002_5.into()),
        ]
    );
    assert_eq!(spans[0].name, "as sent");

    let spans = map(&batch, Mapping::OpenInference);
    assert_eq!(
        pairs(&spans[0].attributes)[2..],
        [
            ("quipu.cost_usd", 0.000_002_5.into()),
            ("openinference.span.kind", "LLM".into()),
            ("llm.model_name", "gpt-4o".into()),
            ("llm.request.model_name", "gpt-4o".into()),
            ("llm.provider", "openai".into()),
            ("llm.token_count.prompt", 10.into()),
            ("llm.token_count.completion", 9.into()),
            ("llm.token_count.total", 19.into()),
            ("llm.token_count.prompt_details.cache_read", 2.into()),
            ("llm.token_count.completion_details.reasoning", 3.into()),
            ("llm.cost.total", 0.000_002_5.into()),
        ]
    );
}

#[test]
fn a_call_that_does_not_count_says_why_and_shows_nothing() {
    let repeats = call(1);
    let costs = vec![row(&repeats, Rule::Repeats, Some(Usage::of(10, 7)), None)];
    let batch = Batch { spans: vec![repeats], costs, ..Batch::default() };
    for (mapping, prefix) in [(Mapping::GenAi, "gen_ai.usage."), (Mapping::OpenInference, "llm.token_count.")]
    {
        let spans = map(&batch, mapping);
        assert_eq!(spans[0].attributes.text("quipu.uncounted"), Some("repeats"));
        assert!(!spans[0].attributes.iter().any(|(key, _)| key.starts_with(prefix)), "{mapping:?}");
        assert!(!spans[0].attributes.iter().any(|(key, _)| key.contains("cost")), "{mapping:?}");
        assert_eq!(spans[0].attributes.get("mine"), Some(&Value::Bool(true)));
    }
}

#[test]
fn the_newest_row_decides_and_without_one_tokens_stay() {
    let (corrected, alone) = (call(1), call(2));
    let newest = Cost { version: 2, ..row(&corrected, Rule::Duplicate, None, None) };
    let costs = vec![newest, row(&corrected, Rule::Leaf, Some(Usage::of(1, 1)), None)];
    let batch = Batch { spans: vec![corrected, alone], costs, ..Batch::default() };
    let spans = map(&batch, Mapping::GenAi);
    assert_eq!(spans[0].attributes.text("quipu.uncounted"), Some("duplicate"));
    assert_eq!(spans[1].attributes.get("gen_ai.usage.input_tokens"), Some(&Value::Int(10)));
    assert_eq!(spans[1].attributes.get("gen_ai.usage.cost"), Some(&Value::Double(0.5)), "the source's own");
    assert_eq!(spans[1].attributes.get("gen_ai.usage.prompt_tokens"), None);
}

#[test]
fn what_a_subscription_covers_is_no_cost() {
    let covered = call(1);
    let mut cost = row(&covered, Rule::Leaf, Some(Usage::of(10, 7)), Some("1.5"));
    cost.billing = Billing::Subscription;
    let batch = Batch { spans: vec![covered], costs: vec![cost], ..Batch::default() };
    let spans = map(&batch, Mapping::GenAi);
    assert_eq!(spans[0].attributes.get("quipu.subscription_cost_usd"), Some(&Value::Double(1.5)));
    assert_eq!(spans[0].attributes.get("quipu.cost_usd"), None);
    assert_eq!(spans[0].attributes.get("gen_ai.usage.cost"), None);
}

#[test]
fn spans_that_have_nothing_to_do_with_models_are_left_alone() {
    let plain = span(1, Kind::Other, &[("http.route", "/".into())]);
    let batch = Batch { spans: vec![plain.clone(), call(2), plain], ..Batch::default() };
    let spans = map(&batch, Mapping::GenAi);
    assert_eq!((&spans[0], &spans[2]), (&batch.spans[0], &batch.spans[2]));
    assert_eq!(spans[1].attributes.text("gen_ai.operation.name"), Some("chat"));
    let batch = Batch { spans: batch.spans[..1].to_vec(), ..Batch::default() };
    for mapping in [Mapping::Passthrough, Mapping::GenAi, Mapping::OpenInference] {
        assert!(matches!(map(&batch, mapping), Cow::Borrowed(_)), "{mapping:?}");
    }
}

#[test]
fn of_spans_made_of_other_records_those_pass_that_are_the_only_ones() {
    let made = |id, signal| {
        let mut span = call(id);
        span.canonical.signal = signal;
        span
    };
    let signals = [Signal::Span, Signal::Details, Signal::Log, Signal::Transcript, Signal::Metric];
    let spans = signals.iter().zip(1..).map(|(signal, id)| made(id, *signal)).collect();
    let batch = Batch { spans, ..Batch::default() };
    let out: Vec<_> = map(&batch, Mapping::Passthrough).iter().map(|span| span.canonical.signal).collect();
    assert_eq!(out, [Signal::Span, Signal::Transcript]);
    assert_eq!(map(&batch, Mapping::Passthrough)[1], batch.spans[3]);
    for mapping in [Mapping::GenAi, Mapping::OpenInference] {
        let out: Vec<_> = map(&batch, mapping).iter().map(|span| span.canonical.signal).collect();
        assert_eq!(out, [Signal::Span, Signal::Log, Signal::Transcript], "{mapping:?}");
    }
    let costs = vec![row(&batch.spans[2], Rule::Echo, None, None)];
    let batch = Batch { costs, ..batch };
    assert_eq!(map(&batch, Mapping::GenAi).len(), 2, "a span tells of the same call");
}

#[test]
fn operations_are_those_of_the_conventions() {
    for (kind, sent, want) in [
        (Kind::Llm, Some("generate_content"), Some("generate_content")),
        (Kind::Llm, Some("llm_call"), Some("chat")),
        (Kind::Agent, Some("create_agent"), Some("create_agent")),
        (Kind::Tool, None, Some("execute_tool")),
        (Kind::Guardrail, Some("guardrail_check"), Some("guardrail_check")),
        (Kind::Task, None, None),
    ] {
        let mut span = span(1, kind, &[]);
        span.canonical.operation = sent.map(Into::into);
        if let Some(sent) = sent {
            span.attributes.push("gen_ai.operation.name", sent);
        }
        let batch = Batch { spans: vec![span], ..Batch::default() };
        let spans = map(&batch, Mapping::GenAi);
        assert_eq!(spans[0].attributes.text("gen_ai.operation.name"), want, "{kind:?} {sent:?}");
    }
}

#[test]
fn workflows_and_retrievals_have_the_names_of_conventions_0_1_0() {
    let told = |kind, attributes: &[(&str, Value)]| {
        let mut span = span(1, kind, attributes);
        span.canonical.workflow = Some("trip".into());
        span.canonical.params.top_k = Some(5);
        let batch = Batch { spans: vec![span], ..Batch::default() };
        map(&batch, Mapping::GenAi)[0].attributes.clone()
    };
    let workflow = told(Kind::Workflow, &[]);
    assert_eq!(workflow.text("gen_ai.operation.name"), Some("invoke_workflow"));
    assert_eq!(workflow.text("gen_ai.agent.name"), Some("trip"));
    assert_eq!(workflow.text("gen_ai.workflow.name"), None);
    let retrieval = told(Kind::Retrieval, &[]);
    assert_eq!(retrieval.text("quipu.workflow.name"), Some("trip"));
    assert_eq!(retrieval.get("gen_ai.retrieval.top_k"), Some(&Value::Int(5)));
    assert_eq!(retrieval.get("gen_ai.request.top_k"), None);
    assert_eq!(told(Kind::Llm, &[]).get("gen_ai.request.top_k"), Some(&Value::Int(5)));
}

#[test]
fn parameters_and_pace_have_their_units() {
    let mut span = span(1, Kind::Llm, &[("gen_ai.request.max_tokens", "512".into())]);
    let read = span.canonical.as_mut();
    read.params.max_tokens = Some(512);
    read.params.temperature = Some(0.5);
    read.params.stop_sequences = vec!["END".into()];
    read.time_to_first_token = Some(Timestamp::SECOND / 4);
    read.finish_reasons = vec!["stop".into()];
    let batch = Batch { spans: vec![span], ..Batch::default() };
    let spans = map(&batch, Mapping::GenAi);
    let get = |key| spans[0].attributes.get(key).unwrap().clone();
    assert_eq!(get("gen_ai.request.max_tokens"), Value::Int(512), "a number, not the text that was sent");
    assert_eq!(get("gen_ai.request.temperature"), Value::Double(0.5));
    assert_eq!(get("gen_ai.request.stop_sequences"), Value::Array(vec!["END".into()]));
    assert_eq!(get("gen_ai.response.time_to_first_chunk"), Value::Double(0.25));
    assert_eq!(get("gen_ai.response.finish_reasons"), Value::Array(vec!["stop".into()]));
    let spans = map(&batch, Mapping::OpenInference);
    let params: serde_json::Value =
        serde_json::from_str(spans[0].attributes.text("llm.invocation_parameters").unwrap()).unwrap();
    assert_eq!(params, json!({"max_tokens": 512, "temperature": 0.5, "stop": ["END"]}));
}

#[test]
fn openinference_gets_what_was_said() {
    let input = json!([
        {"role": "system", "parts": [{"type": "text", "content": "be brief"}]},
        {"role": "user", "parts": [{"type": "text", "content": "weather?"}, {"type": "text", "content": "now"}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": {"c": 21}}]}
    ]);
    let output = json!([{"role": "assistant", "parts": [
        {"type": "tool_call", "id": "c2", "name": "forecast", "arguments": {"city": "Lima"}}], "finish_reason": "tool_calls"}]);
    let attributes = [
        ("gen_ai.input.messages", input.to_string().into()),
        ("gen_ai.output.messages", output.to_string().into()),
    ];
    let batch = Batch { spans: vec![span(1, Kind::Llm, &attributes)], ..Batch::default() };
    let spans = map(&batch, Mapping::OpenInference);
    let text = |key: &str| spans[0].attributes.text(key).unwrap_or_else(|| panic!("{key}")).to_owned();
    for (key, want) in [
        ("llm.input_messages.0.message.role", "system"),
        ("llm.input_messages.0.message.content", "be brief"),
        ("llm.input_messages.1.message.contents.1.message_content.type", "text"),
        ("llm.input_messages.1.message.contents.1.message_content.text", "now"),
        ("llm.input_messages.2.message.tool_call_id", "c1"),
        ("llm.input_messages.2.message.content", r#"{"c":21}"#),
        ("llm.output_messages.0.message.tool_calls.0.tool_call.id", "c2"),
        ("llm.output_messages.0.message.tool_calls.0.tool_call.function.name", "forecast"),
        ("llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments", r#"{"city":"Lima"}"#),
        ("input.mime_type", "application/json"),
    ] {
        assert_eq!(text(key), want, "{key}");
    }
    let whole: serde_json::Value = serde_json::from_str(&text("input.value")).unwrap();
    assert_eq!(whole[1]["parts"][1]["content"], "now");

    let sent = [("input.value", "mine".into()), ("llm.input_messages.0.message.role", "user".into())];
    let batch = Batch { spans: vec![span(1, Kind::Llm, &sent)], ..Batch::default() };
    let spans = map(&batch, Mapping::OpenInference);
    assert_eq!(spans[0].attributes.text("input.value"), Some("mine"), "what was sent so stays");
    assert_eq!(spans[0].attributes.get("input.mime_type"), None);
}

#[test]
fn mappings_have_the_names_of_the_configuration() {
    for (name, mapping) in [
        ("passthrough", Mapping::Passthrough),
        ("genai", Mapping::GenAi),
        ("openinference", Mapping::OpenInference),
    ] {
        assert_eq!(serde_json::from_value::<Mapping>(json!(name)).unwrap(), mapping);
    }
}
