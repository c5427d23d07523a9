//! Arguments of `quipu generate`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

/// Files to generate.
#[derive(Debug, ClapArgs)]
pub struct Generate {
    #[command(subcommand)]
    pub what: GenerateWhat,
}

#[derive(Debug, Subcommand)]
pub enum GenerateWhat {
    /// Scrape configuration, recording and alerting rules, and tests of the rules
    Prometheus(Provision),
    /// Data sources, dashboards and alert rules
    Grafana(Provision),
    /// Statements that make the tables of the ClickHouse store, for a cluster or one server
    Clickhouse(ClickhouseTables),
}

/// Tables of the ClickHouse store.
#[derive(Debug, ClapArgs)]
pub struct ClickhouseTables {
    /// Cluster whose servers get replicated tables [default: one server without replication]
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// Database of the tables
    #[arg(long, value_name = "NAME", default_value = "quipu")]
    pub database: String,
}

/// Addresses of the programs, and the thresholds of alerts.
#[derive(Debug, ClapArgs)]
pub struct Provision {
    /// Folder for the files [default: print them]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Address of Quipu's metrics page for Prometheus; can be given several times [default: 127.0.0.1:9464]
    #[arg(long = "target", value_name = "HOST:PORT")]
    pub targets: Vec<String>,
    /// File with the API key for the page; a path on the Prometheus host
    #[arg(long, value_name = "FILE")]
    pub scrape_key_file: Option<String>,
    /// The page uses TLS
    #[arg(long)]
    pub tls: bool,
    /// File with the certificate authority of the page; a path on the Prometheus host [default: the system's
    /// authorities]
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub scrape_ca_file: Option<String>,
    /// Scrape interval in seconds
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub scrape_seconds: Option<u32>,
    /// Address of Alertmanager for Prometheus [default: alerts stay in Prometheus]
    #[arg(long, value_name = "HOST:PORT")]
    pub alertmanager: Option<String>,
    /// URL of Prometheus for Grafana [default: http://127.0.0.1:9090]
    #[arg(long, value_name = "URL")]
    pub prometheus_url: Option<String>,
    /// Store of the traces in Grafana
    #[arg(long, value_name = "KIND", default_value = "jaeger")]
    pub tracing: TracesIn,
    /// URL of that store for Grafana [default: http://127.0.0.1:16686]
    #[arg(long, value_name = "URL")]
    pub tracing_url: Option<String>,
    /// Folder of the dashboards; a path on the Grafana host [default: /var/lib/grafana/dashboards/quipu]
    #[arg(long, value_name = "DIR")]
    pub dashboards_folder: Option<String>,
    /// high_error_rate: share of failed requests
    #[arg(long, value_name = "SHARE")]
    pub error_ratio: Option<f64>,
    /// low_coverage: share of the code covered by an agent's tests
    #[arg(long, value_name = "SHARE")]
    pub coverage: Option<f64>,
    /// llm_quota_exceeded: calls rejected because of a quota or rate limit
    #[arg(long, value_name = "CALLS")]
    pub quota_errors: Option<f64>,
    /// guardrails_violations: triggered checks
    #[arg(long, value_name = "CHECKS")]
    pub guardrail_triggers: Option<f64>,
    /// slow_response: limit in seconds of the 99th percentile of requests
    #[arg(long, value_name = "SECONDS")]
    pub slow_seconds: Option<f64>,
    /// system_overload: used share of processors, memory or disk
    #[arg(long, value_name = "SHARE")]
    pub load: Option<f64>,
}

/// Store of traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TracesIn {
    /// Jaeger
    Jaeger,
    /// Grafana Tempo
    Tempo,
}
