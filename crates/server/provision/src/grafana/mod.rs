//! Files for Grafana: data sources, dashboards, and alert rules that Grafana evaluates.
//!
//! Dashboards follow the types of `@grafana/schema` 13.2; Grafana 10 and later read them.

mod agents;
mod alerting;
mod build;
mod cost;
mod guardrails;
mod health;
mod panel;
mod provisioning;
mod tools;
mod traces;

pub use alerting::alerts;
pub use provisioning::{dashboard_provider, datasources};

use serde_json::Value;

use crate::{File, ProvisionConfig};

/// The folder of the dashboards and alert rules.
const FOLDER: &str = "Quipu";

/// Returns all files. `provisioning` belongs in Grafana's folder of that name, and `dashboards` in the
/// configured folder.
pub fn files(settings: &ProvisionConfig) -> Vec<File> {
    let mut files = vec![
        File::new("provisioning/datasources/quipu.yml", datasources(settings)),
        File::new("provisioning/dashboards/quipu.yml", dashboard_provider(settings)),
        File::new("provisioning/alerting/quipu.yml", alerts(settings)),
    ];
    let dashboards = dashboards(settings);
    files.extend(dashboards.iter().map(|dashboard| {
        let uid = dashboard["uid"].as_str().unwrap_or_default();
        File::new(format!("dashboards/{uid}.json"), format!("{dashboard:#}\n"))
    }));
    files
}

/// Returns all dashboards, in Grafana's JSON; `uid` is the name.
pub fn dashboards(settings: &ProvisionConfig) -> Vec<Value> {
    vec![
        agents::dashboard(),
        cost::dashboard(),
        tools::dashboard(),
        guardrails::dashboard(),
        health::dashboard(),
        traces::dashboard(settings.tracing),
    ]
}
