//! Usage in the printed form of an SDK's answer, for outputs that hold a Python object as text.

use quipu_core::{Canonical, Value};
use quipu_normalize::Slots;
use quipu_semconv::Field;

/// Beginning of the printed usage. It is the last field of an answer, after all texts.
const USAGE: &str = "usage=CompletionUsage(";
/// Maximum size of a searched output, in bytes.
const LARGEST: usize = 1 << 20;

/// Fills in cached and reasoning tokens that the span lacks, if its totals are those of the printed usage.
pub(crate) fn fill(slots: &Slots<'_>, read: &mut Canonical) {
    let Some(usage) = &mut read.usage else { return };
    if usage.cache_read.is_some() || usage.reasoning.is_some() {
        return;
    }
    let Some(printed) = slots.get(Field::OutputValue).and_then(printed) else { return };
    let (input, output) = (count(printed, "prompt_tokens="), count(printed, "completion_tokens="));
    if input.is_none() || (input, output) != (usage.input, usage.output) {
        return;
    }
    let within = |part: Option<u64>, whole: Option<u64>| part.filter(|part| Some(*part) <= whole);
    usage.cache_read = within(count(printed, "cached_tokens="), input);
    usage.reasoning = within(count(printed, "reasoning_tokens="), output);
}

fn printed(output: &Value) -> Option<&str> {
    let text = output.as_str().filter(|text| text.len() <= LARGEST)?;
    text.rsplit_once(USAGE).map(|(_, rest)| rest)
}

/// The number after a field's name. A longer name may end with the same words, as `cached_prompt_tokens`
/// does.
fn count(printed: &str, name: &str) -> Option<u64> {
    let begins = |at: usize| matches!(printed[..at].bytes().next_back(), None | Some(b'(' | b' '));
    let at = printed.match_indices(name).map(|(at, _)| at).find(|at| begins(*at))?;
    let rest = &printed[at + name.len()..];
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use quipu_core::{Adapter, Span, SpanId, Timestamp, TraceId, Usage};

    use crate::OpenInference;

    fn usage(output: &str, attributes: &[(&str, i64)]) -> Usage {
        let (trace, id) = (TraceId::from_bytes([1; 16]).unwrap(), SpanId::from_bytes([1; 8]).unwrap());
        let mut span = Span::new(trace, id, "generate", Timestamp::from_nanos(1), Timestamp::from_nanos(2));
        span.attributes = attributes.iter().map(|(key, count)| (*key, *count)).collect();
        span.attributes.push("openinference.span.kind", "LLM");
        span.attributes.push("output.value", output);
        OpenInference.canonical(&span).usage.unwrap()
    }

    const TOTALS: &[(&str, i64)] = &[("llm.token_count.prompt", 207), ("llm.token_count.completion", 22)];
    const ANSWER: &str = "{\"raw\": \"ChatCompletion(id='chatcmpl-1', choices=[Choice(message='usage=CompletionUsage(prompt_tokens=1)')], \
        usage=CompletionUsage(completion_tokens=22, prompt_tokens=207, total_tokens=229, \
        completion_tokens_details=CompletionTokensDetails(audio_tokens=0, reasoning_tokens=6), \
        prompt_tokens_details=PromptTokensDetails(audio_tokens=0, cached_tokens=64)))\"}";

    #[test]
    fn details_of_a_printed_answer_are_read() {
        let read = usage(ANSWER, TOTALS);
        assert_eq!((read.input, read.cache_read, read.reasoning), (Some(207), Some(64), Some(6)));
    }

    #[test]
    fn details_of_other_totals_are_not() {
        let other = [("llm.token_count.prompt", 208), ("llm.token_count.completion", 22)];
        assert_eq!(usage(ANSWER, &other).cache_read, None);
        let excess = ANSWER.replace("cached_tokens=64", "cached_tokens=640");
        assert_eq!(usage(&excess, TOTALS).cache_read, None);
        for broken in ["usage=CompletionUsage(", "usage=CompletionUsage(prompt_tokens=", "prompt_tokens=207"]
        {
            assert_eq!(usage(broken, TOTALS).cache_read, None, "{broken}");
        }
    }
}
