//! Adapter for `LiteLLM` and its peculiarities.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Event, Kind, Lens, Message, Messages, Part, Role, Span, Usage, Value};
use quipu_normalize::{
    Slots, Tree, any_key_begins, canonical, count_of, label, lens, literal, messages, parse, read_event,
    scope_is, usage_of,
};
use quipu_semconv::{
    LITELLM_PREFIXES, LITELLM_RAW_SPAN, LITELLM_SCOPES, LITELLM_SESSION, LITELLM_USER, TRACELOOP_COMPLETION,
};

/// Name of a guardrail's span.
const GUARDRAIL: &str = "guardrail";
/// Key of a guardrail's status.
const GUARDRAIL_STATUS: &str = "guardrail_status";
/// Parts of the status of a guardrail that intervened.
const GUARDRAIL_STOPS: &[&str] = &["intervened", "blocked", "guardrail_failure"];
/// Usage object of the answer, as a Python literal.
const USAGE_OBJECT: &str = "metadata.usage_object";
/// Key that says whether the answer was a stream.
const STREAMING: &str = "llm.is_streaming";
/// Id that `LiteLLM` gives to a call before its answer.
const CALL_ID: &str = "litellm.call_id";

/// Reads `LiteLLM`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Litellm;

impl Adapter for Litellm {
    fn name(&self) -> &'static str {
        "litellm"
    }

    fn claims(&self, span: &Span) -> bool {
        scope_is(span, LITELLM_SCOPES) || any_key_begins(&span.attributes, LITELLM_PREFIXES)
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let mut read = canonical(&Slots::of(span), self.name());
        if span.name == LITELLM_RAW_SPAN {
            return raw(span, read);
        }
        if span.name == GUARDRAIL {
            guardrail(span, &mut read);
        }
        let first = |keys: &[&str]| keys.iter().find_map(|key| span.attributes.get(key).and_then(label));
        read.user = first(LITELLM_USER).or(read.user);
        read.session = read.session.or_else(|| first(LITELLM_SESSION));
        if may_be_estimated(span, &read) {
            let figures = read.usage.iter_mut();
            figures.for_each(|usage| usage.estimated = true);
        }
        // Without an answer, this is LiteLLM's own id and not the provider's.
        read.response_id = read.response_id.filter(|id| span.attributes.text(CALL_ID) != Some(id));
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        if span.name == LITELLM_RAW_SPAN {
            return raw_messages(span);
        }
        let mut said = messages(span);
        if said.output.iter().all(|message| message.parts.is_empty()) {
            ask_for_tools(span, &mut said);
        }
        said
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        lens(span, read)
    }

    fn event(&self, event: &mut Event) {
        if LITELLM_SCOPES.contains(&event.scope.name.as_str()) {
            read_event(event);
        }
    }
}

/// Whether `LiteLLM` may have counted the tokens of a stream itself. If a stream has no usage, it counts the
/// texts with a tokenizer (`calculate_usage` in its `streaming_chunk_builder_utils.py`). Such a usage object
/// has no details of the input, and its output is the text plus the reasoning. A provider that sends no
/// details looks the same, so the figures count unless another record of the call has the answer without
/// usage.
fn may_be_estimated(span: &Span, read: &Canonical) -> bool {
    let is_stream = read.params.stream == Some(true)
        || span
            .attributes
            .get(STREAMING)
            .and_then(label)
            .is_some_and(|word| word.eq_ignore_ascii_case("true"));
    let Some(text) = span.attributes.text(USAGE_OBJECT).filter(|_| is_stream && read.kind.is_call()) else {
        return false;
    };
    let Some(usage) = literal(text) else { return false };
    let is_none = |value: Option<&Value>| value.is_none_or(|value| *value == Value::Null);
    let details = usage.get("completion_tokens_details");
    let part = |key: &str| details.and_then(|details| details.get(key)).and_then(count_of);
    let whole = part("text_tokens").zip(part("reasoning_tokens")).map(|(text, thought)| text + thought);
    is_none(usage.get("prompt_tokens_details"))
        && whole.is_some()
        && whole == usage.get("completion_tokens").and_then(count_of)
}

/// The provider's request and answer. It is a record of the usage of the call above, and no call. It has the
/// provider's details, which a record of the call by another instrumentation may lack.
fn raw(span: &Span, read: Canonical) -> Canonical {
    let usage = raw_value(span, ".usage").as_ref().and_then(usage_of).filter(Usage::is_known);
    Canonical { kind: Kind::Other, usage, reported_cost: None, response_id: None, meeting: None, ..read }
}

fn guardrail(span: &Span, read: &mut Canonical) {
    read.kind = Kind::Guardrail;
    let status = span.attributes.text(GUARDRAIL_STATUS);
    read.guardrail_triggered = status.map(|status| GUARDRAIL_STOPS.iter().any(|part| status.contains(part)));
}

/// A text under `llm.<provider>.`.
fn raw_text<'s>(span: &'s Span, ending: &str) -> Option<&'s str> {
    let is_own = |key: &CompactString| {
        let name = key.strip_prefix("llm.").and_then(|rest| rest.strip_suffix(ending));
        name.is_some_and(|provider| !provider.contains('.'))
    };
    span.attributes.iter().find(|(key, _)| is_own(key))?.1.as_str()
}

fn raw_value(span: &Span, ending: &str) -> Option<Value> {
    let text = raw_text(span, ending)?;
    parse(text).or_else(|| literal(text))
}

/// The provider's request and answer, as Python literals under `llm.<provider>.`.
fn raw_messages(span: &Span) -> Messages {
    let value = |ending: &str| raw_value(span, ending);
    let list = |value: Option<Value>, role| {
        value.map(|value| quipu_normalize::message_list(&value, role)).unwrap_or_default()
    };
    let answer = value(".choices").map(|choices| match choices {
        Value::Array(choices) => {
            Value::Array(choices.iter().filter_map(|choice| choice.get("message").cloned()).collect())
        }
        other => other,
    });
    let mut said = Messages {
        input: list(value(".messages"), &Role::User),
        output: list(answer, &Role::Assistant),
        ..Messages::default()
    };
    if let (true, Some(content)) = (said.output.is_empty(), value(".content")) {
        let parts = quipu_normalize::parts_of(&content);
        if !parts.is_empty() {
            said.output.push(Message { role: Role::Assistant, parts, finish_reason: None });
        }
    }
    said
}

/// Adds the tools requested by the model, which `LiteLLM` writes separately from the messages.
fn ask_for_tools(span: &Span, said: &mut Messages) {
    let tree = Tree::under(&span.attributes, TRACELOOP_COMPLETION);
    for (place, choice) in tree.items().enumerate() {
        let nested = choice.list("tool_calls").filter_map(tool_call);
        let calls: Vec<Part> =
            choice.at("function_call").and_then(tool_call).into_iter().chain(nested).collect();
        match said.output.get_mut(place) {
            Some(message) => message.parts.extend(calls),
            None if calls.is_empty() => {}
            None => said.output.push(Message { role: Role::Assistant, parts: calls, finish_reason: None }),
        }
    }
}

fn tool_call(call: &Tree<'_>) -> Option<Part> {
    let text = |name| call.text(name).or_else(|| call.text(&format!("function.{name}")));
    let arguments = text("arguments").map(|text| parse(text).unwrap_or_else(|| text.into()));
    Some(Part::ToolCall {
        id: call.text("id").map(str::to_owned),
        name: text("name")?.to_owned(),
        arguments: arguments.unwrap_or_default(),
    })
}
