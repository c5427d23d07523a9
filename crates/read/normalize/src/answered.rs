//! Usage object of the provider's answer in a span's output, found by the name of its key.

use quipu_core::{Usage, Value};
use quipu_semconv::{Field, OBJECT_INPUT, OBJECT_OUTPUT, OBJECT_TOTAL, USAGE_KEYS};

use crate::{Slots, json, number, object, python};

/// Fields that may hold the answer or its usage, most trusted first.
const HOLDERS: [Field; 3] = [Field::UsageObject, Field::OutputValue, Field::Answer];
/// Maximum size of a searched text, in bytes.
const LARGEST: usize = 1 << 20;
/// Maximum size of a text that is one usage object, in bytes.
const LARGEST_OBJECT: usize = 64 << 10;
/// Maximum number of usage objects that are read from one text.
const MOST: usize = 8;
/// Maximum number of objects around a usage object in a structured value.
const DEEPEST: usize = 8;

/// Key of an object that some SDKs send with its type.
const WRAPPED: &str = "value";
/// Key of the billed tokens in a usage object.
const BILLED: &str = "billed_units";

/// The usage object of the answer that a span reports.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answered {
    /// The usage by the object alone.
    pub usage: Usage,
    /// The field with the object.
    pub field: Field,
    /// Whether the span's input is that of the object with all cached tokens.
    pub with_cached: bool,
}

/// The usage object with the figures that the span sent. `None` if there is none, if it has no figure beyond
/// input and output, or if several differ.
pub(crate) fn find(slots: &Slots<'_>, sent: &Usage) -> Option<Answered> {
    let known = HOLDERS.iter().filter_map(|field| Some((*field, slots.get(*field)?)));
    let mut holders = known.chain(under_usage_keys(slots).map(|value| (Field::UsageObject, value)));
    holders.find_map(|(field, value)| {
        if !value.as_str().is_none_or(has_details) {
            return None;
        }
        let objects = objects(value, field == Field::UsageObject);
        let mut matching = objects.iter().filter_map(|object| matched(object, sent, field));
        let first = matching.next()?;
        matching.all(|other| is_one_usage(&other.usage, &first.usage)).then_some(first)
    })
}

/// Whether two objects have the same figures. An answer may repeat its usage in the notation of a framework,
/// which proves more or less about its input.
fn is_one_usage(one: &Usage, other: &Usage) -> bool {
    *one == Usage { reading: one.reading, ..other.clone() }
}

/// The attributes of any source whose key ends in a word for usage. Only equal figures make one of them the
/// usage object of the span.
fn under_usage_keys<'s>(slots: &Slots<'s>) -> impl Iterator<Item = &'s Value> {
    let ends = |word: &str| {
        USAGE_KEYS.contains(&word) || ["_usage", "metrics"].iter().any(|end| word.ends_with(end))
    };
    let is_usage = move |key: &str| key.rsplit('.').next().is_some_and(ends);
    slots.span.attributes.iter().filter(move |(key, _)| is_usage(key)).map(|(_, value)| value)
}

/// The billed tokens of an answer whose usage object counts billed and used tokens apart, as Cohere does. The
/// GenAI conventions require the billed ones. The used tokens must be those that the span sent.
pub(crate) fn billed(slots: &Slots<'_>, sent: &Usage) -> Option<[Option<u64>; 2]> {
    let text = slots.text(Field::OutputValue).filter(|text| text.contains(BILLED))?;
    let figures = |object: &Value| [OBJECT_INPUT, OBJECT_OUTPUT].map(|places| own(object, places));
    let of_span = |usage: &Value| usage.get("tokens").map(figures) == Some([sent.input, sent.output]);
    let usage = usages(text).into_iter().find(of_span)?;
    Some(figures(usage.get(BILLED)?))
}

/// The usage of a call without figures of its own: the only usage object of its answer, with input and output
/// that agree with its total. `None` if several differ.
pub(crate) fn alone(slots: &Slots<'_>) -> Option<Answered> {
    HOLDERS.iter().find_map(|field| {
        let value =
            slots.get(*field).filter(|value| value.as_str().is_none_or(|text| text.contains("oken")))?;
        let objects = objects(value, *field == Field::UsageObject);
        let mut whole = objects.iter().filter_map(whole);
        let usage = whole.next()?;
        let is_only = whole.all(|other| is_one_usage(&other, &usage));
        is_only.then_some(Answered { usage, field: *field, with_cached: true })
    })
}

