//! Test data: calls, and price books that change.

use std::collections::BTreeMap;
use std::sync::Arc;

use quipu_backend_memory::Memory;
use quipu_conformance::sample::{at, cost, draft};
use quipu_core::*;
use quipu_insight::{Catalog, Offer};
use quipu_pipeline::Priced;

pub(super) fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}

pub(super) fn hours(hours: i64) -> i64 {
    hours * 3_600
}

/// Dollars for a million tokens: input, cache read, cache write, output.
type Prices = [&'static str; 4];

/// A book of a version, of models of the provider `acme`.
#[derive(Clone)]
pub(super) struct Flat {
    pub version: &'static str,
    models: BTreeMap<&'static str, Prices>,
    /// Versions that it still explains.
    past: Vec<Flat>,
}

impl Flat {
    pub(super) fn new(version: &'static str, models: &[(&'static str, Prices)]) -> Self {
        Self { version, models: models.iter().copied().collect(), past: Vec::new() }
    }

    pub(super) fn after(mut self, past: &Self) -> Self {
        self.past.push(past.clone());
        self
    }

    fn bill(&self, request: &PriceRequest<'_>) -> Result<PriceAnswer, Unpriced> {
        let prices = self.models.get(request.model).ok_or(Unpriced::UnknownModel)?;
        let usage = request.usage;
        let counts = [
            ("input_tokens", usage.input_uncached()),
            ("cache_read_tokens", usage.cache_read.unwrap_or(0)),
            ("cache_write_tokens", usage.cache_write.unwrap_or(0)),
            ("output_tokens", usage.output.unwrap_or(0)),
        ];
        let line = |((unit, count), price): ((&'static str, u64), &&'static str)| PriceLine {
            unit: unit.into(),
            count,
            unit_price: usd(price),
            per: 1_000_000,
            amount: usd(price).times(count).per(1_000_000).unwrap(),
        };
        let lines: Vec<_> = counts.into_iter().zip(prices).map(line).filter(|line| line.count > 0).collect();
        let sum = |lines: &[PriceLine]| lines.iter().map(|line| line.amount).sum();
        let (output, input): (Vec<_>, Vec<_>) =
            lines.iter().cloned().partition(|line| line.unit == "output_tokens");
        Ok(PriceAnswer {
            total: sum(&lines),
            input: sum(&input),
            output: sum(&output),
            lines,
            rule: PriceRef {
                source: "flat".into(),
                version: self.version.into(),
                id: format!("acme/{}", request.model).into(),
            },
            fallbacks: Vec::new(),
        })
    }
}

impl PriceBook for Flat {
    fn price(&self, request: &PriceRequest<'_>) -> Result<PriceAnswer, Unpriced> {
        self.bill(request)
    }

    fn explain(&self, request: &PriceRequest<'_>, rule: &PriceRef) -> Result<PriceAnswer, Unpriced> {
        let book = std::iter::once(self).chain(&self.past).find(|book| book.version == rule.version.as_str());
        book.ok_or(Unpriced::NotValidThen)?.bill(request)
    }
}

impl Catalog for Flat {
    fn offers(&self, _at: Timestamp) -> Vec<Offer> {
        let offer = |(model, prices): (&&'static str, &Prices)| Offer {
            provider: "acme".into(),
            model: (*model).into(),
            input: usd(prices[0]),
            output: usd(prices[3]),
        };
        self.models.iter().map(offer).collect()
    }

    fn provider_id(&self, name: &str) -> compact_str::CompactString {
        name.into()
    }
}

/// A call in the making, one a trace.
#[derive(Clone)]
pub(super) struct Call {
    pub number: u64,
    pub model: String,
    pub start: Timestamp,
    pub usage: Usage,
    pub session: Option<String>,
    pub user: Option<String>,
    pub billing: Billing,
    pub reported: Option<Usd>,
}

/// The call of `acme/model` that starts this many seconds after the base time.
pub(super) fn call(number: u64, model: &str, seconds: i64, usage: impl Into<Usage>) -> Call {
    Call {
        number,
        model: format!("acme/{model}"),
        start: at(seconds),
        usage: usage.into(),
        session: None,
        user: None,
        billing: Billing::Metered,
        reported: None,
    }
}

impl Call {
    pub(super) fn session(self, session: &str) -> Self {
        Self { session: Some(session.into()), ..self }
    }

    pub(super) fn user(self, user: &str) -> Self {
        Self { user: Some(user.into()), ..self }
    }

    pub(super) fn plan(self) -> Self {
        Self { billing: Billing::Subscription, ..self }
    }

    pub(super) fn reported(self, usd: Usd) -> Self {
        Self { reported: Some(usd), ..self }
    }

    fn records(&self) -> (Span, Cost) {
        let mut draft = draft(self.number, 1).starts(self.start).llm(&self.model, 0, 0).framework("loom");
        if let Some(session) = &self.session {
            draft = draft.session(session);
        }
        if let Some(user) = &self.user {
            draft = draft.user(user);
        }
        let span = draft
            .read(|read| {
                read.usage = Some(self.usage.clone());
                read.billing = Some(self.billing);
                read.reported_cost = self.reported;
            })
            .span();
        let cost = cost(&span);
        (span, cost)
    }
}

/// The calls as they would have been stored, priced by `book`.
pub(super) fn batch(book: &(impl PriceBook + Clone + 'static), calls: &[Call]) -> Batch {
    let (spans, costs) = calls.iter().map(Call::records).unzip();
    let mut batch = Batch { spans, costs, ..Batch::default() };
    Priced::new(Arc::new(book.clone())).apply(&mut batch);
    batch
}

/// A store in memory with these calls.
pub(super) async fn stored(book: &(impl PriceBook + Clone + 'static), calls: &[Call]) -> Arc<Memory> {
    let store = Arc::new(Memory::new());
    store.write(Arc::new(batch(book, calls))).await.unwrap();
    store
}

/// Every counted row, by time.
pub(super) async fn rows(store: &dyn Store) -> Vec<Cost> {
    let query = CostQuery { limit: 1_000_000, ..CostQuery::default() };
    store.costs(&query).await.unwrap().rows.into_iter().map(|row| row.cost).collect()
}
