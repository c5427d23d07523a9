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
}

/// Addresses of the programs, and the thresholds of alerts.
#[derive(Debug, ClapArgs)]
pub struct Provision {
    /// Write the files below this folder [default: print them]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Quipu's page of metrics, as Prometheus reaches it; may be said several times [default: 127.0.0.1:9464]
    #[arg(long = "target", value_name = "HOST:PORT")]
    pub targets: Vec<String>,
    /// File with the API key that the page asks for, as Prometheus sees it
    #[arg(long, value_name = "FILE")]
    pub scrape_key_file: Option<String>,
    /// The page speaks TLS
    #[arg(long)]
    pub tls: bool,
    /// File with the authority that vouches for its certificate, as Prometheus sees it [default: the
    /// system's]
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub scrape_ca_file: Option<String>,
    /// Seconds between two scrapes
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub scrape_seconds: Option<u32>,
    /// Alertmanager, as Prometheus reaches it [default: alerts stay in Prometheus]
    #[arg(long, value_name = "HOST:PORT")]
    pub alertmanager: Option<String>,
    /// Prometheus, as Grafana reaches it [default: http://127.0.0.1:9090]
    #[arg(long, value_name = "URL")]
    pub prometheus_url: Option<String>,
    /// Store of the traces that Grafana shows
    #[arg(long, value_name = "KIND", default_value = "jaeger")]
    pub tracing: TracesIn,
    /// Its address, as Grafana reaches it [default: http://127.0.0.1:16686]
    #[arg(long, value_name = "URL")]
    pub tracing_url: Option<String>,
    /// The folder of the dashboards, as Grafana sees it [default: /var/lib/grafana/dashboards/quipu]
    #[arg(long, value_name = "DIR")]
    pub dashboards_folder: Option<String>,
    /// high_error_rate: share of requests that fail
    #[arg(long, value_name = "SHARE")]
    pub error_ratio: Option<f64>,
    /// low_coverage: share of the code that an agent's tests cover
    #[arg(long, value_name = "SHARE")]
    pub coverage: Option<f64>,
    /// llm_quota_exceeded: calls rejected for a quota or a rate limit
    #[arg(long, value_name = "CALLS")]
    pub quota_errors: Option<f64>,
    /// guardrails_violations: checks triggered
    #[arg(long, value_name = "CHECKS")]
    pub guardrail_triggers: Option<f64>,
    /// slow_response: seconds that 95 of 100 requests stay below
    #[arg(long, value_name = "SECONDS")]
    pub slow_seconds: Option<f64>,
    /// system_overload: share of processors, memory or disk in use
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
