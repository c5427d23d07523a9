//! Counts without a price book.

use quipu_core::TokenEstimate;

use crate::ask::Input;
use crate::estimator::input_tokens;
use crate::tally::Counter;

/// Tokens of a text as a model counts them, without any framing: exact for OpenAI's models, else low, likely and high by a documented
/// approximation. Any text is counted in a time that grows with its length only.
///
/// ```
/// let count = quipu_tokens::tokens("hello world", "gpt-4o");
/// assert_eq!((count.expected, count.exact), (2, true));
/// ```
pub fn tokens(text: &str, model: &str) -> TokenEstimate {
    input(Input::Text(text), model)
}

/// Tokens that go into a call of a model.
pub fn input(input: Input<'_>, model: &str) -> TokenEstimate {
    input_tokens(Counter::of(model, []), model, input)
}
