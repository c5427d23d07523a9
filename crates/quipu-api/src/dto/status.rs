//! State of the server: health, readiness, version and store.

use quipu_core::{Health, StoreInfo};
use quipu_pipeline::ExitStatus;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::paths::without_paths;

/// The process runs.
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
    /// Description of the problem; null when there is none.
    pub detail: Option<String>,
    /// Records that wait; null of the store.
    pub queued: Option<u64>,
    /// Seconds that the oldest of them has waited; null of the store.
    pub lag_s: Option<u64>,
    /// Records that it never got; null of the store.
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

impl From<&ExitStatus> for BackendState {
    fn from(exit: &ExitStatus) -> Self {
        Self {
            queued: Some(exit.queued),
            lag_s: Some(exit.lag.as_secs()),
            dropped: Some(exit.dropped.values().sum()),
            ..Self::new(&exit.name, exit.health.clone())
        }
    }
}

/// How far full text search is behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SearchState {
    /// Spans not indexed yet.
    pub lag_spans: u64,
    /// Its lag in milliseconds.
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

/// Whether requests are taken, and the state of every backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReadyAnswer {
    /// `ready`; `degraded` when a backend is not; `down` when the store is.
    pub status: String,
    /// Backends, the store first.
    pub backends: Vec<BackendState>,
    /// Full text search; null when the store does not say.
    pub search: Option<SearchState>,
    /// State of the audit log; omitted when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<AuditState>,
    /// Every project; left out where there is but one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projects: Option<ProjectStates>,
}

/// State of the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditState {
    /// `ready`, or `degraded` while it cannot be written and after it was found damaged.
    pub status: String,
    /// Entries that could not be written since the start.
    pub lost: u64,
    /// The record was found cut or changed since the start; left out where it was not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub damaged: bool,
}

/// Number of projects in each state. Their names are only for callers with access to them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProjectStates {
    /// All is well.
    pub ready: u64,
    /// Projects with a backend in trouble.
    pub degraded: u64,
    /// The store takes nothing, or did not answer in time.
    pub down: u64,
}

/// URLs that the server listens on; null where a listener is off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Listeners {
    /// Dashboard and this interface.
    pub http: Option<String>,
    /// OTLP over HTTP.
    pub otlp_http: Option<String>,
    /// OTLP over gRPC.
    pub otlp_grpc: Option<String>,
    /// Prometheus.
    pub prometheus: Option<String>,
    /// Jaeger's thrift compact over UDP; left out where it is off, as all below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jaeger_compact: Option<String>,
    /// Jaeger's thrift binary over UDP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jaeger_binary: Option<String>,
    /// Jaeger's thrift over HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jaeger_http: Option<String>,
    /// Jaeger's gRPC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jaeger_grpc: Option<String>,
    /// Zipkin's JSON over HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zipkin: Option<String>,
}

/// Contents of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoreState {
    /// Store URI without secrets; only its scheme for callers other than an administrator of the server.
    pub uri: String,
    /// Days with data.
    pub days: u64,
    /// Spans kept.
    pub spans: u64,
    /// Bytes on disk or in memory.
    pub bytes: u64,
}

/// The server in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatusAnswer {
    /// Version of the server.
    pub version: String,
    /// When it started.
    pub started_at: String,
    /// URLs that it listens on.
    pub listeners: Listeners,
    /// Whether it was started with the recorded demonstration workload.
    pub demo: bool,
    /// Contents of the store.
    pub store: StoreState,
    /// Full text search.
    pub search: SearchState,
}
