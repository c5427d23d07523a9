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
    /// Look through the store for damage and for sums that do not add up
    Store(CheckStore),
    /// Ask a server whether it takes telemetry, and for the state of its exporters
    Ready(Ready),
    /// Try every backend of the configuration that hands records to another program
    Backends(Ways),
    /// Try the OTLP backends: reach, TLS, authentication, acceptance
    Otlp(Ways),
    /// Try the Jaeger backends
    Jaeger(Ways),
    /// Try the Elasticsearch and OpenSearch backends
    Elasticsearch(Ways),
    /// Try the syslog backends
    Syslog(Ways),
    /// Try the webhook backends
    Webhook(Ways),
    /// Ask a Prometheus whether it scrapes Quipu
    Prometheus(Scraper),
    /// Ask a Prometheus whether it can answer the queries of the generated Grafana dashboards
    Grafana(Scraper),
}

/// Which server.
#[derive(Debug, ClapArgs)]
pub struct Ready {
    /// The server
    #[arg(long, env = "QUIPU_URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// Exporters to check.
#[derive(Debug, ClapArgs)]
pub struct Ways {
    /// Only this one, as the configuration lists it: NAME or NAME:ADDRESS, such as otlp:http://collector:4318
    #[arg(value_name = "BACKEND")]
    pub only: Option<String>,
    /// Configuration file (TOML), as for `serve`
    #[arg(long, value_name = "FILE", env = "QUIPU_CONFIG")]
    pub config: Option<PathBuf>,
    /// Print the findings as JSON
    #[arg(long)]
    pub json: bool,
}

/// Which Prometheus.
#[derive(Debug, ClapArgs)]
pub struct Scraper {
    /// The Prometheus server
    #[arg(long, value_name = "URL", env = "PROMETHEUS_URL", default_value = "http://127.0.0.1:9090")]
    pub prometheus: String,
    /// Print the findings as JSON
    #[arg(long)]
    pub json: bool,
}
