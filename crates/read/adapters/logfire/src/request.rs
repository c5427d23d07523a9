//! Logfire's own record of a request and its answer: `request_data` and `response_data`. Older releases send
//! nothing else.

use quipu_core::{Canonical, Message, Messages, Role, Span, Value};
use quipu_normalize::{label, message_list, parse, pick, usage_of};

/// Key of the request, as the library sends it to the provider.
const REQUEST: &str = "request_data";
/// Key of the answer, in Logfire's own format.
const RESPONSE: &str = "response_data";
/// Maximum size of a text that is searched on the hot path, in bytes.
const LARGEST: usize = 256 << 10;

/// Fills in model and usage if no key of the conventions has them.
pub(crate) fn fill(span: &Span, read: &mut Canonical) {
    let text = |key: &str| span.attributes.text(key).filter(|text| text.len() <= LARGEST);
    if read.request_model.is_none() {
        let [model] = text(REQUEST).map(|text| pick(text, ["model"])).unwrap_or_default();
        read.request_model = model.as_ref().and_then(label);
    }
    if read.usage.is_none() {
        let [usage] = text(RESPONSE).map(|text| pick(text, ["usage"])).unwrap_or_default();
        read.usage = usage.as_ref().and_then(usage_of);
    }
}

/// Fills in missing input and output messages.
pub(crate) fn said(span: &Span, said: &mut Messages) {
    let object = |key: &str| span.attributes.text(key).and_then(parse);
    if said.input.is_empty() {
        let asked = object(REQUEST);
        let system =
            asked.as_ref().and_then(|asked| asked.get("system").or_else(|| asked.get("instructions")));
        said.input = system.map(|system| message_list(system, &Role::System)).unwrap_or_default();
        let list = asked.as_ref().and_then(|asked| asked.get("messages").or_else(|| asked.get("input")));
        said.input.extend(list.map(|list| message_list(list, &Role::User)).unwrap_or_default());
    }
    if said.output.is_empty() {
        let answered = object(RESPONSE);
        let message = answered.as_ref().and_then(|answered| {
            ["message", "combined_chunk_content", "text"].iter().find_map(|key| answered.get(key))
        });
        said.output = message.filter(|said| **said != Value::from("")).map(answer).unwrap_or_default();
    }
}

fn answer(value: &Value) -> Vec<Message> {
    message_list(value, &Role::Assistant)
}
