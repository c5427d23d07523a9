//! Every rule with its prices, for people to read.

use quipu_core::{Timestamp, Usd};

use crate::schema::Body;
use crate::{Book, Unit};

/// A rule of a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRule {
    /// Name of the book, such as `genai-prices`.
    pub source: &'static str,
    /// Id of the provider.
    pub provider: &'static str,
    /// Id of the rule within the book, such as `openai/gpt-4o`.
    pub id: &'static str,
    /// The prices without any context, for small requests.
    pub prices: Vec<ListedPrice>,
    /// Whether large requests cost another price.
    pub tiered: bool,
    /// Whether some contexts, such as batch processing, cost another price.
    pub variants: bool,
    /// Whether the provider means to retire the model.
    pub deprecated: bool,
}

/// The price of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedPrice {
    /// The unit.
    pub unit: Unit,
    /// Price of [`Unit::per`] of it.
    pub price: Usd,
}

impl Book {
    /// Every rule with the prices that hold at `at`, book by book, in the order in which they are tried.
    pub fn list(&self, at: Timestamp) -> impl Iterator<Item = ListedRule> {
        self.books().iter().flat_map(move |book| {
            book.rules().providers.iter().flat_map(move |provider| {
                provider.rules.iter().filter_map(move |rule| {
                    let body: Body<'_> = postcard::from_bytes(rule.body).ok()?;
                    let dated = body.dated(at)?;
                    let listed = |price: &crate::schema::Price| ListedPrice {
                        unit: price.unit,
                        price: price.price.usd(),
                    };
                    Some(ListedRule {
                        source: book.info.source,
                        provider: provider.id,
                        id: rule.id,
                        prices: dated.prices.iter().map(listed).collect(),
                        tiered: dated.prices.iter().any(|price| !price.tiers.is_empty()),
                        variants: !body.variants.is_empty(),
                        deprecated: body.deprecated,
                    })
                })
            })
        })
    }
}
