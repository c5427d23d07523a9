//! Values of a model call in the metadata of Haystack's answer.

use quipu_core::{Canonical, Kind, Span, Timestamp, Value};
use quipu_normalize::{finish_reason, label, literal, pick, usage_of};

/// Keys of a model's answer by kind of span: the steps of an agent, and components outside an agent.
const ANSWERS: &[&str] =
    &["haystack.agent.step.llm.output", "haystack.agent.step.llm_output", "haystack.component.output"];

/// Key of the result of a run in OpenInference's convention.
const RESULT: &str = "output.value";
/// Prefixes of the metadata of a message, and of the model in it, as a Python literal.
const META: &str = "_meta=";
const MODEL: &str = "_meta={'model': '";

/// Fills in model, tokens and other values from the answer, unless attributes have them.
pub(crate) fn fill(span: &Span, read: &mut Canonical) {
    let Some(meta) = ANSWERS.iter().find_map(|key| metadata(span.attributes.get(key)?)) else { return };
    let word = |key| meta.get(key).and_then(label);
    read.response_model = read.response_model.take().or_else(|| word("model"));
    read.response_id = read.response_id.take().or_else(|| word("id")).or_else(|| word("completion_id"));
    if read.usage.is_none() {
        read.usage = meta.get("usage").and_then(usage_of);
    }
    if read.kind == Kind::Llm && read.finish_reasons.is_empty() {
        read.finish_reasons = word("finish_reason").map(|word| finish_reason(&word)).into_iter().collect();
    }
    let first: Option<Timestamp> = meta.get("completion_start_time").and_then(Value::as_str).and_then(time);
    let waited = first.map(|first| first.since(span.start)).filter(|nanoseconds| *nanoseconds >= 0);
    read.time_to_first_token = read.time_to_first_token.or(waited);
}

/// Fills in the usage of all calls of an agent, and their model, from OpenInference's result. The sum counts
/// only if the calls have no spans.
pub(crate) fn sum(span: &Span, read: &mut Canonical) {
    let Some(output) = span.attributes.text(RESULT) else { return };
    let [used] = pick(output, ["token_usage"]);
    if read.usage.is_none() {
        read.usage = used.as_ref().and_then(usage_of);
    }
    if read.response_model.is_none() && read.usage.is_some() {
        read.response_model =
            output.rsplit_once(MODEL).and_then(|(_, rest)| label(&Value::from(rest.split('\'').next()?)));
    }
}

/// Fills in the usage of a call from OpenInference's result, which has the provider's own usage.
pub(crate) fn of_result(span: &Span, read: &mut Canonical) {
    let Some(output) = span.attributes.text(RESULT) else { return };
    let Some(meta) = meta_of_result(output) else { return };
    let Some(usage) = meta.get("usage").and_then(usage_of) else { return };
    let known = read.usage.as_ref().filter(|known| known.input.is_some() && known.output.is_some());
    if known.is_none_or(|known| (known.input, known.output) == (usage.input, usage.output)) {
        read.usage = Some(usage);
    }
    read.response_id = read.response_id.take().or_else(|| meta.get("id").and_then(label));
}

/// The metadata of a result: next to the output of an embedder, and in each reply of a generator. A reply is
/// a Python object in text. Its metadata is the last field.
fn meta_of_result(output: &str) -> Option<Value> {
    let [replies, meta] = pick(output, ["replies", "meta"]);
    let text = replies.as_ref().and_then(Value::as_array).and_then(|replies| replies.first()?.as_str());
    let of_reply = text.and_then(|text| literal(text.rsplit_once(META)?.1.strip_suffix(')')?));
    of_reply.or_else(|| match meta? {
        Value::Array(metas) => metas.into_iter().next(),
        meta => Some(meta),
    })
}

/// Parses a time. Haystack writes local times without a zone; only those with a zone are comparable.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// The metadata of the first reply, because all replies of one call repeat its usage. Generators of plain
/// text and embedders have it next to their output.
fn metadata(output: &Value) -> Option<Value> {
    let [replies, meta] = match output {
        Value::String(text) if text.trim_start().starts_with('[') => [quipu_normalize::parse(text), None],
        Value::String(text) => pick(text, ["replies", "meta"]),
        other => ["replies", "meta"].map(|key| other.get(key).cloned()),
    };
    let of_reply = replies.as_ref().and_then(Value::as_array).and_then(|replies| {
        replies.iter().find_map(|reply| reply.get("meta").or_else(|| reply.get("_meta")).cloned())
    });
    of_reply.or_else(|| match meta? {
        Value::Array(metas) => metas.into_iter().next(),
        meta => Some(meta),
    })
}
