//! What a model's answer tells of its call: Haystack puts it in the answer's metadata.

use quipu_core::{Canonical, Kind, Span, Timestamp, Value};
use quipu_normalize::{finish_reason, label, pick, usage_of};

/// Where a call of a model has its answer, by what kind of span it is: the steps of an agent, and components outside of one.
const ANSWERS: &[&str] =
    &["haystack.agent.step.llm.output", "haystack.agent.step.llm_output", "haystack.component.output"];

/// The result of a run, in OpenInference's words.
const RESULT: &str = "output.value";
/// The model in the metadata of a message, in Python's notation.
const MODEL: &str = "_meta={'model': '";

/// Fills in model, tokens and more from the answer, unless attributes told them.
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

/// Fills in what an agent used in all its calls, and their model, as OpenInference sends its result. It counts only where the
/// calls themselves have no spans.
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

/// Haystack writes times of the machine's clock without a zone; only those with one can be compared.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// The metadata of the first reply: several replies of one call repeat its usage. Generators of plain text and embedders have
/// it beside what they made.
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