fn whole(object: &Value) -> Option<Usage> {
    let usage = object::usage_of(object)?;
    let total = own(object, OBJECT_TOTAL);
    let (input, output) = (usage.input?, usage.output.or_else(|| total.map(|_| 0))?);
    let adds_up = total.is_none_or(|total| total == input.saturating_add(output));
    (adds_up && usage.has_figures()).then_some(usage)
}

/// The first of these counts that an object has itself.
fn own(object: &Value, places: &[(&str, &str)]) -> Option<u64> {
    let mut own = places.iter().filter(|(within, _)| within.is_empty());
    own.find_map(|(_, key)| number::count(object.get(key)?).ok())
}

fn objects(value: &Value, may_be_usage: bool) -> Vec<Value> {
    let mut found = Vec::new();
    match value {
        Value::String(text) if text.len() > LARGEST => {}
        Value::String(text) => {
            in_text(text, &mut found);
            if found.is_empty() && may_be_usage && text.len() <= LARGEST_OBJECT {
                let object = json::parse(text).or_else(|| python::literal(text));
                found.extend(object.map(|object| object.get(WRAPPED).cloned().unwrap_or(object)));
            }
        }
        Value::Map(_) => {
            within(value, DEEPEST, &mut found);
            if found.is_empty() && may_be_usage {
                found.push(value.clone());
            }
        }
        _ => {}
    }
    found
}

/// The usage objects of a JSON text, 8 at most.
pub(crate) fn usages(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    if text.len() <= LARGEST {
        in_text(text, &mut found);
    }
    found
}

/// Whether a text may have a usage object that says more than input and output.
fn has_details(text: &str) -> bool {
    text.contains("ache") || text.contains("hought")
}

/// Reads the objects under keys of usage, without a tree of the rest. Quotes inside a JSON string are
/// escaped, so no text of a message is taken for a key.
fn in_text(text: &str, found: &mut Vec<Value>) {
    for (at, _) in text.match_indices("sage") {
        if found.len() >= MOST {
            return;
        }
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let begin = text[..at].trim_end_matches(is_word);
        let rest = text[at..].trim_start_matches(is_word);
        let key = &text[begin.len()..text.len() - rest.len()];
        let is_key = begin.ends_with('"') && !begin.ends_with("\\\"") && USAGE_KEYS.contains(&key);
        let object = rest.strip_prefix('"').and_then(|rest| rest.trim_start().strip_prefix(':'));
        if let (true, Some(object)) = (is_key, object) {
            found.extend(json::parse_first(object.trim_start()));
        }
    }
}

fn within(value: &Value, depth: usize, found: &mut Vec<Value>) {
    let Some(deeper) = depth.checked_sub(1) else { return };
    match value {
        Value::Map(pairs) => {
            for (key, value) in pairs {
                if found.len() < MOST && USAGE_KEYS.contains(&key.as_str()) && matches!(value, Value::Map(_))
                {
                    found.push(value.clone());
                } else {
                    within(value, deeper, found);
                }
            }
        }
        Value::Array(values) => values.iter().take(64).for_each(|value| within(value, deeper, found)),
        _ => {}
    }
}

/// The object, if its figures are those of the span. A span may hold the usage of other answers too.
fn matched(value: &Value, sent: &Usage, field: Field) -> Option<Answered> {
    let usage = object::usage_of(value)?;
    let (input, output) = (sent.input?, sent.output.unwrap_or(0));
    let with_cached = Some(input) == usage.input;
    let same_input =
        with_cached || Some(input) == own(value, OBJECT_INPUT) || input == usage.input_uncached();
    let same_output = output == usage.output.unwrap_or(0) || Some(output) == own(value, OBJECT_OUTPUT);
    let says_more = usage.details() > 0 || usage.tool_prompt.is_some();
    (same_input && same_output && says_more && input > 0).then_some(Answered { usage, field, with_cached })
}
