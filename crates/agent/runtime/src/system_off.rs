//! Log of misused metrics, in a build without the feature `system-metrics`.

use quipu_sdk::metrics::Registry;

/// Logs misuse of metrics before each collection. Metrics of CPU, memory and disks are absent.
pub fn observe(registry: &'static Registry) {
    registry.observe_with(|registry, _| crate::misuse::report(registry));
}
