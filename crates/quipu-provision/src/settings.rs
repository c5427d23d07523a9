//! What the texts depend on.

/// Where the traces are that Grafana shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tracing {
    /// In Jaeger.
    Jaeger,
    /// In Grafana Tempo.
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

/// From when on something is wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// `high_error_rate`: share of requests that fail, over 5 minutes.
    pub error_ratio: f64,
    /// `low_coverage`: share of the code that an agent's tests cover.
    pub coverage: f64,
    /// `llm_quota_exceeded`: calls refused for a quota or a rate limit, over 10 minutes.
    pub quota_errors: f64,
    /// `guardrails_violations`: checks triggered, over 15 minutes.
    pub guardrail_triggers: f64,
    /// `slow_response`: seconds that 95 of 100 requests stay below, over 10 minutes.
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
            guardrail_triggers: 5.0,
            slow_seconds: 30.0,
            load: 0.9,
        }
    }
}

/// Where everything is.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// `HOST:PORT` of Quipu's pages of metrics, as Prometheus reaches them.
    pub targets: Vec<String>,
    /// The file with the API key that those pages ask for, as Prometheus sees it.
    pub key_file: Option<String>,
    /// Whether those pages speak TLS.
    pub tls: bool,
    /// The file with the authority that vouches for their certificate, as Prometheus sees it; none for the system's.
    pub ca_file: Option<String>,
    /// Seconds between two scrapes.
    pub scrape_seconds: u32,
    /// `HOST:PORT` of Alertmanager, as Prometheus reaches it; none leaves alerts in Prometheus.
    pub alertmanager: Option<String>,
    /// Prometheus, as Grafana reaches it.
    pub prometheus_url: String,
    /// What keeps the traces that Grafana shows.
    pub tracing: Tracing,
    /// Where that is, as Grafana reaches it.
    pub tracing_url: String,
    /// The folder of the dashboards, as Grafana sees it.
    pub dashboards_folder: String,
    /// From when on something is wrong.
    pub thresholds: Thresholds,
}

impl Default for Settings {
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
