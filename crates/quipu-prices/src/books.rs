//! The price books: the newest lists, their past versions, and what the user states.

use std::sync::{Arc, LazyLock};

use arc_swap::ArcSwap;
use quipu_core::{PriceAnswer, PriceBook, PriceRef, PriceRequest, Timestamp, Unpriced};

use crate::edition::{Edition, keep};
use crate::schema::SchemaError;
use crate::state::State;
use crate::user::{Currency, UserBook};

const CARRIED: &[u8] = include_bytes!("../data/book.postcard");

static VENDORED: LazyLock<Arc<State>> = LazyLock::new(|| {
    // The file is a part of the program and decoded whole by the tests: an error cannot reach a user.
    Arc::new(State::new(Edition::all(CARRIED).unwrap_or_default(), None, Vec::new()))
});

/// Price books, asked in their order: the user's, genai-prices, LiteLLM. Clones share everything, [`Self::replace`] included.
#[derive(Debug, Clone)]
pub struct Books {
    state: Arc<ArcSwap<State>>,
}

/// Where prices come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceInfo {
    /// Name of the source, such as `genai-prices`.
    pub source: String,
    /// Version of the source.
    pub version: String,
    /// When it was retrieved: `2026-11-21`, or a month.
    pub retrieved: String,
    /// Licence, with its holder.
    pub license: String,
    /// How many models it has a price for.
    pub rules: usize,
    /// Whether it prices new calls; past versions price what was called, or priced, in their time.
    pub in_use: bool,
}

impl Default for Books {
    fn default() -> Self {
        Self::vendored()
    }
}

impl Books {
    /// The books that are part of this program: genai-prices, then LiteLLM for what the first lacks. Decoded at first
    /// use, a book at a time.
    pub fn vendored() -> Self {
        Self { state: Arc::new(ArcSwap::new(VENDORED.clone())) }
    }

    /// The books of this program with `past`: the data files by name that [`crate::convert::file`] made, in any order; a name
    /// that ends in `.toml` is a past book of the user, which explains what it once priced. `user` wins over all lists.
    ///
    /// A file that cannot be used is left out and told of: the books without it are better than none.
    pub fn new(past: Vec<(String, Vec<u8>)>, user: Option<UserBook>) -> (Self, Vec<String>) {
        let mut editions = Edition::all(CARRIED).unwrap_or_default();
        let (mut users, mut notes) = (Vec::new(), Vec::new());
        for (name, bytes) in past {
            if name.ends_with(".toml") {
                match std::str::from_utf8(&bytes).ok().and_then(|text| UserBook::parse(text).ok()) {
                    Some(book) => users.push(book),
                    None => notes.push(format!("{name} is no book of a user and is not used")),
                }
            } else {
                match Edition::all(keep(bytes)) {
                    Ok(more) => editions.extend(more),
                    Err(why) => notes.push(format!("{name} is not used: {why}")),
                }
            }
        }
        let state = State::new(editions, user, users);
        (Self { state: Arc::new(ArcSwap::from_pointee(state)) }, notes)
    }

    /// Books from one data file alone.
    ///
    /// # Errors
    /// The bytes are no such file. A rule damaged within a sound file is as good as absent.
    pub fn decode(bytes: impl Into<Vec<u8>>) -> Result<Self, SchemaError> {
        let state = State::new(Edition::all(keep(bytes.into()))?, None, Vec::new());
        Ok(Self { state: Arc::new(ArcSwap::from_pointee(state)) })
    }

    /// The same books with what this user states.
    #[must_use]
    pub fn with_user(&self, user: UserBook) -> Self {
        let state = self.state.load().with_user(user);
        Self { state: Arc::new(ArcSwap::from_pointee(state)) }
    }

    /// Puts `other` in the place of these books, for every clone of them. What is being priced meanwhile is priced by one of
    /// the two.
    pub fn replace(&self, other: &Self) {
        self.state.store(other.state.load_full());
    }

    /// Where the prices come from: the sources in the order in which they are asked, of each the version in use, then past ones
    /// from the newest on. Reads every book.
    pub fn sources(&self) -> Vec<SourceInfo> {
        let state = self.state.load();
        let all = state.families().iter().flat_map(|family| family.newest_first().enumerate());
        all.map(|(age, edition)| edition.source_info(age == 0)).collect()
    }

    /// The book of the user.
    pub fn user(&self) -> Option<UserBook> {
        self.state.load().user().cloned()
    }

    /// The currency that the user wants to see, if any.
    pub fn display(&self) -> Option<Currency> {
        self.user().and_then(|user| user.display().cloned())
    }

    pub(crate) fn state(&self) -> Arc<State> {
        self.state.load_full()
    }
}

impl Edition {
    fn source_info(&self, in_use: bool) -> SourceInfo {
        SourceInfo {
            source: self.info.source.to_owned(),
            version: self.info.version.to_owned(),
            retrieved: self.info.retrieved.to_owned(),
            license: self.info.license.to_owned(),
            rules: self.rules().providers.iter().map(|provider| provider.rules.len()).sum(),
            in_use,
        }
    }
}

impl PriceBook for Books {
    /// Prices one usage: by the user's book, else by the first list that knows the model.
    ///
    /// # Errors
    /// The model is empty or unknown, nothing was reported, a used unit has no price, or the only price is not valid at the
    /// time. What the first list leaves out of a rule is free by its own reading: then the answer says so in `fallbacks`.
    fn price(&self, request: &PriceRequest<'_>) -> Result<PriceAnswer, Unpriced> {
        self.state.load().price(request)
    }

    /// Prices one usage by exactly the version and the rule that `rule` names.
    ///
    /// # Errors
    /// These books do not hold that version or rule: `NotValidThen`; else as for [`Self::price`].
    fn explain(&self, request: &PriceRequest<'_>, rule: &PriceRef) -> Result<PriceAnswer, Unpriced> {
        self.state.load().explain(request, rule)
    }
}

/// The UTC day of a time, in days since 1970-01-01.
pub(crate) fn day_of(at: Timestamp) -> i64 {
    at.nanos().div_euclid(Timestamp::DAY)
}
