//! Short builder of price queries.

use std::collections::BTreeMap;

use quipu_core::{PriceAnswer, PriceBook, PriceRequest, Timestamp, Unpriced, Usage};
use quipu_prices::Books;

/// A query with defaults: a thousand tokens in, a hundred out, on a day that all sources cover.
pub struct Ask {
    pub provider: Option<&'static str>,
    pub model: String,
    pub at: Timestamp,
    pub context: BTreeMap<compact_str::CompactString, compact_str::CompactString>,
    pub usage: Usage,
    pub units: BTreeMap<compact_str::CompactString, u64>,
    pub duration: Option<i64>,
}

pub fn ask(provider: impl Into<Option<&'static str>>, model: &str) -> Ask {
    Ask {
        provider: provider.into(),
        model: model.to_owned(),
        at: at("2026-11-20T12:00:00Z"),
        context: BTreeMap::new(),
        usage: Usage { input: Some(1_000), output: Some(100), ..Usage::default() },
        units: BTreeMap::new(),
        duration: None,
    }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

impl Ask {
    pub fn at(mut self, time: &str) -> Self {
        self.at = at(time);
        self
    }

    pub fn context(mut self, key: &str, value: &str) -> Self {
        self.context.insert(key.into(), value.into());
        self
    }

    pub fn usage(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }

    pub fn unit(mut self, name: &str, count: u64) -> Self {
        self.units.insert(name.into(), count);
        self
    }

    pub fn lasting(mut self, nanos: i64) -> Self {
        self.duration = Some(nanos);
        self
    }

    pub fn answer(&self) -> Result<PriceAnswer, Unpriced> {
        self.answer_of(&Books::vendored())
    }

    pub fn answer_of(&self, books: &Books) -> Result<PriceAnswer, Unpriced> {
        books.price(&self.request())
    }

    pub fn request(&self) -> PriceRequest<'_> {
        PriceRequest {
            provider: self.provider,
            model: &self.model,
            at: self.at,
            context: self.context.clone(),
            usage: &self.usage,
            units: self.units.clone(),
            duration: self.duration,
        }
    }

    pub fn total(&self) -> String {
        self.answer()
            .unwrap_or_else(|why| panic!("{:?} {}: {why:?}", self.provider, self.model))
            .total
            .to_string()
    }

    pub fn rule(&self) -> String {
        let rule =
            self.answer().unwrap_or_else(|why| panic!("{:?} {}: {why:?}", self.provider, self.model)).rule;
        format!("{} {}", rule.source, rule.id)
    }

    /// Lines as `unit count unit_price`.
    pub fn lines(&self) -> Vec<String> {
        let lines = self.answer().unwrap().lines;
        lines.iter().map(|line| format!("{} {} {}", line.unit, line.count, line.unit_price)).collect()
    }
}
