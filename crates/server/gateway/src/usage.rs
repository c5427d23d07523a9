//! Estimated usage of answers that do not report it.

use bytes::Bytes;
use quipu_core::Usage;
use quipu_http::wire::Answer;
use quipu_tokens::{Estimator, Input};
use serde_json::Value;

use crate::money::BYTES_PER_TOKEN;

/// The known facts about a call apart from its answer.
pub(crate) struct Unsaid {
    pub estimator: Estimator,
    pub model: String,
    /// The input tokens, if they were already estimated.
    pub input: Option<u64>,
    /// The request's body, decompressed.
    pub body: Option<Bytes>,
    /// Its original length.
    pub length: usize,
    /// The assumed output tokens of an answer of which nothing came.
    pub output: u64,
    /// The most that the call can use.
    pub most: Most,
    /// Whether the call returns embeddings, which have no output tokens.
    pub is_embedding: bool,
}

/// The upper bound of a call's usage. Its reservation has the same figures.
#[derive(Debug, Clone, Default)]
pub(crate) struct Most {
    /// The input tokens by a high estimate; `None` if the input was not estimated.
    pub input: Option<u64>,
    /// The output tokens.
    pub output: u64,
    /// The requested service tier, if it costs more than the usual one.
    pub tier: Option<String>,
}

impl Unsaid {
    fn input(&self) -> u64 {
        let body = self.body.as_ref().and_then(|body| std::str::from_utf8(body).ok());
        let counted = || match body {
            Some(body) => self.estimator.tokens(&self.model, Input::Body(body)).expected,
            None => u64::try_from(self.length / BYTES_PER_TOKEN).unwrap_or(u64::MAX),
        };
        self.input.unwrap_or_else(counted)
    }

    /// Returns whether the reported figures can be right: a request has input, and an answer with contents
    /// has output.
    fn is_plausible(&self, answer: &Answer, told: &Usage) -> bool {
        let has_output = self.is_embedding || answer.output.is_none() || told.output.is_some_and(|n| n > 0);
        has_output && told.input.is_some_and(|input| input > 0)
    }

    /// The output tokens of an answer whose usage is hidden. If a budget judges the call, the reasoning that
    /// a model does not show counts by its upper bound: a client gains nothing from a stream without usage.
    fn hidden(&self, answer: &Answer) -> u64 {
        let said = self.said(answer);
        let times = quipu_tokens::reasoning(&self.model);
        let is_shown = answer.output.as_ref().is_some_and(has_reasoning);
        if times == 1 || is_shown || self.most.input.is_none() {
            return said;
        }
        let most = if said == 0 { self.most.output } else { said.saturating_mul(times) };
        most.min(self.most.output).max(said)
    }

    /// The output tokens of an answer, as far as it arrived.
    fn said(&self, answer: &Answer) -> u64 {
        let said = answer.output.as_ref().map(text).unwrap_or_default();
        let tokens = self.estimator.tokens(&self.model, &said).expected;
        let (all, held) = (u128::from(answer.said_bytes), said.len() as u128);
        if held == 0 || all <= held {
            return tokens;
        }
        u64::try_from(u128::from(tokens) * all / held).unwrap_or(u64::MAX)
    }
}

/// Fills in missing usage from the tokens of request and answer, and marks it as estimated.
///
/// A failed answer has used nothing, unless the model had begun to answer. An interrupted answer reports its
/// output too early or not at all, so the received part counts. An answer of which nothing came counts with
/// the usual output of such a call, because the provider has processed the request. An answer that passed
/// unread counts with the most that the call can use. So a client gains nothing from an answer that is
/// compressed in another way, or that passes while memory is short. Reported figures that cannot be right,
/// such as no input or no output of an answer with text, are replaced by the estimate.
pub(crate) fn complete(answer: &mut Answer, unsaid: Unsaid) {
    let is_told = answer.usage.as_ref().is_some_and(|usage| usage.input.is_some() || usage.output.is_some());
    let is_plausible = answer.usage.as_ref().is_some_and(|usage| unsaid.is_plausible(answer, usage));
    let failed = answer.failure.is_some() || answer.status >= 400;
    let has_begun = answer.status < 400 && answer.output.is_some();
    if failed && !is_told && !has_begun || is_plausible && answer.is_complete {
        return;
    }
    if answer.is_unread {
        let input = unsaid.input().max(unsaid.most.input.unwrap_or(0));
        answer.usage = Some(Usage { estimated: true, ..Usage::of(input, unsaid.most.output) });
        answer.service_tier = unsaid.most.tier;
        return;
    }
    let is_read = answer.output.is_some() || answer.is_complete && !answer.is_cut && answer.id.is_some();
    let output = match (is_told, is_read) {
        (true, _) => unsaid.said(answer),
        (false, true) => unsaid.hidden(answer),
        (false, false) => unsaid.output,
    };
    let told = answer.usage.take().unwrap_or_default();
    let before = told.output.unwrap_or(0);
    if is_plausible && before >= output {
        answer.usage = Some(told);
        return;
    }
    let input = told.input.filter(|input| *input > 0).unwrap_or_else(|| unsaid.input());
    answer.usage =
        Some(Usage { input: Some(input), output: Some(output.max(before)), estimated: true, ..told });
}

