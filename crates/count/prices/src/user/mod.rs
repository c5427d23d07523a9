//! Price book of the user; its prices always take precedence over the lists.

mod adjust;
mod contract;
mod parse;
mod read;
mod scope;

use std::sync::Arc;

use jiff::civil::Date;

pub(crate) use self::adjust::{Adjustment, Kind};
pub(crate) use self::contract::{Contract, Rest};
pub(crate) use self::scope::Subject;

/// Name of the source in all answers of a user's book.
pub const USER: &str = "user";

/// Separator between the user's entry and the rule of a list in the id of a price.
pub(crate) const OVER: &str = " over ";

/// An invalid entry of a user's book.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct UserError {
    /// Line of the file, from 1.
    pub line: usize,
    /// The reason.
    pub what: String,
}

/// The currency in which amounts may be shown next to dollars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Currency {
    /// Three capital letters, such as `EUR` (ISO 4217).
    pub code: String,
    /// Amount of this currency for one US dollar, as the user wrote it: a decimal above zero.
    pub rate: String,
    /// Date of the rate.
    pub stated: Date,
}

/// The user's prices, read from TOML: contract prices, self-hosted models, discounts, markup, aliases, and a
/// display currency. Clones share all state.
#[derive(Debug, Clone)]
pub struct UserBook {
    pub(crate) inner: Arc<Entries>,
}

/// The content of the file.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    pub version: String,
    pub text: String,
    pub display: Option<Currency>,
    pub aliases: Vec<Alias>,
    pub contracts: Vec<Contract>,
    pub adjustments: Vec<Adjustment>,
}

/// Another name for a model.
#[derive(Debug)]
pub(crate) struct Alias {
    pub name: String,
    /// The matching provider and model; never loose.
    pub subject: Subject,
    /// The provider of the target, if it differs from the named one.
    pub provider: Option<String>,
    /// The target model.
    pub is: String,
    pub line: usize,
}

impl UserBook {
    /// Parses a book.
    ///
    /// # Errors
    /// Every invalid entry with its line and the reason, by line. One invalid entry rejects the whole file.
    pub fn parse(toml: &str) -> Result<Self, Vec<UserError>> {
        parse::book(toml).map(|entries| Self { inner: Arc::new(entries) })
    }

    /// The first twelve hexadecimal digits of the SHA-256 of its text. Each price of this book names it as
    /// its version.
    pub fn version(&self) -> &str {
        &self.inner.version
    }

    /// The source text of the book.
    pub fn text(&self) -> &str {
        &self.inner.text
    }

    /// Number of prices, discounts, markups and aliases.
    pub fn entries(&self) -> usize {
        self.inner.contracts.len() + self.inner.adjustments.len() + self.inner.aliases.len()
    }

    /// The display currency, if the book sets one.
    pub fn display(&self) -> Option<&Currency> {
        self.inner.display.as_ref()
    }
}
