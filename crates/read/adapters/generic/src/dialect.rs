//! Parser of usage objects in the format of providers' API answers.

use compact_str::CompactString;
use quipu_core::{Usage, Value};
use quipu_normalize::{count_of, usage_of};
use quipu_semconv::{OBJECT_INPUT, OBJECT_OUTPUT, OBJECT_TOTAL};

use crate::words::{self, Meaning, Role};

/// Cohere's billed units, next to `tokens`, which are not billed.
const BILLED: &str = "billed_units";

/// Objects for the two sides of a call, in the AI SDK since release 6.
const SIDES: [&str; 2] = ["inputTokens", "outputTokens"];
/// llama.cpp's input. Its cached tokens are the state of the server, and exceed it.
const EVALUATED: &str = "tokens_evaluated";

/// Result of reading an object as usage.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Object {
    /// All tokens of a call.
    Whole(Box<Whole>),
    /// Input or output only, as in the events of a stream.
    Piece,
    /// Input and output with a different sum than the object's total.
    Wrong,
}

/// A provider's usage object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Whole {
    pub usage: Usage,
    /// Input as sent, with or without cached tokens.
    pub sent: u64,
    /// The only provider with objects of this format.
    pub provider: Option<&'static str>,
}

/// The usage in an object; `None` if its keys are not a provider's.
pub(crate) fn read(object: &Value) -> Option<Object> {
    if let Some(billed) = object.get(BILLED) {
        // An embedding has input only, which counts as a single figure.
        return of(billed, Some("cohere")).filter(|read| *read != Object::Piece);
    }
    of(object, provider(object))
}

fn of(object: &Value, provider: Option<&'static str>) -> Option<Object> {
    let figure = |places: &[(&str, &str)]| {
        let holder = |within: &str| match within {
            "" => Some(object),
            side => SIDES.contains(&side).then(|| object.get(side)).flatten(),
        };
        places.iter().filter_map(|(within, key)| holder(within)?.get(key)).find_map(count_of)
    };
    let (input, output, total) = (figure(OBJECT_INPUT), figure(OBJECT_OUTPUT), figure(OBJECT_TOTAL));
    let is_embedding = output.is_none() && input.is_some() && input == total;
    let sent = match (input, output) {
        (Some(sent), Some(_)) => sent,
        (Some(sent), None) if is_embedding => sent,
        // Input alone may be all of an embedding: a single figure says the same.
        (Some(_), None) if total.is_none() => return None,
        (None, None) => return None,
        _ => return Some(Object::Piece),
    };
    let mut usage = usage_of(object)?;
    if !add_parts(object, &mut usage) {
        return Some(Object::Wrong);
    }
    let sum = usage.input.unwrap_or(0).saturating_add(usage.output.unwrap_or(0));
    if total.is_some_and(|total| total != sum) {
        return Some(Object::Wrong);
    }
    Some(Object::Whole(Box::new(Whole { usage, sent, provider })))
}

/// Adds buckets next to the totals under names that no provider uses; `false` if they are inconsistent.
fn add_parts(object: &Value, usage: &mut Usage) -> bool {
    let Value::Map(pairs) = object else { return true };
    if object.get(EVALUATED).is_some() {
        return true;
    }
    for (cut, value) in parts(pairs) {
        let (Meaning::Figure(role), Some(count)) = (words::meaning(&cut), count_of(value)) else { continue };
        let slot = match role {
            Role::CacheRead => &mut usage.cache_read,
            Role::CacheWrite => &mut usage.cache_write,
            Role::Reasoning => &mut usage.reasoning,
            Role::Input | Role::Uncached | Role::Output | Role::Total => continue,
        };
        slot.get_or_insert(count);
    }
    let tokens = usage.tokens();
    tokens.cache_read.saturating_add(tokens.cache_write) <= tokens.input && tokens.reasoning <= tokens.output
}

/// The words and values of members, also of those within an object of details.
fn parts(pairs: &[(CompactString, Value)]) -> Vec<(Vec<CompactString>, &Value)> {
    let mut parts = Vec::new();
    for (key, value) in pairs {
        let mut cut = Vec::new();
        words::cut(key, &mut cut);
        match value {
            Value::Map(details) => parts.extend(details.iter().map(|(key, value)| {
                let mut words = cut.clone();
                words::cut(key, &mut words);
                (words, value)
            })),
            value => parts.push((cut, value)),
        }
    }
    parts
}

fn provider(object: &Value) -> Option<&'static str> {
    let has = |key| object.get(key).is_some();
    if has("promptTokenCount") || has("candidates_token_count") {
        Some("gcp.gemini")
    } else if has("input_tokens") && (has("cache_creation_input_tokens") || has("cache_read_input_tokens")) {
        Some("anthropic")
    } else if has("prompt_eval_count") {
        Some("ollama")
    } else {
        None
    }
}
