//! State of the server: health, readiness, version and store.

use quipu_core::{Health, StoreInfo};
use quipu_pipeline::ExporterStatus;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::paths::without_paths;

/// Answer of the liveness probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HealthAnswer {
    /// Always `ok`.
    pub status: String,
}

/// State of one backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackendState {
    /// Name.
    pub name: String,
    /// `ready`, `degraded` or `down`.
    pub status: String,
    /// Description of the problem; null without one.
    pub detail: Option<String>,
    /// Number of waiting records; null for the store.
    pub queued: Option<u64>,
    /// Age of the oldest waiting record in seconds; null for the store.
    pub lag_s: Option<u64>,
    /// Number of records that it never received; null for the store.
    pub dropped: Option<u64>,
}

impl BackendState {
    /// A backend's state.
    pub(crate) fn new(name: &str, health: Health) -> Self {
        let (status, detail) = match health {
            Health::Ready => ("ready", None),
            Health::Degraded(detail) => ("degraded", Some(detail)),
            Health::Down(detail) => ("down", Some(detail)),
        };
        Self {
            name: name.to_owned(),
            status: status.to_owned(),
            // The route needs no key.
            detail: detail.map(|detail| without_paths(&detail)),
            queued: None,
            lag_s: None,
            dropped: None,
        }
    }
}

impl From<&ExporterStatus> for BackendState {
    fn from(exporter: &ExporterStatus) -> Self {
        Self {
            queued: Some(exporter.queued),
            lag_s: Some(exporter.lag.as_secs()),
            dropped: Some(exporter.dropped.values().sum()),
            ..Self::new(&exporter.name, exporter.health.clone())
        }
    }
}

/// Lag of full-text search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SearchState {
    /// Number of spans not indexed yet.
    pub lag_spans: u64,
    /// Lag in milliseconds.
    pub lag_ms: u64,
}

impl StoreState {
    /// Describes the store, with or without its folder.
    pub(crate) fn new(info: StoreInfo, sees_host: bool) -> Self {
        let scheme = || info.uri.split_inclusive(':').next().unwrap_or_default().to_owned();
        let uri = if sees_host { info.uri.clone() } else { scheme() };
        Self { uri, days: info.days, spans: info.spans, bytes: info.bytes }
    }
}

impl From<&StoreInfo> for SearchState {
    fn from(info: &StoreInfo) -> Self {
        Self { lag_spans: info.search_lag_spans, lag_ms: info.search_lag_ms }
    }
}

/// Readiness of the server, and the state of every backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReadyAnswer {
    /// `ready`; `degraded` if another backend is not ready; `down` if the store is down.
    pub status: String,
    /// Backends, the store first.
    pub backends: Vec<BackendState>,
    /// Full-text search; null if the store does not report it.
    pub search: Option<SearchState>,
    /// State of the audit log; omitted without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<AuditState>,
    /// Projects by state; omitted if there is only one project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projects: Option<ProjectStates>,
}

/// State of the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditState {
    /// `ready`, or `degraded` while it cannot be written and after damage was found.
    pub status: String,
    /// Number of entries that could not be written since the start.
    pub lost: u64,
    /// Whether a cut or changed record was found since the start; omitted if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub damaged: bool,
}

/// Number of projects in each state. Their names are only for callers with access to them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProjectStates {
    /// Projects without a problem.
    pub ready: u64,
    /// Projects with a backend that is not ready.
    pub degraded: u64,
    /// Projects whose store rejects records, or did not answer in time.
    pub down: u64,
}

/// Listening URLs of the server; null for a disabled listener.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Listeners {
    /// Dashboard and HTTP interface.
    pub http: Option<String>,
    /// OTLP over HTTP.
    pub otlp_http: Option<String>,
    /// OTLP over gRPC.
    pub otlp_grpc: Option<String>,
    /// Prometheus.
    pub prometheus: Option<String>,
    /// Jaeger Thrift compact over UDP; omitted if disabled, like all listeners below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jaeger_compact: Option<String>,
    /// Jaeger Thrift binary over UDP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jaeger_binary: Option<String>,
    /// Jaeger Thrift over HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jaeger_http: Option<String>,
    /// Jaeger gRPC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jaeger_grpc: Option<String>,
    /// Zipkin JSON over HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zipkin: Option<String>,
}

/// Contents of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoreState {
    /// Store URI without secrets; only its scheme for callers other than an administrator of the server.
    pub uri: String,
    /// Number of days with data.
    pub days: u64,
    /// Number of stored spans.
    pub spans: u64,
    /// Bytes on disk or in memory.
    pub bytes: u64,
}

/// Summary of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatusAnswer {
    /// Version of the server.
    pub version: String,
    /// Start time of the server.
    pub started_at: String,
    /// Its listening URLs.
    pub listeners: Listeners,
    /// Whether it runs with the recorded demonstration workload.
    pub demo: bool,
    /// Contents of the store.
    pub store: StoreState,
    /// Full-text search.
    pub search: SearchState,
}
