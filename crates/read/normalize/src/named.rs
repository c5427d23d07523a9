//! Parts of a usage under keys that no table has, by the words of the key.

use quipu_semconv::Field;

/// Parts that a key can name.
pub(crate) const PARTS: [Field; 3] = [Field::CacheRead, Field::CacheWrite, Field::Reasoning];
/// Words of a key that is of something else than the tokens of a part.
const OTHERS: &[&str] = &[
    "cost",
    "price",
    "usd",
    "rate",
    "ratio",
    "percent",
    "saved",
    "saving",
    "audio",
    "image",
    "video",
    "uncached",
    "noncached",
    "non_cached",
    "nocache",
    "no_cache",
    "not_cached",
    "miss",
    "5m",
    "1h",
    "ephemeral",
    "max",
    "limit",
];

/// The part that a key under a prefix of usage names, such as `gen_ai.usage.cached_tokens`.
pub(crate) fn part(key: &str) -> Option<Field> {
    if !key.contains("oken") {
        return None;
    }
    let lower = key.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(OTHERS) {
        None
    } else if has(&["cache"]) {
        Some(if has(&["write", "creat"]) { Field::CacheWrite } else { Field::CacheRead })
    } else if has(&["reasoning", "thinking", "thought"]) {
        Some(Field::Reasoning)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_name_parts() {
        for (key, field) in [
            ("gen_ai.usage.cached_tokens", Some(Field::CacheRead)),
            ("gen_ai.usage.input_tokens.cached", Some(Field::CacheRead)),
            ("llm.usage.cacheWriteTokens", Some(Field::CacheWrite)),
            ("llm.token_count.prompt_details.cache_creation", Some(Field::CacheWrite)),
            ("ai.usage.thoughtsTokens", Some(Field::Reasoning)),
            ("gen_ai.usage.cache_hits", None),
            ("gen_ai.usage.cached_tokens_cost", None),
            ("gen_ai.usage.uncached_tokens", None),
            ("gen_ai.usage.audio.cached_tokens", None),
            ("gen_ai.usage.streaming_tokens", None),
        ] {
            assert_eq!(part(key), field, "{key}");
        }
    }
}
