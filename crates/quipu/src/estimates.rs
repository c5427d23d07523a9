//! Estimates by the library that was installed in this process.

use quipu_runtime::Basis;
use quipu_tokens::{Ask, CostEstimate, Estimator, Input};

/// What a call made now may take and cost: by the prices and tokenizers of the library that was installed in this process, by the
/// vendored prices before there is one.
///
/// ```
/// let estimate = quipu::estimate("gpt-4o", "What is the weather in Paris?");
/// assert!(estimate.input.exact);
/// # let _ = estimate.cost;
/// ```
pub fn estimate<'a>(model: &'a str, input: impl Into<Input<'a>>) -> CostEstimate {
    estimator().estimate(&Ask::new(model, input))
}

/// What [`estimate`] estimates with, for calls of which more is known: how long an answer is expected, at which provider.
pub fn estimator() -> Estimator {
    of(Basis::installed())
}

pub(crate) fn of(basis: Basis) -> Estimator {
    let Basis { prices, tokenizers } = basis;
    // Those first in the list are asked first, and each is put in front.
    tokenizers.into_iter().rev().fold(Estimator::new(prices), Estimator::shared_tokenizer)
}
