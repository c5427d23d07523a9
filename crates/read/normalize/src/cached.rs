//! Flags of answers from a cache of a framework or gateway, by the shape of their keys.

use compact_str::CompactString;
use quipu_core::Value;
use quipu_semconv::{CACHE_HIT_ENDINGS, CACHE_HIT_HOLDERS, Field, PROMPT_CACHE_WORDS};

use crate::{Slots, answered, json, number};

/// Maximum size of a JSON text of metadata that is searched, in bytes.
const LARGEST: usize = 64 << 10;
/// Maximum length of a status such as `SEMANTIC HIT`, in bytes.
const LONGEST_STATUS: usize = 16;
/// Note on a span whose answer came from a cache.
pub const CACHED_NOTE: &str = "answered from a cache: no model was called";
/// Key that `LangChain` sets to zero in the usage of a cached answer.
const TOTAL_COST: &str = "total_cost";

/// The key that says that a cache gave the answer, so no model was called. Prompt caches of providers do not
/// count: they make a call cheaper.
pub(crate) fn hit<'a>(slots: &Slots<'a>) -> Option<&'a str> {
    let attributes = || slots.span.attributes.iter();
    attributes()
        .find(|(key, value)| says_hit(key, value))
        .or_else(|| {
            attributes().find(|(key, value)| CACHE_HIT_HOLDERS.contains(&key.as_str()) && holds_hit(value))
        })
        .map(|(key, _)| key.as_str())
        .or_else(|| costs_nothing(slots))
}

/// Whether a cache of a framework or gateway gave the answer of a span.
pub fn is_cache_hit(slots: &Slots<'_>) -> bool {
    hit(slots).is_some()
}

fn says_hit(key: &str, value: &Value) -> bool {
    match value {
        Value::Bool(flag) => *flag && is_flag(key),
        Value::String(text) => text.len() <= LONGEST_STATUS && is_told(key, text.trim()),
        // OpenTelemetry reports a header as a list.
        Value::Array(values) => matches!(values.as_slice(), [one @ Value::String(_)] if says_hit(key, one)),
        _ => false,
    }
}

fn is_told(key: &str, text: &str) -> bool {
    let is_hit = || {
        text.len() >= 3
            && text.is_char_boundary(text.len() - 3)
            && text[text.len() - 3..].eq_ignore_ascii_case("hit")
    };
    (text.eq_ignore_ascii_case("true") && is_flag(key)) || (is_hit() && is_about_answers(key))
}

fn is_about_answers(key: &str) -> bool {
    let has_cache = key.contains("ache") || key.contains("ACHE");
    has_cache && !PROMPT_CACHE_WORDS.iter().any(|word| key.contains(word))
}

/// Whether a key such as `gptcache.hit` or `isCached` is a flag of an answer.
fn is_flag(key: &str) -> bool {
    if !is_about_answers(key) {
        return false;
    }
    let letters = key.chars().filter(char::is_ascii_alphanumeric);
    let bare: CompactString = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    CACHE_HIT_ENDINGS.iter().any(|ending| bare.ends_with(ending))
}

/// Whether an object of metadata has a flag: a map or a JSON text.
fn holds_hit(value: &Value) -> bool {
    let has = |object: &Value| match object {
        Value::Map(pairs) => pairs.iter().any(|(key, value)| says_hit(key, value)),
        _ => false,
    };
    match value {
        Value::String(text) if text.len() <= LARGEST && is_about_answers(text) => {
            json::parse(text).is_some_and(|object| has(&object))
        }
        other => has(other),
    }
}

/// The key of an answer with usage that costs nothing.
fn costs_nothing(slots: &Slots<'_>) -> Option<&'static str> {
    [Field::OutputValue, Field::Answer].into_iter().find_map(|field| {
        let text = slots.text(field).filter(|text| text.contains(TOTAL_COST))?;
        let is_free = |usage: &Value| usage.get(TOTAL_COST).and_then(number::decimal) == Some(0.0);
        answered::usages(text).iter().any(is_free).then(|| slots.key(field)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_answers_are_hits() {
        for (key, value) in [
            ("cached", Value::Bool(true)),
            ("llm.response.isCached", Value::Bool(true)),
            ("metadata.cache_hit", "True".into()),
            ("gptcache.hit", Value::Bool(true)),
            ("portkey.cache_status", "SEMANTIC HIT".into()),
            ("http.response.header.helicone-cache", Value::Array(vec!["HIT".into()])),
            ("served_from_cache", "true".into()),
        ] {
            assert!(says_hit(key, &value), "{key}");
        }
    }

    #[test]
    fn misses_and_prompt_caches_are_none() {
        for (key, value) in [
            ("cached", Value::Bool(false)),
            ("helicone.cache.enabled", Value::Bool(true)),
            ("llm.prompt_cache_hit", Value::Bool(true)),
            ("gen_ai.usage.cached_tokens", "true".into()),
            ("portkey.cache_status", "MISS".into()),
            ("cache_hit", Value::Int(1)),
            ("chit", "hit".into()),
        ] {
            assert!(!says_hit(key, &value), "{key}");
        }
    }

    #[test]
    fn metadata_may_hold_the_flag() {
        assert!(holds_hit(&Value::from(r#"{"cache_hit": true, "cache_key": null}"#)));
        assert!(!holds_hit(&Value::from(r#"{"cache_hit": false, "cache_key": "k"}"#)));
        assert!(!holds_hit(&Value::from("cached {")));
    }
}
