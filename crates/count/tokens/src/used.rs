//! Estimated usage of a finished call, from its messages.

use quipu_core::{Message, Messages, TokenEstimate};

use crate::ask::Input;
use crate::conversation;
use crate::estimator::input_tokens;
use crate::models;
use crate::tally::{Counter, Tally};

/// Tokens that messages may lack of what goes in: tools, schemas and instructions that sources do not record.
const UNSEEN_INPUT: u64 = 300;
/// Tokens that an answer may lack: framing of tool calls, and short reasoning.
const UNSEEN_OUTPUT: u64 = 80;
/// Times the answer that reasoning, which no source records, may take in all.
const REASONING: u64 = 8;
/// Lower bound in percent of the expected count: a provider may count fewer tokens than the messages have.
const FEWER: u64 = 50;
/// Part by which they may be too few, in percent.
const MORE: u64 = 25;

/// The estimated usage of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// Tokens that went in.
    pub input: TokenEstimate,
    /// Tokens that came out.
    pub output: TokenEstimate,
}

/// Estimates the usage of a call from its messages; `None` if input or output is missing. The intervals are
/// wider than those of an estimate before a call, because sources leave out parts of the request.
/// `docs/guide/estimates.md` lists the bounds.
pub fn used(said: &Messages, model: &str) -> Option<Used> {
    let embeds = models::embeds(model);
    if said.input.is_empty() || (said.output.is_empty() && !embeds) {
        return None;
    }
    let input = input_tokens(Counter::of(model, []), model, Input::Messages(&said.input));
    Some(Used {
        input: widened(input, UNSEEN_INPUT, 1),
        output: if embeds {
            NOTHING
        } else {
            widened(answer(&said.output, model), UNSEEN_OUTPUT, reasoning(model))
        },
    })
}

const NOTHING: TokenEstimate =
    TokenEstimate { low: 0, expected: 0, high: 0, exact: true, method: "embeddings have none" };

/// The tokens of an answer, without the framing of what goes in.
fn answer(output: &[Message], model: &str) -> TokenEstimate {
    let mut tally = Tally::new(Counter::of(model, []), model);
    conversation::parts(&mut tally, output);
    tally.estimate()
}

/// How often the counted answer may lie in all that came out: more than once for models whose reasoning is
/// billed and not shown.
pub fn reasoning(model: &str) -> u64 {
    let name = model.rsplit('/').next().unwrap_or(model);
    let reasons = ["o1", "o3", "o4", "gpt-5", "deepseek-r", "gemini-2.5", "gemini-3", "magistral", "qwq"];
    let thinks = name.contains("thinking") || name.contains("reason");
    if thinks || reasons.iter().any(|start| name.starts_with(start)) { REASONING } else { 1 }
}

fn widened(of: TokenEstimate, unseen: u64, times: u64) -> TokenEstimate {
    let percent = |tokens: u64, percent: u64| tokens.saturating_mul(percent) / 100;
    TokenEstimate {
        low: of.low.min(percent(of.expected, FEWER)),
        high: percent(of.high, 100 + MORE).saturating_mul(times).saturating_add(unseen),
        exact: false,
        ..of
    }
}

#[cfg(test)]
mod tests {
    use quipu_core::{Part, Role};

    use super::*;

    fn said(role: Role, text: &str) -> Vec<Message> {
        vec![Message { role, parts: vec![Part::Text(text.to_owned())], finish_reason: None }]
    }

    #[test]
    fn a_call_without_an_answer_has_no_estimate() {
        let asked = Messages { input: said(Role::User, "How warm is it?"), ..Messages::default() };
        assert_eq!(used(&asked, "gpt-4o"), None);
        let embedded = used(&asked, "text-embedding-3-small").unwrap();
        assert!(embedded.input.expected > 0 && embedded.output.high == 0);
    }

    #[test]
    fn longer_messages_use_more_and_the_expected_lies_within() {
        let one = |words: usize, model: &str| {
            let text = "It is warm and sunny. ".repeat(words);
            let said = Messages {
                input: said(Role::User, &text),
                output: said(Role::Assistant, &text),
                ..Messages::default()
            };
            used(&said, model).unwrap()
        };
        for model in ["gpt-4o", "gpt-5", "claude-sonnet-4-5", "gemini-2.5-flash", "unknown"] {
            let (short, long) = (one(1, model), one(100, model));
            for (less, more) in [(short.input, long.input), (short.output, long.output)] {
                assert!(less.expected < more.expected, "{model}");
                assert!(less.low <= less.expected && less.expected <= less.high, "{model}");
                assert!(more.low <= more.expected && more.expected <= more.high, "{model}");
            }
        }
        assert!(one(9, "gpt-5").output.high > one(9, "gpt-4o").output.high);
    }
}
