//! One version of one source, decoded at first use.

use std::sync::{LazyLock, OnceLock};

use foldhash::HashSet;
use quipu_core::Timestamp;
use quipu_core::locks::Mutex;

use crate::lookup::RuleMatch;
use crate::name::{self, Reading};
use crate::schema::{self, Info, Packed, Rules, SchemaError};

/// Data files read at run time. Rules borrow from their file, and answers from the rules. A file is kept once
/// for the lifetime of the process, even if the books are read again.
static FILES: LazyLock<Mutex<HashSet<&'static [u8]>>> = LazyLock::new(Mutex::default);

/// The bytes with a static lifetime.
pub(crate) fn keep(bytes: Vec<u8>) -> &'static [u8] {
    let mut files = FILES.lock();
    if let Some(known) = files.get(bytes.as_slice()) {
        return known;
    }
    let kept: &'static [u8] = Box::leak(bytes.into_boxed_slice());
    files.insert(kept);
    kept
}

/// One version of a source.
#[derive(Debug)]
pub(crate) struct Edition {
    pub info: Info<'static>,
    packed: &'static [u8],
    rules: OnceLock<Rules<'static>>,
}

impl Edition {
    /// The editions in a data file, in its order.
    pub(crate) fn all(bytes: &'static [u8]) -> Result<Vec<Self>, SchemaError> {
        let edition =
            |book: Packed<'static>| Self { info: book.info, packed: book.rules, rules: OnceLock::new() };
        Ok(schema::decode(bytes)?.books.into_iter().map(edition).collect())
    }

    pub(crate) fn rules(&self) -> &Rules<'static> {
        self.rules.get_or_init(|| postcard::from_bytes(self.packed).unwrap_or_default())
    }

    pub(crate) fn provider(&self, name: &str) -> Option<&schema::Provider<'static>> {
        name::providers(name).iter().find_map(|name| self.rules().provider(name))
    }

    pub(crate) fn find(&self, provider: Option<&str>, reading: &Reading) -> Option<RuleMatch<'_>> {
        match provider.or(reading.provider.as_deref()) {
            Some(name) => self.rules().rule_of(self.provider(name)?, &reading.model),
            None => self.rules().rule_by_model(&reading.model),
        }
    }

    /// The day of retrieval, in days since 1970-01-01. A month counts as its first day.
    pub(crate) fn day(&self) -> i64 {
        day(self.info.retrieved).unwrap_or(0)
    }

    /// The version as a list of numbers, for ordering.
    pub(crate) fn order(&self) -> Vec<u64> {
        self.info
            .version
            .split(|letter: char| !letter.is_ascii_digit())
            .filter_map(|part| part.parse().ok())
            .collect()
    }
}

/// Parses `2026-11-21`, or `2026-11` as its first day.
pub(crate) fn day(text: &str) -> Option<i64> {
    let whole = if text.len() == 7 { format!("{text}-01T00:00:00Z") } else { format!("{text}T00:00:00Z") };
    let at: Timestamp = whole.parse().ok()?;
    Some(day_of(at))
}

/// The UTC day of a time, in days since 1970-01-01.
pub(crate) fn day_of(at: Timestamp) -> i64 {
    at.nanos().div_euclid(Timestamp::DAY)
}
