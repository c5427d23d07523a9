//! Parts of a usage, and costs, under keys that no table has, by the words of the key.

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

/// Words at the end of a key of a cost in US dollars.
const OF_COSTS: &[&str] = &["cost", "usd", "in", "total", "dollars"];
/// Beginnings of words of a cost that is not that of one whole call.
const NOT_OF_A_CALL: &[&str] = &[
    "input",
    "output",
    "prompt",
    "completion",
    "cache",
    "reasoning",
    "token",
    "session",
    "conversation",
    "trace",
    "run",
    "tool",
    "agent",
    "budget",
    "limit",
    "max",
    "per",
    "daily",
    "monthly",
    "cumulative",
    "accumulated",
    "sum",
    "save",
    "saving",
    "avoid",
    "estimate",
    "predict",
];

/// Whether a key such as `acme.metric.cost_in_usd` names the cost of a call in US dollars.
pub(crate) fn is_cost(key: &str) -> bool {
    fn words(text: &str) -> impl Iterator<Item = &str> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
    }
    if !key.contains("cost") && !key.contains("Cost") {
        return false;
    }
    let lower = key.to_ascii_lowercase();
    let Some((before, after)) = lower.rsplit_once("cost") else { return false };
    let is_of_others = |word: &str| NOT_OF_A_CALL.iter().any(|begin| word.starts_with(begin));
    words(after).all(|word| OF_COSTS.contains(&word)) && !words(before).any(is_of_others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_name_costs() {
        for (key, names) in [
            ("acme.metric.cost_in_usd", true),
            ("acme.totalCost", true),
            ("acme.cost_usd", true),
            ("acme.cost_per_token", false),
            ("acme.input_cost", false),
            ("session.total_cost", false),
            ("acme.cost_cents", false),
            ("acme.estimated_cost", false),
            ("acme.price", false),
        ] {
            assert_eq!(is_cost(key), names, "{key}");
        }
    }

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
