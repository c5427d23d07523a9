//! Models of the price books, for comparisons.

use compact_str::CompactString;
use quipu_core::{PriceBook, Timestamp, Usd};
use quipu_prices::{Books, provider_id};

/// A model that a provider sells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Id of the provider.
    pub provider: CompactString,
    /// Name of the model in requests.
    pub model: CompactString,
    /// Price of a million input tokens.
    pub input: Usd,
    /// Price of a million output tokens.
    pub output: Usd,
}

/// A price book that can say what it holds.
pub trait Catalog: PriceBook {
    /// Every model with a price for input and for output tokens at `at`, without those that are to be
    /// retired.
    fn offers(&self, at: Timestamp) -> Vec<Offer>;

    /// The id of a provider, by any of its names.
    fn provider_id(&self, name: &str) -> CompactString;
}

impl Catalog for Books {
    fn offers(&self, at: Timestamp) -> Vec<Offer> {
        let kept = self.models(at).filter(|model| !model.deprecated);
        kept.map(|model| Offer {
            provider: model.provider.into(),
            model: model.model.into(),
            input: model.input,
            output: model.output,
        })
        .collect()
    }

    fn provider_id(&self, name: &str) -> CompactString {
        let hyphened = name.trim().to_lowercase().replace(['_', ' '], "-");
        provider_id(&hyphened)
            .map_or_else(|| CompactString::from(hyphened.as_str()), CompactString::const_new)
    }
}
