//! Token metrics of the conventions, and of sources without an adapter. They identify only the service.

use quipu_core::{Metric, Span};
use quipu_normalize::{spans_by_shape, spans_of_metrics as made};
use quipu_semconv::{
    CONTINUE_CLI_METRICS, DETAILED_USAGE_METRICS, INFERENCE_USAGE_METRICS, MetricFamily, OWN_TELLERS,
    TOKEN_USAGE_METRICS,
};

/// The families of the conventions, newest names first.
const NEWEST_FIRST: [&MetricFamily<'static>; 3] =
    [&DETAILED_USAGE_METRICS, &INFERENCE_USAGE_METRICS, &TOKEN_USAGE_METRICS];

/// The spans of metrics, except for sources with their own metrics. A sender of both the newer and the older
/// names in one request counts the same tokens twice, so only the newer names apply.
pub(crate) fn spans(metrics: &[Metric]) -> Vec<Span> {
    let mut spans = Vec::new();
    for (age, family) in NEWEST_FIRST.iter().enumerate() {
        let is_newer = |metric: &Metric| NEWEST_FIRST[..age].iter().any(|family| has(family, metric));
        let sends_newer = |metric: &Metric| {
            metrics.iter().any(|other| is_newer(other) && other.resource == metric.resource)
        };
        spans.extend(made(metrics, family, |metric| !tells_itself(metric) && !sends_newer(metric)));
    }
    spans.extend(made(metrics, &CONTINUE_CLI_METRICS, |_| true));
    spans.extend(spans_by_shape(metrics));
    spans
}

fn has(family: &MetricFamily<'_>, metric: &Metric) -> bool {
    family.counts.iter().any(|counted| counted.metric == metric.name.as_str())
}

fn tells_itself(metric: &Metric) -> bool {
    let is_own = |name: &str| OWN_TELLERS.contains(&name);
    is_own(&metric.scope.name) || metric.resource.service().is_some_and(is_own)
}
