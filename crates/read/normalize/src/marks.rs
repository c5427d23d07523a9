//! Marks of a call's answer and request, by which other records of the call are recognised.

use quipu_core::{CallMarks, Canonical, Kind, Part, RequestMark, Role, Signal, Span, TextMark, Value};
use quipu_semconv::{ANSWER_BLOCK, DETAILS_EVENT, Field, MESSAGE_EVENTS, OUTPUT_MESSAGES};

use crate::messages::{message_list, said_in_events};
use crate::{Slots, json, text};

/// Maximum size of an answer in the message schema, in bytes.
const LARGEST: usize = 64 << 10;
/// Maximum size of an answer in a source's own notation, in bytes.
const LARGEST_OTHER: usize = 16 << 10;
/// Maximum number of objects and lists around the text of an answer.
const DEEPEST: usize = 10;
/// Length up to which a text may be the placeholder of a redacted answer, in bytes.
const PLACEHOLDER: usize = 48;

/// The marks of a span that is a call.
pub(crate) fn of(slots: &Slots<'_>, read: &Canonical) -> CallMarks {
    // An adapter may find out later that a span without a kind is a call.
    let may_be_call = matches!(read.kind, Kind::Other | Kind::Task) && read.usage.is_some();
    if read.signal != Signal::Span || !(read.kind.is_call() || may_be_call) {
        return CallMarks::default();
    }
    let has_text = may_be_call || read.kind == Kind::Llm;
    let text = has_text.then(|| answer(slots)).flatten();
    CallMarks { text, request: request(slots), error: None }
}

fn request(slots: &Slots<'_>) -> Option<RequestMark> {
    let fields = [(Field::ProviderRequest, true), (Field::Request, false)];
    fields.into_iter().find_map(|(field, is_of_provider)| {
        // Header attributes of OpenTelemetry are lists of values.
        let value = slots.get(field)?;
        let first = value.as_array().map_or(Some(value), <[Value]>::first)?;
        RequestMark::of(first.as_str()?, is_of_provider)
    })
}

/// The mark of the first answer.
fn answer(slots: &Slots<'_>) -> Option<TextMark> {
    if let Some(value) = slots.get(Field::AnswerText).filter(|_| is_text(slots)) {
        return in_field(value);
    }
    in_events(slots.span).or_else(|| {
        let mut fields = [Field::OutputValue, Field::Answer].into_iter().filter_map(|field| slots.get(field));
        fields.find_map(in_notation)
    })
}

/// Whether the field of the answer is not one of its blocks, or is a block of text.
fn is_text(slots: &Slots<'_>) -> bool {
    let is_block = slots.key(Field::AnswerText).is_some_and(|key| key.starts_with(ANSWER_BLOCK));
    let kind = || slots.span.attributes.iter().find(|(key, _)| is_kind_of_block(key));
    !is_block || kind().is_none_or(|(_, kind)| kind.as_str() == Some("text"))
}

fn is_kind_of_block(key: &str) -> bool {
    key.strip_prefix(ANSWER_BLOCK) == Some("type")
}

/// The mark of an answer in a field for answers: its text, or messages as JSON.
fn in_field(value: &Value) -> Option<TextMark> {
    match value {
        Value::String(text) if !is_json(text) => mark([text.as_str()].into_iter(), true),
        Value::String(text) if text.len() > LARGEST => None,
        value => of_messages(&message_list(value, &Role::Assistant)),
    }
}

fn in_events(span: &Span) -> Option<TextMark> {
    let details = span.events.iter().find(|event| event.name == DETAILS_EVENT);
    if let Some(value) = details.and_then(|event| event.attributes.get(OUTPUT_MESSAGES)) {
        return in_field(value);
    }
    let has_answers = span.events.iter().any(|event| {
        MESSAGE_EVENTS.iter().any(|(name, word)| *word == "choice" && *name == event.name.as_str())
    });
    has_answers.then(|| of_messages(&said_in_events(span))).flatten()
}

/// The mark of the first message with a text.
fn of_messages(messages: &[quipu_core::Message]) -> Option<TextMark> {
    messages.iter().find_map(|message| {
        let texts = message.parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            _ => None,
        });
        mark(texts, true)
    })
}

/// The mark of an answer that a source writes in a notation of its own, such as the provider's JSON.
fn in_notation(value: &Value) -> Option<TextMark> {
    let parsed;
    let value = match value {
        Value::String(text) if text.len() > LARGEST_OTHER => return None,
        Value::String(text) if is_json(text) => {
            parsed = json::parse(text)?;
            &parsed
        }
        other => other,
    };
    let mut texts = Vec::new();
    texts_in(value, DEEPEST, &mut texts);
    mark(texts.into_iter(), false)
}

/// Keys under which providers and frameworks nest an answer, the text first.
const AROUND: [&str; 15] = [
    "text",
    "content",
    "combined_chunk_content",
    "output_text",
    "message",
    "choices",
    "candidates",
    "generations",
    "parts",
    "replies",
    "output",
    "response",
    "kwargs",
    "delta",
    "messages",
];
/// Lists with one answer in each item.
const ALTERNATIVES: [&str; 4] = ["choices", "candidates", "generations", "replies"];
/// Types of blocks that are no text of the answer.
const OTHER_BLOCKS: [&str; 4] = ["thinking", "reasoning", "tool_use", "function_call"];

fn texts_in<'v>(value: &'v Value, depth: usize, texts: &mut Vec<&'v str>) {
    let Some(deeper) = depth.checked_sub(1) else { return };
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(values) => values.iter().take(64).for_each(|value| texts_in(value, deeper, texts)),
        Value::Map(_) => {
            let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
            if OTHER_BLOCKS.contains(&kind) {
                return;
            }
            for key in AROUND {
                let Some(inner) = value.get(key) else { continue };
                match inner.as_array() {
                    Some([first, ..]) if ALTERNATIVES.contains(&key) => texts_in(first, deeper, texts),
                    Some([.., last]) if key == "messages" => texts_in(last, deeper, texts),
                    _ => texts_in(inner, deeper, texts),
                }
                if texts.iter().any(|text| !text.is_empty()) {
                    return;
                }
            }
        }
        _ => {}
    }
}

fn mark<'t>(texts: impl DoubleEndedIterator<Item = &'t str> + Clone, is_sure: bool) -> Option<TextMark> {
    let is_placeholder = |text: &str| {
        text::is_missing(text)
            || text.len() <= PLACEHOLDER && text.to_ascii_lowercase().contains("redacted")
            || text.len() <= PLACEHOLDER && text.to_ascii_lowercase().contains("masked")
    };
    if texts.clone().all(is_placeholder) { None } else { TextMark::of(texts, is_sure) }
}

fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}
