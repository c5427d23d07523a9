//! The prices that a user states: they always win over the lists.

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

/// Name of the source on everything that a user's book priced.
pub const USER: &str = "user";

/// What stands between the entry of a user and the rule of a list in the id of a price.
pub(crate) const OVER: &str = " over ";

/// A bad entry of a user's book.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct UserError {
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

/// The currency in which amounts may be shown beside dollars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Currency {
    /// Three capital letters, such as `EUR` (ISO 4217).
    pub code: String,
    /// How much of it one US dollar is, as the user wrote it: a decimal above zero.
    pub rate: String,
    /// The day on which that rate held.
    pub stated: Date,
}

/// The prices that a user states, read from TOML: contract prices, self-hosted models, discounts, markup, aliases, and a currency
/// to show. Clones share everything.
#[derive(Debug, Clone)]
pub struct UserBook {
    pub(crate) inner: Arc<Entries>,
}

/// What the file says.
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
    /// What is called so; never loose.
    pub subject: Subject,
    /// The provider meant, when it is another than the one named.
    pub provider: Option<String>,
    /// The model meant.
    pub is: String,
    pub line: usize,
}

impl UserBook {
    /// Reads a book.
    ///
    /// # Errors
    /// Every bad entry with its line and the reason, by line. Nothing is taken from a file that has one.
    pub fn parse(toml: &str) -> Result<Self, Vec<UserError>> {
        parse::book(toml).map(|entries| Self { inner: Arc::new(entries) })
    }

    /// The first twelve hexadecimal digits of the SHA-256 of its text: its version on every price that it decides.
    pub fn version(&self) -> &str {
        &self.inner.version
    }

    /// The text that it was read from.
    pub fn text(&self) -> &str {
        &self.inner.text
    }

    /// How many prices, discounts, markups and aliases it holds.
    pub fn entries(&self) -> usize {
        self.inner.contracts.len() + self.inner.adjustments.len() + self.inner.aliases.len()
    }

    /// The currency to show, if it states one.
    pub fn display(&self) -> Option<&Currency> {
        self.inner.display.as_ref()
    }
}
