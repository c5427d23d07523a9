//! Estimates of tokens and money for a planned call.

use std::sync::Arc;

use quipu_core::{
    CostEstimate, PriceBook, PriceRequest, Spread, TokenEstimate, Tokenizer, Unpriced, Usage, Usd,
};

use crate::ask::{Ask, Input};
use crate::tally::{Counter, Tally};
use crate::{body, conversation, models};

/// Default output tokens of each requested answer: low, expected, high. A choice, not a measurement.
pub const DEFAULT_OUTPUT: (u64, u64, u64) = (50, 500, 4_000);

/// Estimates calls by a price book. Clones are cheap.
#[derive(Clone)]
pub struct Estimator {
    prices: Arc<dyn PriceBook>,
    tokenizers: Vec<Arc<dyn Tokenizer>>,
}

impl Estimator {
    /// Creates an estimator with these prices and the tokenizers of this crate.
    pub fn new(prices: Arc<dyn PriceBook>) -> Self {
        Self { prices, tokenizers: Vec::new() }
    }

    /// Adds a custom tokenizer, which takes precedence over all earlier ones.
    #[must_use]
    pub fn tokenizer(self, tokenizer: impl Tokenizer + 'static) -> Self {
        self.shared_tokenizer(Arc::new(tokenizer))
    }

    /// [`Self::tokenizer`] for a shared tokenizer.
    #[must_use]
    pub fn shared_tokenizer(mut self, tokenizer: Arc<dyn Tokenizer>) -> Self {
        self.tokenizers.insert(0, tokenizer);
        self
    }

    /// Input tokens of a call.
    pub fn tokens<'a>(&self, model: &str, input: impl Into<Input<'a>>) -> TokenEstimate {
        let own = self.tokenizers.iter().map(|tokenizer| tokenizer.as_ref() as &dyn Tokenizer);
        input_tokens(Counter::of(model, own), model, input.into())
    }

    /// Estimated tokens and cost of a call, by list price and without a cache. The price of an input token
    /// may depend on their number, so each of the three figures is priced separately.
    pub fn estimate(&self, ask: &Ask<'_>) -> CostEstimate {
        let input = self.tokens(ask.model, ask.input);
        let output = output_tokens(ask);
        CostEstimate { input, output, cost: self.cost(ask, &input, &output) }
    }

    fn cost(&self, ask: &Ask<'_>, input: &TokenEstimate, output: &TokenEstimate) -> Result<Spread, Unpriced> {
        let price = |input: u64, output: u64| -> Result<Usd, Unpriced> {
            let usage = if models::embeds(ask.model) {
                Usage { input: Some(input), ..Usage::default() }
            } else {
                Usage::of(input, output)
            };
            let request =
                PriceRequest { provider: ask.provider, ..PriceRequest::new(ask.model, ask.at, &usage) };
            self.prices.price(&request).map(|answer| answer.total)
        };
        Ok(Spread {
            low: price(input.low, output.low)?,
            expected: price(input.expected, output.expected)?,
            high: price(input.high, output.high)?,
        })
    }
}

/// Tokens of an input by a counter.
pub(crate) fn input_tokens(counter: Counter<'_>, model: &str, input: Input<'_>) -> TokenEstimate {
    let mut tally = Tally::new(counter, model);
    match input {
        Input::Text(text) => tally.text(text),
        Input::Messages(all) => conversation::messages(&mut tally, all),
        Input::Json(request) => in_json(&mut tally, &request.to_string()),
        Input::Body(body) => in_json(&mut tally, body),
    }
    tally.estimate()
}

fn in_json(tally: &mut Tally<'_>, body: &str) {
    match quipu_json::raw(body) {
        Ok(request) if request.get().starts_with('{') => {
            body::request(tally, request, models::embeds(tally.model()));
        }
        _ => tally.text(body),
    }
}

/// The output limit of a request, and the number of requested answers.
fn limits(body: &str) -> (Option<u64>, u64) {
    quipu_json::raw(body).map_or((None, 1), |request| (body::max_output(request), body::choices(request)))
}

/// Output tokens: the caller's expectation, between half and twice as many. Otherwise the limit of the
/// request, otherwise [`DEFAULT_OUTPUT`]. Never above the limit.
fn output_tokens(ask: &Ask<'_>) -> TokenEstimate {
    let told = |low, expected, high, method| TokenEstimate { low, expected, high, exact: false, method };
    if models::embeds(ask.model) {
        return TokenEstimate { exact: true, ..told(0, 0, 0, "embeddings have none") };
    }
    let (told_limit, choices) = match ask.input {
        Input::Json(request) => limits(&request.to_string()),
        Input::Body(body) if ask.max_output.is_none() => limits(body),
        Input::Body(_) | Input::Text(_) | Input::Messages(_) => (None, 1),
    };
    let limit = ask.max_output.or(told_limit);
    let within = |tokens: u64| limit.map_or(tokens, |limit| tokens.min(limit));
    match (ask.expected_output, limit) {
        (Some(tokens), limit) => {
            let high = limit.unwrap_or_else(|| tokens.saturating_mul(2));
            told(within(tokens / 2), within(tokens), high.max(within(tokens)), "expected by the caller")
        }
        (None, Some(limit)) => told(DEFAULT_OUTPUT.0.min(limit), limit, limit, "limit of the request"),
        (None, None) => {
            let (low, expected, high) = DEFAULT_OUTPUT;
            let all = |tokens: u64| tokens.saturating_mul(choices);
            told(all(low), all(expected), all(high), "default")
        }
    }
}
