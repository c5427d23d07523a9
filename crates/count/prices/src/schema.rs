//! Format of the price data file. `cargo xtask prices` writes it, and this crate embeds it.
//!
//! The file is one postcard record ([`File`]) that holds every book as bytes, so a book is decoded only when
//! it is used. Within a book, the prices of a rule are bytes too, decoded when the rule is first used.

use quipu_core::Usd;
use serde::{Deserialize, Serialize};

use crate::Unit;

/// The format version that this code reads and writes.
pub const FORMAT: u32 = 1;

/// A data file that this code cannot read.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The record does not have the expected structure.
    #[error("the price data cannot be decoded: {0}")]
    Shape(#[from] postcard::Error),
    /// The format belongs to another version of this code.
    #[error("the price data has format {0}, this program reads format {FORMAT}")]
    Format(u32),
}

/// The whole file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct File<'a> {
    /// Always [`FORMAT`].
    pub format: u32,
    /// The books, in order of precedence.
    #[serde(borrow)]
    pub books: Vec<Packed<'a>>,
}

/// An undecoded book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Packed<'a> {
    /// Source of the book.
    #[serde(borrow)]
    pub info: Info<'a>,
    /// A [`Rules`] record.
    pub rules: &'a [u8],
}

/// Source of a book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info<'a> {
    /// Name of the source, such as `genai-prices`.
    pub source: &'a str,
    /// Version of the source.
    pub version: &'a str,
    /// Licence of the source, with its holder.
    pub license: &'a str,
    /// SHA-256 of the vendored facts, in hexadecimal.
    pub sha256: &'a str,
    /// Date of retrieval of the facts: `2026-11`.
    pub retrieved: &'a str,
    /// Meaning of a missing price.
    pub missing: Missing,
}

/// Meaning of a missing price for a unit and for all units that contain it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Missing {
    /// The unit is free: the source lists every billed unit of a model.
    Uncharged,
    /// The price is unknown.
    Unknown,
}

/// All rules of a book, by provider; earlier providers and rules win.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rules<'a> {
    /// The providers.
    #[serde(borrow)]
    pub providers: Vec<Provider<'a>>,
}

/// A provider and its rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provider<'a> {
    /// Id, such as `openai`, `x-ai`.
    pub id: &'a str,
    /// Other names of this provider, besides its id.
    #[serde(borrow)]
    pub provider_match: Option<Clause<'a>>,
    /// Models that belong to this provider if none is named.
    pub model_match: Option<Clause<'a>>,
    /// Providers whose rules apply to models without a rule here.
    pub fallbacks: Vec<&'a str>,
    /// The rules.
    pub rules: Vec<Rule<'a>>,
}

/// The price of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule<'a> {
    /// Id within the book, such as `openai/gpt-4o`.
    pub id: &'a str,
    /// Models that the rule matches.
    #[serde(borrow)]
    pub matches: Clause<'a>,
    /// A [`Body`] record.
    pub body: &'a [u8],
}

