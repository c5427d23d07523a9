//! Token usage of one call, in buckets that do not overlap.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::PriceUnit;

/// Relation of a source's `input` figure to its cached tokens, and how it was decided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reading {
    /// Input includes cached tokens, as this source is known to report it.
    #[default]
    Inclusive,
    /// Input excludes cached tokens, as this source is known to report it.
    Exclusive,
    /// The figures prove that input includes cached tokens.
    ProvenInclusive,
    /// The figures prove that input excludes cached tokens.
    ProvenExclusive,
    /// Neither known nor proven: the provider's usual reporting was assumed.
    Inferred,
}

impl Reading {
    /// The reading as a stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Inclusive => "inclusive",
            Self::Exclusive => "exclusive",
            Self::ProvenInclusive => "proven_inclusive",
            Self::ProvenExclusive => "proven_exclusive",
            Self::Inferred => "inferred",
        }
    }

    /// The reading in words for the user.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inclusive => "this source sends input with cached tokens included",
            Self::Exclusive => "this source sends input without cached tokens",
            Self::ProvenInclusive => "the figures prove that the input includes cached tokens",
            Self::ProvenExclusive => "the figures prove that the input excludes cached tokens",
            Self::Inferred => "neither known nor proven: input is assumed to include cached tokens",
        }
    }
}

/// Token usage of one call. `None` means that the source did not report a figure; zero means that it reported
/// zero.
///
/// `input` holds every input token and `output` every output token; all other fields are parts of one of the
/// two.
///
/// ```
/// use quipu_core::Usage;
///
/// let usage = Usage { cache_read: Some(64), ..Usage::from((1_200, 85)) };
/// assert_eq!((usage.input, usage.output), (Some(1_200), Some(85)));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Usage {
    /// All input tokens, including cache reads and writes.
    pub input: Option<u64>,
    /// Part of `input` that was read from the provider's prompt cache.
    pub cache_read: Option<u64>,
    /// Part of `input` that was written to the provider's prompt cache, with any lifetime.
    pub cache_write: Option<u64>,
    /// Part of `cache_write` kept for 5 minutes.
    pub cache_write_5m: Option<u64>,
    /// Part of `cache_write` kept for 1 hour.
    pub cache_write_1h: Option<u64>,
    /// Part of `input` that is audio.
    pub input_audio: Option<u64>,
    /// Part of `input` that is images.
    pub input_image: Option<u64>,
    /// Part of `cache_read` that is audio.
    pub cache_read_audio: Option<u64>,
    /// Part of `input` that server-side tools added to the prompt.
    pub tool_prompt: Option<u64>,
    /// All output tokens, including reasoning.
    pub output: Option<u64>,
    /// Part of `output` spent on reasoning.
    pub reasoning: Option<u64>,
    /// Part of `output` that is audio.
    pub output_audio: Option<u64>,
    /// Part of `output` that is images.
    pub output_image: Option<u64>,
    /// Other units that are charged, such as `web_searches`.
    pub units: BTreeMap<PriceUnit, u64>,
    /// Relation of `input` to the cached tokens.
    pub reading: Reading,
    /// Whether the figures are the client's own estimate, not the provider's count.
    pub estimated: bool,
}

impl From<(u64, u64)> for Usage {
    /// Input and output tokens.
    fn from((input, output): (u64, u64)) -> Self {
        Self::of(input, output)
    }
}

impl Usage {
    /// Input and output tokens, including cached and reasoning ones.
    #[inline]
    pub fn of(input: u64, output: u64) -> Self {
        Self { input: Some(input), output: Some(output), ..Self::default() }
    }

    /// Sets the number of input tokens read from the provider's prompt cache.
    #[inline]
    #[must_use]
    pub const fn cache_read(mut self, tokens: u64) -> Self {
        self.cache_read = Some(tokens);
        self
    }

    /// Sets the number of input tokens written to the provider's prompt cache.
    #[inline]
    #[must_use]
    pub const fn cache_write(mut self, tokens: u64) -> Self {
        self.cache_write = Some(tokens);
        self
    }

    /// Sets the number of output tokens spent on reasoning.
    #[inline]
    #[must_use]
    pub const fn reasoning(mut self, tokens: u64) -> Self {
        self.reasoning = Some(tokens);
        self
    }

    /// Sets the number of another charged unit, such as `web_searches`.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<PriceUnit>, count: u64) -> Self {
        self.units.insert(unit.into(), count);
        self
    }

    /// Whether the source reported input or output.
    pub const fn is_known(&self) -> bool {
        self.input.is_some() || self.output.is_some()
    }

    /// Whether the source reported tokens. No call uses none: zeros stand for figures that an instrumentation
    /// missed, such as those of a stream.
    pub fn has_figures(&self) -> bool {
        self.input.unwrap_or(0) > 0 || self.output.unwrap_or(0) > 0
    }

    /// Input tokens that were neither read from nor written to a cache.
    pub fn input_uncached(&self) -> u64 {
        let cached = self.cache_read.unwrap_or(0).saturating_add(self.cache_write.unwrap_or(0));
        self.input.unwrap_or(0).saturating_sub(cached)
    }

    /// The totals for display.
    pub fn tokens(&self) -> Tokens {
        Tokens {
            input: self.input.unwrap_or(0),
            output: self.output.unwrap_or(0),
            cache_read: self.cache_read.unwrap_or(0),
            cache_write: self.cache_write.unwrap_or(0),
            reasoning: self.reasoning.unwrap_or(0),
        }
    }

    /// Number of details (cache read, cache write, reasoning) that the source reported: the better record of
    /// one call has more.
    pub fn details(&self) -> u32 {
        [self.cache_read, self.cache_write, self.reasoning].iter().map(|part| u32::from(part.is_some())).sum()
    }
}

/// Token totals. `cache_read` and `cache_write` are parts of `input`, `reasoning` is part of `output`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tokens {
    /// All input tokens.
    pub input: u64,
    /// All output tokens.
    pub output: u64,
    /// Input tokens read from a cache.
    pub cache_read: u64,
    /// Input tokens written to a cache.
    pub cache_write: u64,
    /// Output tokens spent on reasoning.
    pub reasoning: u64,
}

impl Tokens {
    /// Input and output together.
    pub const fn total(&self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// Adds figure by figure; saturates.
    #[must_use]
    pub const fn plus(&self, other: &Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            output: self.output.saturating_add(other.output),
            cache_read: self.cache_read.saturating_add(other.cache_read),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            reasoning: self.reasoning.saturating_add(other.reasoning),
        }
    }
}
