//! Usage of answers that do not tell it.

use quipu_core::Usage;
use quipu_http::wire::Answer;
use quipu_tokens::Estimator;
use serde_json::Value;

/// Fills in what an answer did not tell, from the tokens of what was asked and of what was said. Marked as estimated.
///
/// An answer that failed as a whole has used nothing. One that broke off has told its output too early, if at all: what was
/// said until then counts.
pub(crate) fn complete(answer: &mut Answer, estimator: &Estimator, model: &str, input: impl FnOnce() -> u64) {
    let is_told = answer.usage.as_ref().is_some_and(|usage| usage.input.is_some() || usage.output.is_some());
    if answer.failure.is_some() && !is_told || is_told && answer.is_complete {
        return;
    }
    if answer.output.is_none() && !answer.is_complete && !is_told {
        return;
    }
    let said = answer.output.as_ref().map(text).unwrap_or_default();
    let output = estimator.tokens(model, &said).expected;
    let told = answer.usage.take().unwrap_or_default();
    let before = told.output.unwrap_or(0);
    if is_told && before >= output {
        answer.usage = Some(told);
        return;
    }
    let input = told.input.unwrap_or_else(input);
    answer.usage =
        Some(Usage { input: Some(input), output: Some(output.max(before)), estimated: true, ..told });
}

/// Text, reasoning, and names and arguments of tools.
fn text(output: &Value) -> String {
    let mut said = String::new();
    let parts =
        output.as_array().into_iter().flatten().filter_map(|message| message.get("parts")?.as_array());
    for part in parts.flatten() {
        if let Some(content) = part.get("content").and_then(Value::as_str) {
            said.push_str(content);
        }
        if let Some(name) = part.get("name").and_then(Value::as_str) {
            said.push_str(name);
        }
        match part.get("arguments") {
            Some(Value::String(arguments)) => said.push_str(arguments),
            Some(Value::Null) | None => {}
            Some(arguments) => said.push_str(&arguments.to_string()),
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use quipu_core::{PriceAnswer, PriceBook, PriceRequest, Unpriced};
    use serde_json::json;

    use super::*;

    struct Free;

    impl PriceBook for Free {
        fn price(&self, _request: &PriceRequest<'_>) -> Result<PriceAnswer, Unpriced> {
            Err(Unpriced::NotValidThen)
        }
    }

    fn completed(mut answer: Answer) -> Option<Usage> {
        complete(&mut answer, &Estimator::new(Arc::new(Free)), "gpt-4o", || 7);
        answer.usage
    }

    fn said() -> Option<Value> {
        Some(json!([{"role": "assistant", "parts": [
            {"type": "text", "content": "It is 18 degrees and sunny in Paris, and it will stay so."},
        ]}]))
    }

    #[test]
    fn what_the_provider_told_is_kept() {
        let told = Some(Usage::of(5, 3));
        let answer = Answer { usage: told.clone(), output: said(), is_complete: true, ..Answer::default() };
        assert_eq!(completed(answer), told);
    }

    #[test]
    fn what_nobody_told_is_estimated() {
        let answer = Answer { output: said(), is_complete: true, ..Answer::default() };
        let usage = completed(answer).unwrap_or_default();
        assert!(usage.estimated && usage.input == Some(7) && usage.output > Some(3), "{usage:?}");
    }

    #[test]
    fn a_stream_that_broke_off_counts_what_was_said() {
        let begun = Some(Usage::of(30, 1).cache_read(20));
        let answer = Answer { usage: begun, output: said(), ..Answer::default() };
        let usage = completed(answer).unwrap_or_default();
        assert_eq!((usage.input, usage.cache_read, usage.estimated), (Some(30), Some(20), true));
        assert!(usage.output > Some(3));
        assert_eq!(completed(Answer::default()), None, "nothing came: nothing is known");
    }
}
