//! Arguments of `quipu check`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::CheckStore;

/// Checks to run.
#[derive(Debug, ClapArgs)]
pub struct Check {
    #[command(subcommand)]
    pub what: CheckWhat,
}

#[derive(Debug, Subcommand)]
pub enum CheckWhat {
    /// Check the store for damage and for wrong totals
    Store(CheckStore),
    /// Query the readiness of a server and the state of its exporters
    Ready(Ready),
    /// Check every exporter of the configuration
    Backends(Ways),
    /// Check the OTLP backends: connection, TLS, authentication, acceptance
    Otlp(Ways),
    /// Check the Jaeger backends
    Jaeger(Ways),
    /// Check the Elasticsearch and OpenSearch backends
    Elasticsearch(Ways),
    /// Check the syslog backends
    Syslog(Ways),
    /// Check the webhook backends
    Webhook(Ways),
    /// Check that a Prometheus server scrapes Quipu
    Prometheus(Scraper),
    /// Check that a Prometheus server can answer the queries of the generated Grafana dashboards
    Grafana(Scraper),
}

/// Server to check.
#[derive(Debug, ClapArgs)]
pub struct Ready {
    /// URL of the server
    #[arg(long, env = "QUIPU_URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// Exporters to check.
#[derive(Debug, ClapArgs)]
pub struct Ways {
    /// Only this exporter, as in the configuration: NAME or NAME:ADDRESS, such as otlp:http://collector:4318
    #[arg(value_name = "BACKEND")]
    pub only: Option<String>,
    /// Configuration file (TOML), as for `serve`
    #[arg(long, value_name = "FILE", env = "QUIPU_CONFIG")]
    pub config: Option<PathBuf>,
    /// Print the findings as JSON
    #[arg(long)]
    pub json: bool,
}

/// Prometheus server to check.
#[derive(Debug, ClapArgs)]
pub struct Scraper {
    /// URL of the Prometheus server
    #[arg(long, value_name = "URL", env = "PROMETHEUS_URL", default_value = "http://127.0.0.1:9090")]
    pub prometheus: String,
    /// Print the findings as JSON
    #[arg(long)]
    pub json: bool,
}
