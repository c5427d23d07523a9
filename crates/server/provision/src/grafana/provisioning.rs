//! Provisioning files for Grafana: <https://grafana.com/docs/grafana/latest/administration/provisioning/>.

use serde_json::json;

use super::FOLDER;
use crate::{ProvisionConfig, yaml};

/// The identifier of the data source with the metrics.
pub(super) const METRICS: &str = "quipu-prometheus";
/// The identifier of the data source with the traces.
pub(super) const TRACES: &str = "quipu-traces";

/// The data sources: Prometheus, whose exemplars link to the traces, and the traces.
pub fn datasources(settings: &ProvisionConfig) -> String {
    let tracing = settings.tracing;
    let document = json!({
        "apiVersion": 1,
        "datasources": [
            {
                "name": "Quipu metrics",
                "uid": METRICS,
                "type": "prometheus",
                "access": "proxy",
                "url": settings.prometheus_url,
                "jsonData": {
                    "httpMethod": "POST",
                    "timeInterval": format!("{}s", settings.scrape_seconds),
                    "exemplarTraceIdDestinations": [{ "name": "trace_id", "datasourceUid": TRACES }],
                },
            },
            {
                "name": format!("Quipu traces in {}", tracing.title()),
                "uid": TRACES,
                "type": tracing.kind(),
                "access": "proxy",
                "url": settings.tracing_url,
            },
        ],
    });
    yaml::document("Data sources of Quipu's dashboards. Made by `quipu generate grafana`.", &document)
}

/// The folder from which Grafana loads the dashboards.
pub fn dashboard_provider(settings: &ProvisionConfig) -> String {
    let document = json!({
        "apiVersion": 1,
        "providers": [{
            "name": "quipu",
            "folder": FOLDER,
            "type": "file",
            "disableDeletion": false,
            "updateIntervalSeconds": 30,
            "allowUiUpdates": true,
            "options": { "path": settings.dashboards_folder },
        }],
    });
    yaml::document("Quipu's dashboards. Made by `quipu generate grafana`.", &document)
}
