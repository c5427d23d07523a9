//! Token counts without a price book.

use quipu_core::TokenEstimate;

use crate::ask::Input;
use crate::estimator::input_tokens;
use crate::tally::Counter;

/// Tokens of a text for a model, without framing. Exact for OpenAI's models; otherwise low, likely and high
/// by a documented approximation. The time is linear in the length of any text.
///
/// ```
/// let count = quipu_tokens::tokens("hello world", "gpt-4o");
/// assert_eq!((count.expected, count.exact), (2, true));
/// ```
pub fn tokens(text: &str, model: &str) -> TokenEstimate {
    input(Input::Text(text), model)
}

/// Input tokens of a call of a model.
pub fn input(input: Input<'_>, model: &str) -> TokenEstimate {
    input_tokens(Counter::of(model, []), model, input)
}
