//! Log of misused metrics.

use quipu_sdk::metrics::Registry;

/// Logs rejected or changed observations, once per instrument and problem.
pub(crate) fn report(registry: &Registry) {
    for rejected in registry.new_problems() {
        let (instrument, problem) = (rejected.instrument, rejected.problem.as_str());
        tracing::warn!(%instrument, problem, "an observation of a metric was changed or dropped");
    }
}
