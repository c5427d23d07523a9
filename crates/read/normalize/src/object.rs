//! Parser of a provider's own usage object, as in the provider's API answers.

use quipu_core::{Reading, Usage, Value};
use quipu_semconv::{
    OBJECT_CACHE_READ, OBJECT_CACHE_WRITE, OBJECT_CACHE_WRITE_1H, OBJECT_CACHE_WRITE_5M, OBJECT_CACHED,
    OBJECT_CACHED_ANEW, OBJECT_DURATION, OBJECT_EXCLUSIVE, OBJECT_INCLUSIVE, OBJECT_INPUT,
    OBJECT_INPUT_AUDIO, OBJECT_INPUT_IMAGE, OBJECT_KEPT_1H, OBJECT_KEPT_5M, OBJECT_OUTPUT,
    OBJECT_OUTPUT_AUDIO, OBJECT_OUTPUT_IMAGE, OBJECT_REASONING, OBJECT_REASONING_ON_TOP, OBJECT_SECONDS,
    OBJECT_THOUGHT, OBJECT_TOOL_PROMPT_ON_TOP, OBJECT_TOTAL, OBJECT_WEB_SEARCHES,
};

use crate::{buckets, details, number};

/// The usage in a provider's own object, in the formats of `OpenAI`, `Anthropic`, Bedrock, Gemini and
/// `LangChain`. `None` if it has no input, output or other units.
///
/// If the figures prove whether input includes cached tokens, they decide. Otherwise the format decides:
/// details in a nested object are included in the input. Separate cached tokens under Anthropic's or
/// Bedrock's names are not included.
pub fn usage_of(object: &Value) -> Option<Usage> {
    let count = |places: &[(&str, &str)]| places.iter().find_map(|place| count(object, place));
    let either = |places, more| count(places).or_else(|| count(more));
    let mut read = Usage {
        input: count(OBJECT_INPUT),
        cache_read: either(OBJECT_CACHE_READ, OBJECT_CACHED),
        cache_write: either(OBJECT_CACHE_WRITE, OBJECT_CACHED_ANEW),
        cache_write_5m: either(OBJECT_CACHE_WRITE_5M, OBJECT_KEPT_5M),
        cache_write_1h: either(OBJECT_CACHE_WRITE_1H, OBJECT_KEPT_1H),
        input_audio: count(OBJECT_INPUT_AUDIO),
        input_image: count(OBJECT_INPUT_IMAGE),
        output: count(OBJECT_OUTPUT),
        reasoning: either(OBJECT_REASONING, OBJECT_THOUGHT),
        output_audio: count(OBJECT_OUTPUT_AUDIO),
        output_image: count(OBJECT_OUTPUT_IMAGE),
        units: details::some_units(details::WEB_SEARCHES_UNIT, nested(object)).into_iter().collect(),
        ..Usage::default()
    };
    read.units.extend(details::some_units(details::AUDIO_SECONDS_UNIT, seconds(object)));
    if !read.is_known() {
        return (!read.units.is_empty()).then(|| Usage { units: read.units, ..Usage::default() });
    }
    let total = count(OBJECT_TOTAL);
    add_on_top(&mut read, total, count(OBJECT_REASONING_ON_TOP), count(OBJECT_TOOL_PROMPT_ON_TOP));
    read.reading = reading(object, &read, total);
    buckets::close(&mut read, total, &mut Vec::new());
    Some(read)
}

/// Adds thoughts to the output and prompts of tools to the input, unless the total proves that they are in
/// it.
fn add_on_top(read: &mut Usage, total: Option<u64>, thoughts: Option<u64>, prompt: Option<u64>) {
    let (input, output) = (read.input.unwrap_or(0), read.output.unwrap_or(0));
    let (thought, prompted) = (thoughts.unwrap_or(0), prompt.unwrap_or(0));
    let ways = [(thought, prompted), (thought, 0), (0, prompted), (0, 0)];
    let fits = |(thought, prompted): &(u64, u64)| {
        let sum = [input, output, *thought, *prompted].into_iter().fold(0, u64::saturating_add);
        total == Some(sum)
    };
    let is_larger = thought > output || prompted > input;
    let (thought, prompted) = ways.into_iter().find(|way| fits(way) && !is_larger).unwrap_or(ways[0]);
    if thoughts.is_some() {
        read.output = Some(output.saturating_add(thought));
        read.reasoning = thoughts;
    }
    if prompt.is_some() {
        read.input = Some(input.saturating_add(prompted));
        read.tool_prompt = prompt;
    }
}

fn nested(object: &Value) -> Option<u64> {
    OBJECT_WEB_SEARCHES.iter().find_map(|place| count(object, place))
}

/// The seconds of a transcription, rounded up as they are billed.
fn seconds(object: &Value) -> Option<u64> {
    let (key, word) = OBJECT_DURATION;
    let told =
        object.get(OBJECT_SECONDS).filter(|_| object.get(key).and_then(Value::as_str) == Some(word))?;
    number::decimal(told).filter(|seconds| (0.0..1e9).contains(seconds)).map(|seconds| seconds.ceil() as u64)
}

fn count(object: &Value, (within, key): &(&str, &str)) -> Option<u64> {
    let holder = if within.is_empty() { object } else { object.get(within)? };
    number::count(holder.get(key)?).ok()
}

