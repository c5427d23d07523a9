//! The parameters of the generated files.

/// The program whose traces Grafana shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tracing {
    /// Jaeger.
    Jaeger,
    /// Grafana Tempo.
    Tempo,
}

impl Tracing {
    /// The type of its data source in Grafana.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Jaeger => "jaeger",
            Self::Tempo => "tempo",
        }
    }

    /// Its name.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Jaeger => "Jaeger",
            Self::Tempo => "Tempo",
        }
    }
}

/// Thresholds of the alert rules.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// `high_error_rate`: share of failed requests, over 5 minutes.
    pub error_ratio: f64,
    /// `low_coverage`: share of the code that an agent's tests cover.
    pub coverage: f64,
    /// `llm_quota_exceeded`: calls rejected for a quota or a rate limit, over 10 minutes.
    pub quota_errors: f64,
    /// `guardrails_violations`: triggered checks, over 1 minute.
    pub guardrail_triggers: f64,
    /// `slow_response`: the 99th percentile of request times in seconds, over 5 minutes.
    pub slow_seconds: f64,
    /// `system_overload`: share of processors, memory or disk in use.
    pub load: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            error_ratio: 0.05,
            coverage: 0.8,
            quota_errors: 0.0,
            guardrail_triggers: 1.0,
            slow_seconds: 60.0,
            load: 0.9,
        }
    }
}

/// The addresses of all programs, and the thresholds.
#[derive(Debug, Clone, PartialEq)]
pub struct ProvisionConfig {
    /// `HOST:PORT` of Quipu's metrics pages, as Prometheus reaches them.
    pub targets: Vec<String>,
    /// The file with the API key for these pages, as Prometheus sees it.
    pub key_file: Option<String>,
    /// Whether these pages use TLS.
    pub tls: bool,
    /// The file with the authority of their certificate, as Prometheus sees it; `None` for the system's.
    pub ca_file: Option<String>,
    /// Seconds between two scrapes.
    pub scrape_seconds: u32,
    /// `HOST:PORT` of Alertmanager, as Prometheus reaches it; with `None`, alerts stay in Prometheus.
    pub alertmanager: Option<String>,
    /// The URL of Prometheus, as Grafana reaches it.
    pub prometheus_url: String,
    /// The program whose traces Grafana shows.
    pub tracing: Tracing,
    /// The URL of that program, as Grafana reaches it.
    pub tracing_url: String,
    /// The folder of the dashboards, as Grafana sees it.
    pub dashboards_folder: String,
    /// Thresholds of the alert rules.
    pub thresholds: Thresholds,
}

impl Default for ProvisionConfig {
    fn default() -> Self {
        Self {
            targets: vec!["127.0.0.1:9464".to_owned()],
            key_file: None,
            tls: false,
            ca_file: None,
            scrape_seconds: 15,
            alertmanager: None,
            prometheus_url: "http://127.0.0.1:9090".to_owned(),
            tracing: Tracing::Jaeger,
            tracing_url: "http://127.0.0.1:16686".to_owned(),
            dashboards_folder: "/var/lib/grafana/dashboards/quipu".to_owned(),
            thresholds: Thresholds::default(),
        }
    }
}
