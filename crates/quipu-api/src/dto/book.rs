//! The price books: their contents, their disagreements, and a reload.

use std::path::Path;

use quipu_core::Usd;
use quipu_prices::{Books, Currency, ListedRule, SourceInfo, USER, Unit, UserBook};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The price books in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PricesAnswer {
    /// Every book that is known, those in use and earlier versions.
    pub sources: Vec<PriceSource>,
    /// The user's own book, which always wins; null when there is none.
    pub user: Option<UserPrices>,
    /// Another currency to show money in; null for US dollars. Every answer stays in US dollars.
    pub display: Option<DisplayCurrency>,
}

/// One book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PriceSource {
    /// Name.
    pub source: String,
    /// Version.
    pub version: String,
    /// Day or month on which it was taken from its source.
    pub retrieved: String,
    /// Licence of the data, with its holder.
    pub license: String,
    /// Models that it has a price for.
    pub rules: usize,
    /// Whether new calls are priced by it; earlier versions explain earlier costs.
    pub in_use: bool,
}

/// The user's own book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserPrices {
    /// Its file, for anyone but an administrator of the server without its folder; null when it was given in
    /// another way.
    pub path: Option<String>,
    /// Entries in it.
    pub entries: usize,
}

/// A currency to show money in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DisplayCurrency {
    /// ISO 4217 code.
    pub currency: String,
    /// Units of it for one US dollar, decimal text.
    pub rate: String,
    /// Day on which that rate held.
    pub stated: String,
}

/// Prices of models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PriceModelsAnswer {
    /// The user's own entries, then book by book in the order in which they are tried.
    pub models: Vec<PriceModel>,
    /// Whether more match than are given.
    pub more: bool,
}

/// Prices of one model now, without any context, for small requests. Prices are per million tokens; null
/// where the rule has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PriceModel {
    /// Provider; empty for an entry of the user that is for every provider.
    pub provider: String,
    /// Model.
    pub model: String,
    /// A million input tokens.
    #[schema(value_type = Option<String>)]
    pub input_usd: Option<Usd>,
    /// A million output tokens.
    #[schema(value_type = Option<String>)]
    pub output_usd: Option<Usd>,
    /// A million input tokens read from the cache.
    #[schema(value_type = Option<String>)]
    pub cache_read_usd: Option<Usd>,
    /// A million input tokens written to the cache.
    #[schema(value_type = Option<String>)]
    pub cache_write_usd: Option<Usd>,
    /// Prices of other units, and the number of units per price.
    pub other: Vec<OtherPrice>,
    /// Whether large requests cost another price.
    pub tiered: bool,
    /// Whether some contexts, such as batch processing, cost another price.
    pub variants: bool,
    /// Whether the provider means to retire the model.
    pub deprecated: bool,
    /// Book that the prices are from; `user` for the user's own.
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
    /// How many units that buys.
    pub per: u64,
}

/// Disagreements between the price books.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DisagreementsAnswer {
    /// Those furthest apart first.
    pub disagreements: Vec<Disagreement>,
}

/// One price that two books state differently.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Disagreement {
    /// Provider.
    pub provider: String,
    /// The model as the second book names it.
    pub model: String,
    /// Unit, such as `input_tokens`, or `input_tokens above 200000` for large requests.
    pub unit: String,
    /// Price by the first book, which is the one charged.
    #[schema(value_type = String)]
    pub first_usd: Usd,
    /// Price by the second book.
    #[schema(value_type = String)]
    pub second_usd: Usd,
    /// How far the second is from the first, in percent of the first; 100 where the first is free.
    pub percent: f64,
    /// Id of the rule in the first book.
    pub first_id: String,
    /// Id of the rule in the second book.
    pub second_id: String,
}

/// Result of a reload of the price books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReloadAnswer {
    /// The books in use from now on.
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