fn reading(object: &Value, read: &Usage, total: Option<u64>) -> Reading {
    let (input, output) = (read.input.unwrap_or(0), read.output.unwrap_or(0));
    let cached = read.cache_read.unwrap_or(0) + read.cache_write.unwrap_or(0);
    if cached > input || (cached > 0 && total == Some(input + cached + output)) {
        return Reading::ProvenExclusive;
    }
    if cached > 0 && total == Some(input + output) {
        return Reading::ProvenInclusive;
    }
    let has = |keys: &[&str]| {
        keys.iter().any(|key| matches!(object.get(key), Some(value) if *value != Value::Null))
    };
    if has(OBJECT_EXCLUSIVE) && !has(OBJECT_INCLUSIVE) { Reading::Exclusive } else { Reading::Inclusive }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn read(text: &str) -> Usage {
        usage_of(&json::parse(text).unwrap()).unwrap()
    }

    #[test]
    fn every_dialect_comes_to_the_same() {
        let whole = (Some(100), Some(60), Some(10), Some(20));
        for text in [
            r#"{"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120,
                "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10}}"#,
            r#"{"input_tokens": 100, "output_tokens": 20, "total_tokens": 120,
                "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10}}"#,
            r#"{"input_tokens": 100, "output_tokens": 20, "total_tokens": 120,
                "input_token_details": {"cache_read": 60, "cache_creation": 10}}"#,
            r#"{"input_tokens": 30, "output_tokens": 20, "cache_read_input_tokens": 60,
                "cache_creation_input_tokens": 10}"#,
            r#"{"prompt_tokens": 30, "completion_tokens": 20, "cache_read_input_tokens": 60,
                "cache_creation_input_tokens": 10}"#,
            r#"{"inputTokens": 30, "outputTokens": 20, "totalTokens": 120, "cacheReadInputTokens": 60,
                "cacheWriteInputTokens": 10}"#,
        ] {
            let usage = read(text);
            assert_eq!((usage.input, usage.cache_read, usage.cache_write, usage.output), whole, "{text}");
        }
    }

    #[test]
    fn anthropic_without_proof_still_excludes() {
        let usage = read(r#"{"input_tokens": 500, "output_tokens": 5, "cache_read_input_tokens": 100}"#);
        assert_eq!((usage.input, usage.cache_read), (Some(600), Some(100)));
        let litellm = read(
            r#"{"prompt_tokens": 500, "completion_tokens": 5, "cache_read_input_tokens": 100,
                "prompt_tokens_details": {"cached_tokens": 100}}"#,
        );
        assert_eq!((litellm.input, litellm.cache_read), (Some(500), Some(100)));
    }

    #[test]
    fn gemini_thinks_on_top() {
        let usage = read(
            r#"{"promptTokenCount": 10, "candidatesTokenCount": 5, "thoughtsTokenCount": 7,
                "toolUsePromptTokenCount": 3, "totalTokenCount": 25, "cachedContentTokenCount": 4}"#,
        );
        assert_eq!((usage.input, usage.output, usage.reasoning), (Some(13), Some(12), Some(7)));
        assert_eq!((usage.cache_read, usage.tool_prompt), (Some(4), Some(3)));
    }

    #[test]
    fn a_total_decides_before_the_dialect() {
        let genkit =
            read(r#"{"inputTokens": 100, "outputTokens": 30, "totalTokens": 130, "thoughtsTokens": 10}"#);
        assert_eq!((genkit.input, genkit.output, genkit.reasoning), (Some(100), Some(30), Some(10)));
        let gemini = |total: u64| {
            let counts = r#""promptTokenCount": 100, "candidatesTokenCount": 30, "thoughtsTokenCount": 10"#;
            let used =
                read(&format!(r#"{{{counts}, "toolUsePromptTokenCount": 5, "totalTokenCount": {total}}}"#));
            (used.input.unwrap(), used.output.unwrap())
        };
        assert_eq!(gemini(145), (105, 40));
        assert_eq!(gemini(140), (100, 40));
        assert_eq!(gemini(135), (105, 30));
        assert_eq!(gemini(130), (100, 30));
        assert_eq!(gemini(999), (105, 40), "a total that fits nothing decides nothing");
        let cached = |total: u64| {
            let counts = r#""input_tokens": 100, "output_tokens": 20, "cache_read_input_tokens": 60"#;
            read(&format!(r#"{{{counts}, "total_tokens": {total}}}"#)).input
        };
        assert_eq!((cached(120), cached(180)), (Some(100), Some(160)));
    }

    #[test]
    fn searches_and_seconds_are_units() {
        let searched =
            read(r#"{"input_tokens": 9, "output_tokens": 3, "server_tool_use": {"web_search_requests": 2}}"#);
        assert_eq!(searched.units.get("web_searches"), Some(&2));
        let heard = read(r#"{"type": "duration", "seconds": 90.2}"#);
        assert_eq!((heard.is_known(), heard.units.get("audio_seconds")), (false, Some(&91)));
    }

    #[test]
    fn nonsense_is_no_usage() {
        for text in [r#"{"prompt_tokens": -1}"#, r#"{"prompt_tokens": "many"}"#, r#"{"usage": 3}"#, "[1]"] {
            assert_eq!(usage_of(&json::parse(text).unwrap()), None, "{text}");
        }
        let odd = read(r#"{"prompt_tokens": 1, "completion_tokens": 1, "prompt_tokens_details": 7}"#);
        assert_eq!((odd.input, odd.cache_read), (Some(1), None));
    }
}
