//! The price book: finds the rule and writes the answer.

use std::sync::{Arc, LazyLock, OnceLock};

use compact_str::CompactString;
use quipu_core::{PriceAnswer, PriceBook, PriceRef, PriceRequest, Unpriced};

use crate::Unit;
use crate::bill::{Bill, bill};
use crate::cache::Cache;
use crate::counts::Counts;
use crate::lookup::Found;
use crate::name::{self, Reading};
use crate::schema::{self, Body, Info, Missing, Packed, Rules, SchemaError};

static VENDORED: LazyLock<Book> = LazyLock::new(|| {
    // The file is a part of the program and decoded whole by the tests: an error cannot reach a user.
    Book::decode(include_bytes!("../data/book.postcard")).unwrap_or_default()
});

/// Price books, asked in their order. Clones share everything.
#[derive(Debug, Clone, Default)]
pub struct Book {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    books: Vec<Single>,
    cache: Cache<Resolved>,
}

#[derive(Debug)]
pub(crate) struct Single {
    pub info: Info<'static>,
    packed: &'static [u8],
    rules: OnceLock<Rules<'static>>,
}

/// The rule that a provider and a model lead to, with its prices decoded.
#[derive(Debug)]
struct Resolved {
    info: Info<'static>,
    id: &'static str,
    owner: &'static str,
    own: bool,
    loose: Option<&'static str>,
    body: Body<'static>,
}

impl Book {
    /// The books that are part of this program: genai-prices, then LiteLLM for what the first lacks. Decoded at first
    /// use, a book at a time.
    pub fn vendored() -> Self {
        VENDORED.clone()
    }

    /// Books from a data file that `cargo xtask prices` wrote.
    ///
    /// # Errors
    /// The bytes are no such file. A rule damaged within a sound file is as good as absent.
    pub fn decode(bytes: &'static [u8]) -> Result<Self, SchemaError> {
        let single =
            |book: Packed<'static>| Single { info: book.info, packed: book.rules, rules: OnceLock::new() };
        let books = schema::decode(bytes)?.books.into_iter().map(single).collect();
        Ok(Self { inner: Arc::new(Inner { books, cache: Cache::default() }) })
    }

    /// Where the prices come from, in the order in which they are asked.
    pub fn sources(&self) -> impl Iterator<Item = &Info<'static>> {
        self.inner.books.iter().map(|book| &book.info)
    }

    pub(crate) fn books(&self) -> &[Single] {
        &self.inner.books
    }

    fn resolve(&self, provider: Option<&str>, model: &str) -> Option<Arc<Resolved>> {
        if model.len() > name::LONGEST || provider.is_some_and(|name| name.len() > name::LONGEST) {
            return None;
        }
        self.inner.cache.get_or(provider, model, || {
            let provider = provider.map(|name| name.trim().to_lowercase());
            self.find(provider.as_deref(), &model.to_lowercase()).map(Arc::new)
        })
    }

    fn find(&self, provider: Option<&str>, model: &str) -> Option<Resolved> {
        if provider == Some("litellm")
            && let Some((head, rest)) = model.split_once('/')
            && self.provider_id(head).is_some()
        {
            return self.find(Some(head), rest);
        }
        let provider = provider.filter(|name| !name::names_nobody(name));
        let id = provider.and_then(|name| self.provider_id(name));
        let known = |text: &str| match provider {
            Some(_) => id.is_some() && self.provider_id(text) == id,
            None => self.provider_id(text).is_some(),
        };
        let readings = name::readings(model.trim(), provider.is_some(), &known);
        let read = |reading: &Reading| {
            self.inner
                .books
                .iter()
                .find_map(|book| book.resolve(book.find(provider, reading)?, reading.loose))
        };
        let by_id =
            || self.inner.books.iter().find_map(|book| book.resolve(book.rules().rule_by_id(model)?, None));
        readings.iter().find_map(read).or_else(|| if provider.is_none() { by_id() } else { None })
    }

    /// The id of a provider in the first book that knows it.
    fn provider_id(&self, name: &str) -> Option<&'static str> {
        self.inner.books.iter().find_map(|book| Some(book.provider(name)?.id))
    }
}

impl Single {
    pub(crate) fn rules(&self) -> &Rules<'static> {
        self.rules.get_or_init(|| postcard::from_bytes(self.packed).unwrap_or_default())
    }

    fn provider(&self, name: &str) -> Option<&schema::Provider<'static>> {
        name::providers(name).iter().find_map(|name| self.rules().provider(name))
    }

    fn find(&self, provider: Option<&str>, reading: &Reading) -> Option<Found<'_>> {
        match provider.or(reading.provider.as_deref()) {
            Some(name) => self.rules().rule_of(self.provider(name)?, &reading.model),
            None => self.rules().rule_by_model(&reading.model),
        }
    }

    fn resolve(&self, found: Found<'_>, loose: Option<&'static str>) -> Option<Resolved> {
        let body = postcard::from_bytes(found.rule.body).ok()?;
        let (id, owner) = (found.rule.id, found.owner.id);
        Some(Resolved { info: self.info.clone(), id, owner, own: found.own, loose, body })
    }
}

impl PriceBook for Book {
    /// Prices one usage.
    ///
    /// # Errors
    /// The model is empty or unknown, nothing was reported, or a used unit has no price. What the first source leaves
    /// out of a rule is free by its own reading: then the answer says so in `fallbacks`.
    fn price(&self, request: &PriceRequest<'_>) -> Result<PriceAnswer, Unpriced> {
        if request.model.trim().is_empty() {
            return Err(Unpriced::NoModel);
        }
        let rule = self.resolve(request.provider, request.model).ok_or(Unpriced::UnknownModel)?;
        let counts = Counts::of(request);
        if counts.is_empty() {
            return Err(Unpriced::NoUsage);
        }
        rule.answer(request, counts)
    }
}

impl Resolved {
    fn answer(&self, request: &PriceRequest<'_>, counts: Counts) -> Result<PriceAnswer, Unpriced> {
        let bill = bill(&self.body, self.own, request, counts);
        let unknown = request.units.iter().any(|(name, count)| *count > 0 && Unit::by_name(name).is_none());
        if self.info.missing == Missing::Unknown && (unknown || !bill.missing.is_empty()) {
            return Err(Unpriced::NoUnitPrice);
        }
        let mut fallbacks: Vec<CompactString> =
            self.loose.map(CompactString::const_new).into_iter().collect();
        if !self.own {
            fallbacks.push(CompactString::from(format!(
                "the price of {} holds: the provider lists none",
                self.owner
            )));
        }
        fallbacks.extend(bill.notes);
        let free =
            |name: &str| CompactString::from(format!("{name} not charged: the rule lists no price for them"));
        fallbacks.extend(bill.missing.iter().map(|unit| free(unit.name())));
        let strange =
            request.units.iter().filter(|(name, count)| **count > 0 && Unit::by_name(name).is_none());
        fallbacks.extend(strange.map(|(name, _)| free(name)));
        let Bill { lines, input, output, other, .. } = bill;
        Ok(PriceAnswer {
            total: input + output + other,
            input,
            output,
            lines,
            rule: self.price_ref(),
            fallbacks,
        })
    }

    fn price_ref(&self) -> PriceRef {
        PriceRef {
            source: CompactString::const_new(self.info.source),
            version: CompactString::const_new(self.info.version),
            id: CompactString::const_new(self.id),
        }
    }
}
