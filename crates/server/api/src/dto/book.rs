//! The price books: their contents, their disagreements, and a reload.

use std::path::Path;

use quipu_core::Usd;
use quipu_prices::{Books, Currency, ListedRule, SourceInfo, USER, Unit, UserBook};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The price books in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PricesAnswer {
    /// Every known book: those in use and earlier versions.
    pub sources: Vec<PriceSource>,
    /// The user's own book, which takes precedence; null without one.
    pub user: Option<UserPrices>,
    /// Display currency; null for US dollars. Answers always use US dollars.
    pub display: Option<DisplayCurrency>,
}

/// One book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PriceSource {
    /// Name.
    pub source: String,
    /// Version.
    pub version: String,
    /// Day or month of its download from the source.
    pub retrieved: String,
    /// Licence of the data, and its holder.
    pub license: String,
    /// Number of models with a price in it.
    pub rules: usize,
    /// Whether new calls are priced with it. Earlier versions explain earlier costs.
    pub in_use: bool,
}

/// The user's own book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserPrices {
    /// Its file; without the folder for callers other than an administrator of the server. Null if it does
    /// not come from a file.
    pub path: Option<String>,
    /// Number of its entries.
    pub entries: usize,
}

/// A display currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DisplayCurrency {
    /// ISO 4217 code.
    pub currency: String,
    /// Units of it per US dollar, decimal text.
    pub rate: String,
    /// Day of that rate.
    pub stated: String,
}

/// Prices of models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PriceModelsAnswer {
    /// The user's own entries, then the entries of each book in look-up order.
    pub models: Vec<PriceModel>,
    /// Whether more models match than the answer has.
    pub more: bool,
}

/// Current prices of one model for small requests, without context. Prices are per million tokens; null if
/// the rule has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PriceModel {
    /// Provider; empty for a user's entry for every provider.
    pub provider: String,
    /// Model.
    pub model: String,
    /// Price of a million input tokens.
    #[schema(value_type = Option<String>)]
    pub input_usd: Option<Usd>,
    /// Price of a million output tokens.
    #[schema(value_type = Option<String>)]
    pub output_usd: Option<Usd>,
    /// Price of a million input tokens read from the cache.
    #[schema(value_type = Option<String>)]
    pub cache_read_usd: Option<Usd>,
    /// Price of a million input tokens written to the cache.
    #[schema(value_type = Option<String>)]
    pub cache_write_usd: Option<Usd>,
    /// Prices of other units.
    pub other: Vec<OtherPrice>,
    /// Whether large requests have another price.
    pub tiered: bool,
    /// Whether some contexts, such as batch processing, have another price.
    pub variants: bool,
    /// Whether the provider has announced the model's retirement.
    pub deprecated: bool,
    /// Book of the prices; `user` for the user's own book.
    pub source: String,
    /// Its version.
    pub version: String,
    /// Id of the rule within it.
    pub id: String,
}

/// The price of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OtherPrice {
    /// Unit, such as `input_audio_tokens` or `web_searches`.
    pub unit: String,
    /// Price of `per` units.
    #[schema(value_type = String)]
    pub price_usd: Usd,
    /// Number of units for `price_usd`.
    pub per: u64,
}

/// Disagreements between the price books.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DisagreementsAnswer {
    /// Disagreements, largest difference first.
    pub disagreements: Vec<Disagreement>,
}

/// A price that differs between two books.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Disagreement {
    /// Provider.
    pub provider: String,
    /// Model, by its name in the second book.
    pub model: String,
    /// Unit, such as `input_tokens`, or `input_tokens above 200000` for large requests.
    pub unit: String,
    /// Price in the first book, which is charged.
    #[schema(value_type = String)]
    pub first_usd: Usd,
    /// Price in the second book.
    #[schema(value_type = String)]
    pub second_usd: Usd,
    /// Difference in percent of the first price; 100 if the first price is zero.
    pub percent: f64,
    /// Id of the rule in the first book.
    pub first_id: String,
    /// Id of the rule in the second book.
    pub second_id: String,
}

/// Result of a reload of the price books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReloadAnswer {
    /// The books in use after the reload.
    pub prices: PricesAnswer,
    /// Notes about the books.
    pub notes: Vec<String>,
}

impl PricesAnswer {
    /// Describes the contents of the books; `user_file` is the path shown for the user's book.
    pub(crate) fn new(books: &Books, user_file: Option<&Path>) -> Self {
        let user = |user: UserBook| UserPrices {
            path: user_file.map(|path| path.display().to_string()),
            entries: user.entries(),
        };
        Self {
            sources: books.sources().into_iter().map(PriceSource::from).collect(),
            user: books.user().filter(|user| user.entries() > 0 || user_file.is_some()).map(user),
            display: books.display().map(DisplayCurrency::from),
        }
    }
}

impl From<SourceInfo> for PriceSource {
    fn from(from: SourceInfo) -> Self {
        let SourceInfo { source, version, retrieved, license, rules, in_use } = from;
        Self { source, version, retrieved, license, rules, in_use }
    }
}

impl From<Currency> for DisplayCurrency {
    fn from(from: Currency) -> Self {
        Self { currency: from.code, rate: from.rate, stated: from.stated.to_string() }
    }
}

/// Units with their own field.
const OWN: [&str; 4] = ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"];

impl From<&ListedRule> for PriceModel {
    fn from(from: &ListedRule) -> Self {
        let price = |name: &str| Unit::by_name(name).and_then(|unit| from.price(unit));
        let [input_usd, output_usd, cache_read_usd, cache_write_usd] = OWN.map(price);
        let others = from.prices.iter().filter(|price| !OWN.contains(&price.unit.name()));
        let other = |price: &quipu_prices::ListedPrice| OtherPrice {
            unit: price.unit.name().to_owned(),
            price_usd: price.price,
            per: price.unit.per(),
        };
        Self {
            provider: from.provider.clone(),
            model: if from.source == USER { from.id.clone() } else { from.model().to_owned() },
            input_usd,
            output_usd,
            cache_read_usd,
            cache_write_usd,
            other: others.map(other).collect(),
            tiered: from.tiered,
            variants: from.variants,
            deprecated: from.deprecated,
            source: from.source.clone(),
            version: from.version.clone(),
            id: from.id.clone(),
        }
    }
}

impl From<quipu_prices::Disagreement> for Disagreement {
    fn from(from: quipu_prices::Disagreement) -> Self {
        Self {
            provider: from.provider,
            model: from.model,
            unit: from.unit,
            first_usd: from.first,
            second_usd: from.second,
            percent: from.percent,
            first_id: from.first_id,
            second_id: from.second_id,
        }
    }
}
