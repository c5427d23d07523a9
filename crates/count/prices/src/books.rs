//! Price books: the newest lists, their past versions, and the user's prices.

use std::sync::{Arc, LazyLock};

use quipu_core::locks::{Mutex, RwLock};
use quipu_core::{PriceAnswer, PriceBook, PriceRef, PriceRequest, Unpriced};

use crate::added::{NewPrice, NewPriceError};
use crate::edition::{Edition, keep};
use crate::schema::SchemaError;
use crate::state::BookSet;
use crate::user::{Currency, UserBook};

const CARRIED: &[u8] = include_bytes!("../data/book.postcard");

static VENDORED: LazyLock<Arc<BookSet>> = LazyLock::new(|| {
    // The file is part of the program, and the tests decode all of it, so users never see an error here.
    Arc::new(BookSet::new(Edition::all(CARRIED).unwrap_or_default(), None, Vec::new()))
});

/// Held while a price is added, so concurrent additions do not replace each other.
static ADDING: Mutex<()> = Mutex::new(());

/// Price books, in order of precedence: the user's, genai-prices, LiteLLM. Clones share all state, including
/// [`Self::replace`].
#[derive(Debug, Clone)]
pub struct Books {
    state: Arc<RwLock<Arc<BookSet>>>,
}

/// Source of prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceInfo {
    /// Name of the source, such as `genai-prices`.
    pub source: String,
    /// Version of the source.
    pub version: String,
    /// Date of retrieval: `2026-11-21`, or a month.
    pub retrieved: String,
    /// Licence, with its holder.
    pub license: String,
    /// Number of models with a price.
    pub rules: usize,
    /// Whether it prices new calls. Past versions price calls of their time and explain earlier answers.
    pub in_use: bool,
}

impl Default for Books {
    fn default() -> Self {
        Self::vendored()
    }
}

impl Books {
    /// The books embedded in this program: genai-prices, then LiteLLM for models that the first lacks. Each
    /// book is decoded at first use.
    pub fn vendored() -> Self {
        Self::of(VENDORED.clone())
    }

    /// The books of this program with `past`: data files by name, made by [`crate::convert::file`], in any
    /// order. A name that ends in `.toml` is a past book of the user, used to explain earlier answers. `user`
    /// takes precedence over all lists.
    ///
    /// An unusable file is omitted and reported in the returned notes. The books without it remain usable.
    pub fn new(past: Vec<(String, Vec<u8>)>, user: Option<UserBook>) -> (Self, Vec<String>) {
        let mut editions = Edition::all(CARRIED).unwrap_or_default();
        let (mut users, mut notes) = (Vec::new(), Vec::new());
        for (name, bytes) in past {
            if name.ends_with(".toml") {
                match std::str::from_utf8(&bytes).ok().and_then(|text| UserBook::parse(text).ok()) {
                    Some(book) => users.push(book),
                    None => notes.push(format!("{name} is not a user's book and is not used")),
                }
            } else {
                match Edition::all(keep(bytes)) {
                    Ok(more) => editions.extend(more),
                    Err(why) => notes.push(format!("{name} is not used: {why}")),
                }
            }
        }
        let state = BookSet::new(editions, user, users);
        (Self::of(Arc::new(state)), notes)
    }

    /// Books from one data file only.
    ///
    /// # Errors
    /// The bytes are no price data file. A damaged rule within a valid file counts as absent.
    pub fn decode(bytes: impl Into<Vec<u8>>) -> Result<Self, SchemaError> {
        let state = BookSet::new(Edition::all(keep(bytes.into()))?, None, Vec::new());
        Ok(Self::of(Arc::new(state)))
    }

    /// The same books with the user's book `user`.
    #[must_use]
    pub fn with_user(&self, user: UserBook) -> Self {
        let state = self.state().with_user(user);
        Self::of(Arc::new(state))
    }

    /// Replaces these books by `other`, in every clone. A concurrent price query uses one of the two.
    pub fn replace(&self, other: &Self) {
        let newer = other.state();
        *self.state.write() = newer;
    }

    /// Adds one price to the user's book, in these books and every clone. It prices calls from now on;
    /// earlier costs keep the rule that priced them.
    ///
    /// ```
    /// use quipu_prices::{Books, NewPrice};
    ///
    /// let books = Books::vendored();
    /// books.add(&NewPrice::new("house", "llama-tuned").input("0.20").output("0.60"))?;
    /// # Ok::<(), quipu_prices::NewPriceError>(())
    /// ```
    ///
    /// # Errors
    /// The price is invalid, or the user's book already has a price for the same calls.
    pub fn add(&self, price: &NewPrice) -> Result<(), NewPriceError> {
        let _alone = ADDING.lock();
        let state = self.state();
        let before = state.user().map(UserBook::text).unwrap_or_default();
        let user = UserBook::parse(&format!("{before}\n{price}")).map_err(NewPriceError)?;
        *self.state.write() = Arc::new(state.with_user(user));
        Ok(())
    }

    /// The sources of the prices in order of precedence. For each source: the version in use, then past
    /// versions, newest first. Decodes every book.
    pub fn sources(&self) -> Vec<SourceInfo> {
        let state = self.state();
        let all = state.families().iter().flat_map(|family| family.newest_first().enumerate());
        all.map(|(age, edition)| edition.source_info(age == 0)).collect()
    }

    /// The book of the user.
    pub fn user(&self) -> Option<UserBook> {
        self.state().user().cloned()
    }

    /// The display currency of the user, if any.
    pub fn display(&self) -> Option<Currency> {
        self.user().and_then(|user| user.display().cloned())
    }

    fn of(state: Arc<BookSet>) -> Self {
        Self { state: Arc::new(RwLock::new(state)) }
    }

    pub(crate) fn state(&self) -> Arc<BookSet> {
        Arc::clone(&self.state.read())
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
    /// Prices one usage by the user's book, otherwise by the first list that knows the model.
    ///
    /// # Errors
    /// No usage was reported, or the model is empty or unknown. Other errors are a used unit without a price,
    /// and no price valid at the time. By the definition of the first list, a unit that its rule omits is
    /// free. The answer notes that in `fallbacks`.
    fn price(&self, request: &PriceRequest<'_>) -> Result<PriceAnswer, Unpriced> {
        self.state().price(request)
    }

    /// Prices one usage by exactly the version and the rule that `rule` names.
    ///
    /// # Errors
    /// These books do not hold that version or rule: `NotValidThen`. All other errors are those of
    /// [`Self::price`].
    fn explain(&self, request: &PriceRequest<'_>, rule: &PriceRef) -> Result<PriceAnswer, Unpriced> {
        self.state().explain(request, rule)
    }
}
