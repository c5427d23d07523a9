//! Recording into the derived instruments.

use quipu_core::{Exemplar, Span, Usd};

use crate::metrics::instrument::InstrumentKind::{Counter, Gauge, Histogram};
use crate::metrics::registry::Registry;

/// A label that may have no value.
pub(crate) type Label<'a> = (&'a str, Option<&'a str>);

/// Records what one span or row means, or takes it back.
pub(crate) struct Tell<'a> {
    registry: &'static Registry,
    span: Option<&'a Span>,
    back: bool,
}

fn given<'a>(labels: &[Label<'a>]) -> Vec<(&'a str, &'a str)> {
    labels.iter().filter_map(|(key, value)| Some((*key, value.filter(|value| !value.is_empty())?))).collect()
}

impl<'a> Tell<'a> {
    pub const fn new(registry: &'static Registry, span: Option<&'a Span>) -> Self {
        Self { registry, span, back: false }
    }

    pub const fn taking_back(self) -> Self {
        Self { back: true, ..self }
    }

    pub fn count(&self, name: &str, n: u64, labels: &[Label<'_>]) {
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        if n != 0
            && let Some(series) = self.registry.derived(Counter, name, &given(labels))
        {
            series.settle(if self.back { -n } else { n });
        }
    }

    pub fn spend(&self, name: &str, amount: Usd, labels: &[Label<'_>]) {
        if let Some(series) = self.registry.derived(Counter, name, &given(labels)) {
            series.spend(if self.back { -amount } else { amount });
        }
    }

    pub fn observe(&self, name: &str, value: f64, labels: &[Label<'_>]) {
        let Some(series) = self.registry.derived(Histogram, name, &given(labels)) else { return };
        if self.back { series.take_back(value) } else { series.derive(value, self.exemplar(value)) }
    }

    pub fn set(&self, name: &str, value: f64, labels: &[Label<'_>]) {
        if let Some(series) = self.registry.derived(Gauge, name, &given(labels)) {
            series.set(value);
        }
    }

    fn exemplar(&self, value: f64) -> Option<Exemplar> {
        let span = self.span.filter(|span| span.is_sampled())?;
        Some(Exemplar { time: span.end?, value, trace_id: span.trace_id, span_id: span.span_id })
    }
}

/// Nanoseconds as seconds.
pub(crate) fn seconds(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}
