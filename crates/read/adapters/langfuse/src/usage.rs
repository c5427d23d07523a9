//! Langfuse's buckets of tokens and dollars, in the two formats of its SDKs.

use compact_str::CompactString;
use quipu_core::{Reading, Usage, Usd, Value};
use quipu_normalize::{count_of, dollars_of, parse, usage_of};
use quipu_semconv::{LANGFUSE_CACHE_READ, LANGFUSE_CACHE_WRITE, LANGFUSE_REASONING};

/// Maximum size of the JSON of buckets, in bytes.
const LARGEST: usize = 64 << 10;

/// The object in an attribute's value: a map, or a JSON text.
pub(crate) fn object(value: &Value) -> Option<Value> {
    match value {
        Value::Map(_) => Some(value.clone()),
        Value::String(text) if text.len() <= LARGEST => parse(text),
        _ => None,
    }
}

/// The usage of an observation. The wrapper of `OpenAI`'s SDK sends the provider's own object. All others
/// send disjoint buckets in Langfuse's own arithmetic. The input is the sum of buckets with the prefix
/// `input`, and the output of those with `output`. Provider names among the buckets are details of their
/// side.
pub(crate) fn usage(buckets: &Value, notes: &mut Vec<CompactString>) -> Option<Usage> {
    if ["prompt_tokens", "input_tokens", "promptTokenCount"].iter().any(|key| buckets.get(key).is_some()) {
        return usage_of(buckets);
    }
    let (input, output) = (side(buckets, "input"), side(buckets, "output"));
    if input.is_none() && output.is_none() {
        return total_only(buckets, notes);
    }
    let (input_parts, output_parts) = (parts(buckets, "input"), parts(buckets, "output"));
    let total = buckets.get("total").and_then(count_of);
    let bare = count(buckets, &["input"]).unwrap_or(0) + count(buckets, &["output"]).unwrap_or(0);
    let repeats = input_parts + output_parts > 0 && total == Some(bare) && bare > 0;
    let whole = |side: Option<u64>, parts| if repeats { side.map(|sum| sum - parts) } else { side };
    let (input, output) = (whole(input, input_parts), whole(output, output_parts));
    let fits = |part: Option<u64>, whole: Option<u64>| part.filter(|part| *part <= whole.unwrap_or(0));
    let cache_read = fits(count(buckets, LANGFUSE_CACHE_READ), input);
    let room = input.map(|input| input - cache_read.unwrap_or(0));
    Some(Usage {
        input,
        cache_read,
        cache_write: fits(count(buckets, LANGFUSE_CACHE_WRITE), room),
        input_audio: fits(count(buckets, &["input_audio", "input_audio_tokens"]), input),
        output,
        reasoning: fits(count(buckets, LANGFUSE_REASONING), output),
        output_audio: fits(count(buckets, &["output_audio", "output_audio_tokens"]), output),
        reading: if repeats { Reading::ProvenInclusive } else { Reading::Exclusive },
        ..Usage::default()
    })
}

/// Usage from a total without sides. Older releases sent it for embeddings, whose tokens are all input.
fn total_only(buckets: &Value, notes: &mut Vec<CompactString>) -> Option<Usage> {
    let total = buckets.get("total").and_then(count_of)?;
    notes.push(CompactString::const_new("only a total was sent: counted as input"));
    Some(Usage { input: Some(total), ..Usage::default() })
}

fn pairs<'a>(buckets: &'a Value, side: &'a str) -> impl Iterator<Item = (&'a str, u64)> {
    let pairs: &[(CompactString, Value)] = match buckets {
        Value::Map(pairs) => pairs,
        _ => &[],
    };
    let of_side = pairs.iter().filter(move |(key, _)| key.starts_with(side));
    of_side.filter_map(|(key, value)| Some((key.as_str(), count_of(value)?)))
}

fn side(buckets: &Value, side: &str) -> Option<u64> {
    pairs(buckets, side).map(|(_, count)| count).reduce(u64::saturating_add)
}

fn parts(buckets: &Value, side: &str) -> u64 {
    pairs(buckets, side).filter(|(key, _)| *key != side).fold(0, |sum, (_, count)| sum.saturating_add(count))
}

fn count(buckets: &Value, keys: &[&str]) -> Option<u64> {
    keys.iter().find_map(|key| count_of(buckets.get(key)?))
}

/// The cost of an observation: its total, otherwise the sum of its buckets. For an observation without usage,
/// zero means unknown.
pub(crate) fn cost(buckets: &Value, has_usage: bool) -> Option<Usd> {
    let total = buckets.get("total").and_then(dollars_of);
    let sum = || match buckets {
        Value::Map(pairs) => {
            pairs.iter().filter_map(|(_, value)| dollars_of(value)).reduce(|sum, more| sum + more)
        }
        _ => None,
    };
    total.or_else(sum).filter(|cost| has_usage || *cost > Usd::ZERO)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn read(text: &str) -> Usage {
        usage(&parse(text).unwrap(), &mut Vec::new()).unwrap()
    }

    #[test]
    fn buckets_add_up() {
        let usage = read(
            r#"{"input": 94, "output": 38, "total": 203, "input_cache_read": 64, "output_reasoning": 7}"#,
        );
        assert_eq!((usage.input, usage.cache_read), (Some(158), Some(64)));
        assert_eq!((usage.output, usage.reasoning), (Some(45), Some(7)));
    }

    #[test]
    fn a_total_shows_that_parts_repeat() {
        let usage = read(r#"{"input": 158, "output": 45, "total": 203, "input_cached_tokens": 64}"#);
        assert_eq!((usage.input, usage.cache_read, usage.output), (Some(158), Some(64), Some(45)));
    }

    #[test]
    fn the_providers_own_object_is_read_as_it_is() {
        let usage = read(
            r#"{"completion_tokens": 45, "prompt_tokens": 147, "total_tokens": 192,
                "completion_tokens_details": {"reasoning_tokens": 7}, "prompt_tokens_details": {"cached_tokens": 64}}"#,
        );
        assert_eq!((usage.input, usage.cache_read), (Some(147), Some(64)));
        assert_eq!((usage.output, usage.reasoning), (Some(45), Some(7)));
    }

    #[test]
    fn a_providers_word_among_buckets_is_a_detail() {
        let usage = read(r#"{"input": 11, "output": 5, "cache_read_input_tokens": 3}"#);
        assert_eq!((usage.input, usage.cache_read, usage.output), (Some(11), Some(3), Some(5)));
        let too_many = read(r#"{"input": 1, "output": 5, "cache_read_input_tokens": 3}"#);
        assert_eq!((too_many.input, too_many.cache_read), (Some(1), None));
    }

    #[test]
    fn costs_are_totals_or_sums() {
        let cost = |text| cost(&parse(text).unwrap(), true).map(|cost| cost.to_string());
        assert_eq!(cost(r#"{"total": 0.0012, "input": 1}"#).as_deref(), Some("0.0012"));
        assert_eq!(cost(r#"{"input": 0.001, "output": 0.002}"#).as_deref(), Some("0.003"));
        assert_eq!(cost("{}"), None);
        assert_eq!(super::cost(&parse(r#"{"total": 0}"#).unwrap(), false), None);
    }
}