/// Whether an answer shows the reasoning of its model.
fn has_reasoning(output: &Value) -> bool {
    let mut messages = output.as_array().into_iter().flatten();
    messages.any(|message| {
        let parts = message.get("parts").and_then(Value::as_array).into_iter().flatten();
        parts.filter_map(|part| part.get("type")).any(|kind| kind == "reasoning")
    })
}

/// Collects text, reasoning, and the names and arguments of tools.
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

    fn most() -> Most {
        Most { input: Some(70), output: 9_000, tier: Some("priority".to_owned()) }
    }

    fn completed(answer: Answer) -> Option<Usage> {
        completed_by("gpt-4o", answer)
    }

    fn completed_by(model: &str, mut answer: Answer) -> Option<Usage> {
        let estimator = Estimator::new(Arc::new(Free));
        let model = model.to_owned();
        complete(
            &mut answer,
            Unsaid {
                estimator,
                model,
                input: Some(7),
                body: None,
                length: 0,
                output: 500,
                most: most(),
                is_embedding: false,
            },
        );
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
    fn figures_that_cannot_be_right_are_replaced() {
        for told in [
            Usage { input: Some(10), ..Usage::default() },
            Usage { output: Some(0), input: Some(10), ..Usage::default() },
            Usage { output: Some(3), ..Usage::default() },
            Usage::of(0, 0),
        ] {
            let answer =
                Answer { usage: Some(told.clone()), output: said(), is_complete: true, ..Answer::default() };
            let usage = completed(answer).unwrap_or_default();
            assert!(
                usage.estimated && usage.input >= Some(7) && usage.output > Some(3),
                "{told:?}: {usage:?}"
            );
        }
        let none_said = Usage { input: Some(10), ..Usage::default() };
        let answer = Answer { usage: Some(none_said.clone()), is_complete: true, ..Answer::default() };
        assert_eq!(completed(answer), Some(none_said), "a blocked prompt has no output");
    }

    #[test]
    fn reasoning_that_is_not_shown_counts_by_its_bound() {
        let answer = |output| Answer { output, is_complete: true, id: Some("c".into()), ..Answer::default() };
        let output = |model: &str, said: Option<Value>| {
            completed_by(model, answer(said)).and_then(|usage| usage.output).unwrap_or_default()
        };
        assert!(output("o3", said()) >= output("gpt-4o", said()) * 7);
        assert_eq!((output("o3", None), output("gpt-4o", None)), (9_000, 0), "all of it was reasoning");
        let mut shown = said();
        if let Some(part) = shown.as_mut().and_then(|output| output.pointer_mut("/0/parts/0/type")) {
            *part = json!("reasoning");
        }
        assert_eq!(output("o3", shown), output("o3", said()) / 8);
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
    }

    #[test]
    fn an_answer_that_nobody_could_read_counts_as_usual() {
        for answer in [
            Answer::default(),
            Answer { status: 200, ..Answer::default() },
            Answer { status: 200, is_complete: true, ..Answer::default() },
        ] {
            let usage = completed(answer).unwrap_or_default();
            assert_eq!((usage.input, usage.output, usage.estimated), (Some(7), Some(500), true));
        }
        assert_eq!(completed(Answer { status: 500, ..Answer::default() }), None, "a failure is free");
    }

    #[test]
    fn an_answer_that_passed_unread_counts_with_its_most() {
        let mut answer = Answer { status: 200, is_unread: true, ..Answer::default() };
        let usage = completed(answer.clone()).unwrap_or_default();
        assert_eq!((usage.input, usage.output, usage.estimated), (Some(70), Some(9_000), true));
        answer.status = 500;
        assert_eq!(completed(answer), None, "a failure is free");
    }

    #[test]
    fn an_error_within_a_stream_does_not_make_its_beginning_free() {
        let failure = Some(quipu_http::wire::Failure::default());
        let answer = Answer { status: 200, failure, output: said(), ..Answer::default() };
        let usage = completed(answer).unwrap_or_default();
        assert!(usage.estimated && usage.input == Some(7) && usage.output > Some(3), "{usage:?}");
    }

    #[test]
    fn what_was_said_beyond_the_sample_counts_by_its_length() {
        let one = completed(Answer { output: said(), is_complete: true, ..Answer::default() });
        let all =
            completed(Answer { output: said(), is_complete: true, said_bytes: 56 * 10, ..Answer::default() });
        let output = |usage: Option<Usage>| usage.and_then(|usage| usage.output).unwrap_or_default();
        assert!(output(all.clone()) >= output(one.clone()) * 9, "{one:?} {all:?}");
    }
}