/// A condition on a name in lower case. All texts of conditions are in lower case too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Clause<'a> {
    /// Equals the text.
    Equals(&'a str),
    /// Starts with the text.
    StartsWith(&'a str),
    /// Ends with the text.
    EndsWith(&'a str),
    /// Contains the text.
    Contains(&'a str),
    /// A regular expression that matches anywhere in the name.
    Regex(&'a str),
    /// At least one of several conditions.
    #[serde(borrow)]
    Any(Vec<Clause<'a>>),
    /// All of several conditions.
    All(Vec<Clause<'a>>),
    /// Not this condition.
    Not(Box<Clause<'a>>),
}

/// The prices of a rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Body<'a> {
    /// Prices by time. The last valid entry applies, or the first if none is valid.
    pub base: Vec<Dated>,
    /// Prices by context that override the base prices. For each unit the first valid variant applies.
    #[serde(borrow)]
    pub variants: Vec<Variant<'a>>,
    /// Factors on the prices of tokens by context, applied last.
    pub factors: Vec<Factor<'a>>,
    /// Minimum billed counts.
    pub minimums: Vec<Minimum>,
    /// The provider plans to retire the model.
    pub deprecated: bool,
}

/// Prices valid at a time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Dated {
    /// Validity of the prices.
    pub when: When,
    /// The prices, at most one per unit.
    pub prices: Vec<Price>,
}

/// A validity period. Both conditions must hold; an empty period is always valid.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct When {
    /// First valid UTC day, in days since 1970-01-01.
    pub from_day: Option<i32>,
    /// Valid hours.
    pub window: Option<Window>,
}

/// Hours of the day on some days of the week. The hours may cross midnight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// First second of the UTC day.
    pub start: u32,
    /// First second of the UTC day after the window; smaller than `start` if the window crosses midnight.
    pub end: u32,
    /// Bit 0 is Monday; all seven bits mean every day.
    pub weekdays: u8,
    /// Offset from UTC, in seconds, of the clock that decides the weekday.
    pub weekday_offset: i32,
}

/// Prices for a context.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Variant<'a> {
    /// Keys and values that the context must have, exactly.
    #[serde(borrow)]
    pub context: Vec<(&'a str, &'a str)>,
    /// Validity of the prices.
    pub when: When,
    /// The prices. Other units keep their base price.
    pub prices: Vec<Price>,
}

/// A factor for a context.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Factor<'a> {
    /// Key in the context.
    pub key: &'a str,
    /// Its value, or the start of its value up to a hyphen: `eu` matches `eu-west-1`. `!global` matches all
    /// other values.
    pub value: &'a str,
    /// The factor.
    pub factor: Decimal,
}

/// The minimum billed count of equivalent units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Minimum {
    /// The units. The first unit with a count decides for all.
    pub units: Vec<Unit>,
    /// The minimum for a nonzero count.
    pub least: u64,
}

/// The price of a unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// The unit of the price.
    pub unit: Unit,
    /// Dollars for [`Unit::per`] units.
    pub price: Decimal,
    /// Prices of large requests, by ascending bound. If the input tokens exceed the bound, every token has
    /// this price.
    pub tiers: Vec<(u64, Decimal)>,
}

/// `digits × 10^-scale`, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decimal {
    /// Significant digits.
    pub digits: u128,
    /// Decimal places, at most 24.
    pub scale: u8,
}

/// Powers of ten, precomputed because every price of every bill needs one.
const TENS: [i128; Usd::DIGITS as usize + 1] = {
    let mut tens = [1; Usd::DIGITS as usize + 1];
    let mut power = 1;
    while power < tens.len() {
        tens[power] = tens[power - 1] * 10;
        power += 1;
    }
    tens
};

impl Decimal {
    /// The value zero.
    pub const ZERO: Self = Self { digits: 0, scale: 0 };

    /// Converts to money, exactly; saturates beyond the range of [`Usd`].
    pub fn usd(self) -> Usd {
        let digits = i128::try_from(self.digits).unwrap_or(i128::MAX);
        let shift = usize::try_from(Usd::DIGITS).unwrap_or(0).saturating_sub(usize::from(self.scale));
        Usd::from_raw(digits.saturating_mul(TENS[shift]))
    }

    /// The exact product; saturates beyond its range.
    #[must_use]
    pub const fn by(self, other: Self) -> Self {
        Self {
            digits: self.digits.saturating_mul(other.digits),
            scale: self.scale.saturating_add(other.scale),
        }
    }

    /// `amount` times this number, rounded towards zero at the last digit of [`Usd`].
    pub fn of(self, amount: Usd) -> Usd {
        let digits = i128::try_from(self.digits).unwrap_or(i128::MAX);
        let parts = 10_i128.saturating_pow(u32::from(self.scale));
        let (whole, rest) = (amount.raw() / parts, amount.raw() % parts);
        Usd::from_raw(whole.saturating_mul(digits).saturating_add(rest.saturating_mul(digits) / parts))
    }
}

/// Encodes a record of this module. The same record always gives the same bytes.
///
/// # Errors
/// Never for the records of this module.
pub fn encode<T: Serialize>(record: &T) -> Result<Vec<u8>, SchemaError> {
    Ok(postcard::to_stdvec(record)?)
}

/// Decodes a file.
///
/// # Errors
/// The bytes are not a file of this format.
pub fn decode(bytes: &[u8]) -> Result<File<'_>, SchemaError> {
    let (format, _) = postcard::take_from_bytes::<u32>(bytes)?;
    if format != FORMAT {
        return Err(SchemaError::Format(format));
    }
    Ok(postcard::from_bytes(bytes)?)
}
