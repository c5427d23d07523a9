//! What a price book is asked, and what it answers.

use std::collections::BTreeMap;

use compact_str::CompactString;

use crate::{PriceLine, PriceRef, Timestamp, Unpriced, Usage, Usd};

/// A unit that has a price, by the name that bills and the HTTP interface use: `input_tokens`, `cache_read_tokens`.
pub type PriceUnit = CompactString;

/// One usage to price.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceRequest<'a> {
    /// Provider by any of its names; `None` lets the model decide.
    pub provider: Option<&'a str>,
    /// Model as the source named it.
    pub model: &'a str,
    /// Start of the call.
    pub at: Timestamp,
    /// What changes the price: `processing` = `batch`; `service_tier` = `priority`, `flex`, `fast`, `default`; `speed` = `fast`; `region` …
    pub context: BTreeMap<CompactString, CompactString>,
    /// Tokens used; parts lie within totals as [`Usage`] says.
    pub usage: &'a Usage,
    /// Other units used, such as `web_searches`, `requests`, `audio_seconds`; those of `usage` come on top.
    pub units: BTreeMap<PriceUnit, u64>,
    /// Nanoseconds that the call took, for models that are paid by time.
    pub duration: Option<i64>,
}

impl<'a> PriceRequest<'a> {
    /// A usage of a model at a time, with nothing that changes its price.
    pub fn new(model: &'a str, at: Timestamp, usage: &'a Usage) -> Self {
        let (context, units) = (BTreeMap::new(), BTreeMap::new());
        Self { provider: None, model, at, context, usage, units, duration: None }
    }
}

/// A price with all of its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceAnswer {
    /// Sum of all lines.
    pub total: Usd,
    /// Sum of the lines for input.
    pub input: Usd,
    /// Sum of the lines for output.
    pub output: Usd,
    /// One line a unit.
    pub lines: Vec<PriceLine>,
    /// The rule used.
    pub rule: PriceRef,
    /// Prices that stood in for missing ones, in words: `cache_write_1h_tokens priced as cache_write_tokens`.
    pub fallbacks: Vec<CompactString>,
}

/// Knows what models cost. No I/O: it is asked for every call.
pub trait PriceBook: Send + Sync {
    /// Prices one usage, exactly.
    ///
    /// # Errors
    /// There is no price, for the reason given; an unknown price is never zero.
    fn price(&self, request: &PriceRequest<'_>) -> Result<PriceAnswer, Unpriced>;

    /// Prices one usage as `rule` did, in the version that it was in: how a stored cost is explained.
    ///
    /// # Errors
    /// There is no such rule any more, or as for [`Self::price`].
    fn explain(&self, request: &PriceRequest<'_>, rule: &PriceRef) -> Result<PriceAnswer, Unpriced> {
        let answer = self.price(request)?;
        if answer.rule == *rule { Ok(answer) } else { Err(Unpriced::NotValidThen) }
    }
}
