//! The data file: price rules as they are stored. Written by `cargo xtask prices`, embedded in this crate.
//!
//! The file is one postcard record ([`File`]) that holds every book as bytes, so that a book is only decoded when it
//! is asked; within a book the prices of a rule are bytes too, decoded when the rule is first used.

use quipu_core::Usd;
use serde::{Deserialize, Serialize};

use crate::Unit;

/// The layout that this code reads and writes.
pub const FORMAT: u32 = 1;

/// A data file that this code cannot read.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Not a record of the expected shape.
    #[error("the price data cannot be decoded: {0}")]
    Shape(#[from] postcard::Error),
    /// Written for another version of this code.
    #[error("the price data has format {0}, this program reads format {FORMAT}")]
    Format(u32),
}

/// The whole file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct File<'a> {
    /// Always [`FORMAT`].
    pub format: u32,
    /// The books; an earlier book is asked first.
    #[serde(borrow)]
    pub books: Vec<Packed<'a>>,
}

/// A book that is not decoded yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Packed<'a> {
    /// Where it comes from.
    #[serde(borrow)]
    pub info: Info<'a>,
    /// A [`Rules`] record.
    pub rules: &'a [u8],
}

/// Where a book comes from.
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
    /// When the facts were retrieved: `2026-11`.
    pub retrieved: &'a str,
    /// What it means that a rule has no price for a unit.
    pub missing: Missing,
}

/// What it means that a rule has no price for a unit, nor for any unit that contains it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Missing {
    /// The unit is not charged: the source lists everything that a model is billed by.
    Uncharged,
    /// The price is not known.
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
    /// Which provider names mean this provider, besides its id.
    #[serde(borrow)]
    pub provider_match: Option<Clause<'a>>,
    /// Which models belong to this provider when none is named.
    pub model_match: Option<Clause<'a>>,
    /// Providers whose rules hold for models that this one has no rule for.
    pub fallbacks: Vec<&'a str>,
    /// The rules.
    pub rules: Vec<Rule<'a>>,
}

/// The price of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule<'a> {
    /// Id within the book, such as `openai/gpt-4o`.
    pub id: &'a str,
    /// Which models it is for.
    #[serde(borrow)]
    pub matches: Clause<'a>,
    /// A [`Body`] record.
    pub body: &'a [u8],
}

/// A condition on a name in lower case. All texts are in lower case too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Clause<'a> {
    /// The whole name.
    Equals(&'a str),
    /// Its beginning.
    StartsWith(&'a str),
    /// Its end.
    EndsWith(&'a str),
    /// Any part of it.
    Contains(&'a str),
    /// A regular expression found anywhere in it.
    Regex(&'a str),
    /// One of several conditions.
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
    /// Prices by time: the last that holds is used, the first when none does.
    pub base: Vec<Dated>,
    /// Prices by context that lie over those; the first that holds wins for each unit.
    #[serde(borrow)]
    pub variants: Vec<Variant<'a>>,
    /// Factors on the prices of tokens by context, applied last.
    pub factors: Vec<Factor<'a>>,
    /// Smallest counts that are billed.
    pub minimums: Vec<Minimum>,
    /// The provider means to retire the model.
    pub deprecated: bool,
}

/// Prices for a time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Dated {
    /// When they hold.
    pub when: When,
    /// The prices, at most one a unit.
    pub prices: Vec<Price>,
}

/// A time. Both conditions must hold; none means always.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct When {
    /// From this UTC day on, in days since 1970-01-01.
    pub from_day: Option<i32>,
    /// Only in these hours.
    pub window: Option<Window>,
}

/// Hours of the day, which may cross midnight, on some days of the week.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// First second of the UTC day.
    pub start: u32,
    /// First second of the UTC day that is outside; smaller than `start` when the window crosses midnight.
    pub end: u32,
    /// Bit 0 is Monday; all seven bits for every day.
    pub weekdays: u8,
    /// Seconds ahead of UTC of the clock that names the weekday.
    pub weekday_offset: i32,
}

/// Prices for a context.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Variant<'a> {
    /// Keys and values that the context must have, exactly.
    #[serde(borrow)]
    pub context: Vec<(&'a str, &'a str)>,
    /// When they hold.
    pub when: When,
    /// The prices; units without one keep theirs.
    pub prices: Vec<Price>,
}

/// A factor for a context.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Factor<'a> {
    /// Key in the context.
    pub key: &'a str,
    /// Its value, or the beginning of it up to a hyphen: `eu` is met by `eu-west-1`. `!global` is met by all others.
    pub value: &'a str,
    /// The factor.
    pub factor: Decimal,
}

/// The smallest count that is billed, of units that mean the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Minimum {
    /// The units; the first with a count decides for all.
    pub units: Vec<Unit>,
    /// The smallest count billed when there is any.
    pub least: u64,
}

/// The price of a unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// The unit.
    pub unit: Unit,
    /// Dollars for [`Unit::per`] of it.
    pub price: Decimal,
    /// Prices of large requests, by growing bound: with more input tokens than the bound, every token has this price.
    pub tiers: Vec<(u64, Decimal)>,
}

/// `digits × 10^-scale`, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decimal {
    /// Significant digits.
    pub digits: u128,
    /// Digits after the point, at most 24.
    pub scale: u8,
}

/// Powers of ten; looked up for every price of every bill.
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
    /// Nothing.
    pub const ZERO: Self = Self { digits: 0, scale: 0 };

    /// As money, exactly; saturates beyond what [`Usd`] holds.
    pub fn usd(self) -> Usd {
        let digits = i128::try_from(self.digits).unwrap_or(i128::MAX);
        let shift = usize::try_from(Usd::DIGITS).unwrap_or(0).saturating_sub(usize::from(self.scale));
        Usd::from_raw(digits.saturating_mul(TENS[shift]))
    }

    /// The product, exactly; saturates beyond what can be held.
    #[must_use]
    pub const fn by(self, other: Self) -> Self {
        Self {
            digits: self.digits.saturating_mul(other.digits),
            scale: self.scale.saturating_add(other.scale),
        }
    }

    /// This many times `amount`, rounded towards zero at the last digit of [`Usd`].
    pub fn of(self, amount: Usd) -> Usd {
        let digits = i128::try_from(self.digits).unwrap_or(i128::MAX);
        let parts = 10_i128.saturating_pow(u32::from(self.scale));
        let (whole, rest) = (amount.raw() / parts, amount.raw() % parts);
        Usd::from_raw(whole.saturating_mul(digits).saturating_add(rest.saturating_mul(digits) / parts))
    }
}

/// Encodes a record of this module; the same record always gives the same bytes.
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
