//! Decodes exemplars of metric points.

use opentelemetry_proto::tonic::metrics::v1::{self as wire, exemplar::Value as Observed};
use quipu_core::{Exemplar, ExemplarWire, Timestamp};

use super::{Taker, span_id, trace_id};

impl Taker<'_> {
    /// The exemplars that name a span, and all exemplars as sent if the former lack details.
    pub(super) fn exemplars(&mut self, mut sent: Vec<wire::Exemplar>) -> (Vec<Exemplar>, Vec<ExemplarWire>) {
        self.shorten(&mut sent, self.limits.attributes, "exemplars", &mut 0);
        let all: Vec<_> = sent.into_iter().map(|exemplar| self.exemplar(exemplar)).collect();
        let named: Vec<_> = all.iter().filter_map(named).collect();
        let plain = named.len() == all.len()
            && all.iter().all(|exemplar| exemplar.integer.is_none() && exemplar.attributes.is_empty());
        (named, if plain { Vec::new() } else { all })
    }

    fn exemplar(&mut self, exemplar: wire::Exemplar) -> ExemplarWire {
        let (double, integer) = match exemplar.value {
            Some(Observed::AsDouble(double)) => (Some(double), None),
            Some(Observed::AsInt(int)) => (None, Some(int)),
            None => (None, None),
        };
        ExemplarWire {
            time: Self::loose_time(exemplar.time_unix_nano, Timestamp::default()),
            double,
            integer,
            trace_id: trace_id(&exemplar.trace_id).ok(),
            span_id: span_id(&exemplar.span_id).ok(),
            attributes: self.attributes(exemplar.filtered_attributes, &mut 0),
        }
    }
}

/// An exemplar with its span; `None` if a field is missing.
fn named(sent: &ExemplarWire) -> Option<Exemplar> {
    Some(Exemplar {
        time: sent.time,
        value: sent.double.or_else(|| sent.integer.map(|int| int as f64))?,
        trace_id: sent.trace_id?,
        span_id: sent.span_id?,
    })
}
