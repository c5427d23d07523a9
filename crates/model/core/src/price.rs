//! Requests to a price book, and its answers.

use std::collections::BTreeMap;

use compact_str::CompactString;

use crate::{PriceLine, PriceRef, Timestamp, Unpriced, Usage, Usd};

/// A priced unit, by its name in bills and the HTTP API: `input_tokens`, `cache_read_tokens`.
pub type PriceUnit = CompactString;

/// One usage to price.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceRequest<'a> {
    /// Provider by any of its names; `None` if the model alone decides.
    pub provider: Option<&'a str>,
    /// Model as the source named it.
    pub model: &'a str,
    /// Start of the call.
    pub at: Timestamp,
    /// Conditions of the price: `processing` = `batch`; `service_tier` = `priority`, `flex`, `fast`,
    /// `default`; `speed` = `fast`; `region` …
    pub context: BTreeMap<CompactString, CompactString>,
    /// Tokens used; details are parts of totals as in [`Usage`].
    pub usage: &'a Usage,
    /// Other units used, such as `web_searches`, `requests`, `audio_seconds`, in addition to those of
    /// `usage`.
    pub units: BTreeMap<PriceUnit, u64>,
    /// Duration of the call in nanoseconds, for models that are billed by time.
    pub duration: Option<i64>,
}

impl<'a> PriceRequest<'a> {
    /// A usage of a model at a time, without price conditions.
    pub fn new(model: &'a str, at: Timestamp, usage: &'a Usage) -> Self {
        let (context, units) = (BTreeMap::new(), BTreeMap::new());
        Self { provider: None, model, at, context, usage, units, duration: None }
    }
}

/// A price with its explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceAnswer {
    /// Sum of all lines.
    pub total: Usd,
    /// Sum of the lines for input.
    pub input: Usd,
    /// Sum of the lines for output.
    pub output: Usd,
    /// One line for each unit.
    pub lines: Vec<PriceLine>,
    /// The applied rule.
    pub rule: PriceRef,
    /// Substitutes for missing prices, in words: `cache_write_1h_tokens priced as cache_write_tokens`.
    pub fallbacks: Vec<CompactString>,
}

/// A table of model prices. No I/O, because every call asks it.
pub trait PriceBook: Send + Sync {
    /// Prices one usage, exactly.
    ///
    /// # Errors
    /// The reason for a missing price; an unknown price is never zero.
    fn price(&self, request: &PriceRequest<'_>) -> Result<PriceAnswer, Unpriced>;

    /// Prices one usage by `rule` in the version that it names, to explain a stored cost.
    ///
    /// # Errors
    /// The rule no longer exists, or an error of [`Self::price`].
    fn explain(&self, request: &PriceRequest<'_>, rule: &PriceRef) -> Result<PriceAnswer, Unpriced> {
        let answer = self.price(request)?;
        if answer.rule == *rule { Ok(answer) } else { Err(Unpriced::NotValidThen) }
    }
}
