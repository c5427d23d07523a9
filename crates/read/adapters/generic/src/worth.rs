//! The attributes that a walk visits, and the pre-check whether they may hold a call.

use compact_str::CompactString;
use quipu_core::{Span, Status, Value};

use crate::events;
use crate::notation;
use crate::stream;
use crate::words;

/// Maximum number of visited attributes, those of events included.
pub(crate) const MOST_ATTRIBUTES: usize = 256;
/// Name of the event of an exception in OpenTelemetry.
const EXCEPTION: &str = "exception";

/// Whether a walk may find anything. This pre-check runs for every span of an unknown source.
pub(crate) fn is_worth_it(span: &Span) -> bool {
    let names_model = |(key, _): &(CompactString, Value)| key.contains("odel");
    if span.status == Status::Error && span.attributes.iter().take(MOST_ATTRIBUTES).any(names_model) {
        return true;
    }
    attributes(span).take(MOST_ATTRIBUTES).any(|(event, key, value)| match value {
        Value::Int(_) | Value::Double(_) => {
            has_tokens(key) || key.contains("cost") || is_usage(key) || is_usage(event)
        }
        Value::String(text) => {
            has_tokens(key)
                || ((is_object(text) || stream::is_text(text)) && may_have_usage(text))
                || states_call(key, text)
                || notation::may_be(text)
        }
        Value::Map(_) | Value::Array(_) => holds_tokens(value, 4) || has_tokens(key),
        _ => false,
    })
}

/// Whether a span has single figures of tokens.
pub(crate) fn has_figures(span: &Span) -> bool {
    let is_number = |value: &Value| matches!(value, Value::Int(_) | Value::Double(_));
    let own = span.attributes.iter().take(MOST_ATTRIBUTES);
    own.filter(|(_, value)| is_number(value)).any(|(key, _)| has_tokens(key))
}

fn is_usage(key: &str) -> bool {
    key.contains("usage") || key.contains("Usage")
}

/// Whether an attribute states that the span is a model call.
fn states_call(key: &str, text: &str) -> bool {
    if !["type", "Type", "kind", "Kind"].iter().any(|end| key.ends_with(end)) {
        return false;
    }
    let mut cut = Vec::new();
    words::cut(key, &mut cut);
    words::stated_kind(&cut, text).is_some()
}

/// The attributes of a span, then those of its events with the event's name. Some sources report usage in an
/// event. Exceptions have none.
pub(crate) fn attributes(span: &Span) -> impl Iterator<Item = (&str, &CompactString, &Value)> {
    let own = span.attributes.iter().map(|(key, value)| ("", key, value));
    let events = events::told(span).into_iter().filter(|(_, event)| event.name != EXCEPTION);
    own.chain(
        events.flat_map(|(name, event)| event.attributes.iter().map(move |(key, value)| (name, key, value))),
    )
}

pub(crate) fn is_object(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

fn has_tokens(text: &str) -> bool {
    ["oken", "eval_count", "OKEN", "tok"].iter().any(|part| text.contains(part))
}

pub(crate) fn may_have_usage(text: &str) -> bool {
    has_tokens(text) || has_role(text) || text.contains("\"cost") || text.contains("\"usage")
}

/// Whether a JSON text has messages of a conversation.
pub(crate) fn has_role(text: &str) -> bool {
    text.contains("\"role\"") && text.contains("\"content\"")
}

fn holds_tokens(value: &Value, depth: usize) -> bool {
    let Some(deeper) = depth.checked_sub(1) else { return true };
    match value {
        Value::Map(pairs) => {
            pairs.iter().take(64).any(|(key, value)| has_tokens(key) || holds_tokens(value, deeper))
        }
        Value::Array(values) => values.iter().take(64).any(|value| holds_tokens(value, deeper)),
        Value::String(text) => is_object(text) && has_tokens(text),
        _ => false,
    }
}
