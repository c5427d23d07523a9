//! Writer of derived instruments.

use std::ops::Deref;

use quipu_core::{Exemplar, Span, Usd};

use crate::kind::InstrumentKind::{Counter, Gauge, Histogram};
use crate::registry::Registry;

/// A label with an optional value.
pub(crate) type Label<'a> = (&'a str, Option<&'a str>);

/// Records the metrics of a span or row, or subtracts them.
pub(crate) struct Tell<'a> {
    registry: &'static Registry,
    /// The span of exemplars: a sampled one.
    span: Option<&'a Span>,
    service: Option<&'a str>,
    back: bool,
}

/// Most labels of a metric. The catalogue uses up to five, and the service is an additional one.
const MOST: usize = 8;

/// Labels on the stack.
struct Given<'a> {
    labels: [(&'a str, &'a str); MOST],
    len: usize,
}

impl<'a> Deref for Given<'a> {
    type Target = [(&'a str, &'a str)];

    fn deref(&self) -> &Self::Target {
        self.labels.get(..self.len).unwrap_or_default()
    }
}

/// Label that separates services.
const SERVICE: &str = "service.name";

impl<'a> Tell<'a> {
    pub fn new(registry: &'static Registry, span: Option<&'a Span>) -> Self {
        let span = span.filter(|span| span.is_sampled());
        Self { registry, span, service: None, back: false }
    }

    /// Adds the service as a label.
    pub const fn of(self, service: Option<&'a str>) -> Self {
        Self { service, ..self }
    }

    pub const fn taking_back(self) -> Self {
        Self { back: true, ..self }
    }

    /// The labels with a value.
    fn given<'l>(&'l self, labels: &[Label<'l>]) -> Given<'l> {
        let mut given = Given { labels: [("", ""); MOST], len: 0 };
        let service = [(SERVICE, self.service)];
        let all = labels.iter().chain(&service);
        let said = all.filter_map(|(key, value)| Some((*key, value.filter(|value| !value.is_empty())?)));
        for (place, label) in given.labels.iter_mut().zip(said) {
            *place = label;
            given.len += 1;
        }
        given
    }

    pub fn count(&self, name: &str, n: u64, labels: &[Label<'_>]) {
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        if n != 0
            && let Some(series) = self.registry.derived(Counter, name, &self.given(labels))
        {
            series.settle(if self.back { -n } else { n });
        }
    }

    pub fn spend(&self, name: &str, amount: Usd, labels: &[Label<'_>]) {
        if let Some(series) = self.registry.derived(Counter, name, &self.given(labels)) {
            series.spend(if self.back { -amount } else { amount });
        }
    }

    pub fn observe(&self, name: &str, value: f64, labels: &[Label<'_>]) {
        let Some(series) = self.registry.derived(Histogram, name, &self.given(labels)) else { return };
        if self.back { series.take_back(value) } else { series.derive(value, self.exemplar(value)) }
    }

    pub fn set(&self, name: &str, value: f64, labels: &[Label<'_>]) {
        if let Some(series) = self.registry.derived(Gauge, name, &self.given(labels)) {
            series.set(value);
        }
    }

    fn exemplar(&self, value: f64) -> Option<Exemplar> {
        let span = self.span?;
        Some(Exemplar { time: span.end?, value, trace_id: span.trace_id, span_id: span.span_id })
    }
}

/// Nanoseconds as seconds.
pub(crate) fn seconds(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}
