//! Token metrics of the conventions, and of sources without an adapter. They identify only the service.

use quipu_core::{Metric, Span};
use quipu_normalize::spans_of_metrics as made;
use quipu_semconv::{CONTINUE_CLI_METRICS, INFERENCE_USAGE_METRICS, OWN_TELLERS, TOKEN_USAGE_METRICS};

/// The spans of metrics, except for sources with their own metrics. A sender of both the newer and the older
/// names in one request counts the same tokens twice, so only the newer names apply.
pub(crate) fn spans(metrics: &[Metric]) -> Vec<Span> {
    let is_newer = |metric: &Metric| {
        INFERENCE_USAGE_METRICS.counts.iter().any(|counted| counted.metric == metric.name.as_str())
    };
    let sends_newer =
        |metric: &Metric| metrics.iter().any(|other| is_newer(other) && other.resource == metric.resource);
    let mut spans = made(metrics, &INFERENCE_USAGE_METRICS, |metric| !tells_itself(metric));
    spans.extend(made(metrics, &TOKEN_USAGE_METRICS, |metric| !tells_itself(metric) && !sends_newer(metric)));
    spans.extend(made(metrics, &CONTINUE_CLI_METRICS, |_| true));
    spans
}

fn tells_itself(metric: &Metric) -> bool {
    let is_own = |name: &str| OWN_TELLERS.contains(&name);
    is_own(&metric.scope.name) || metric.resource.service().is_some_and(is_own)
}
