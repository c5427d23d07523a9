//! Estimates with the library that is installed in this process.

use quipu_runtime::Basis;
use quipu_tokens::{Ask, CostEstimate, Estimator, Input};

/// Estimates tokens and cost of a call made now. It uses the prices and tokenizers of the installed library,
/// or the vendored prices if there is none.
///
/// ```
/// let estimate = quipu::estimate("gpt-4o", "What is the weather in Paris?");
/// assert!(estimate.input.exact);
/// # let _ = estimate.cost;
/// ```
pub fn estimate<'a>(model: &'a str, input: impl Into<Input<'a>>) -> CostEstimate {
    estimator().estimate(&Ask::new(model, input))
}

/// The estimator of [`estimate`], for calls with more known parameters: the expected length of the answer,
/// the provider.
///
/// ```
/// use quipu::tokens::Ask;
///
/// let estimate = quipu::estimator().estimate(&Ask::new("gpt-4o", "What is a quipu?").provider("openai"));
/// assert!(estimate.input.expected > 0);
/// ```
pub fn estimator() -> Estimator {
    of(Basis::installed())
}

pub(crate) fn of(basis: Basis) -> Estimator {
    let Basis { prices, tokenizers, .. } = basis;
    // Tokenizers at the front of the list come first, and each call adds one at the front.
    tokenizers.into_iter().rev().fold(Estimator::new(prices), Estimator::shared_tokenizer)
}
