//! State of the routes, passed in by the program that wires them.

use std::collections::HashSet;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use quipu_alert::Alerts;
use quipu_core::{
    Adapters, AnswerMemory, Clock, Committed, Limits, PriceBook, Retention, SpanId, Store, Timestamp, TraceId,
};
use quipu_insight::Documents;
use quipu_pipeline::Pipeline;
use quipu_sql::SqlRunner;
use tokio::sync::broadcast;

use crate::dto::{Listeners, Vitals};
use crate::money::Money;

/// State of the routes.
#[derive(Clone)]
pub struct ApiState {
    /// The store that answers every query.
    pub store: Arc<dyn Store>,
    /// The pipeline, for the state of the exporters; `None` if the program receives no records.
    pub pipeline: Option<Arc<Pipeline>>,
    /// Adapters that read stored spans again on a request.
    pub adapters: Adapters,
    /// Price books for `/api/v1/price`, and for explanations of costs.
    pub prices: Arc<dyn PriceBook>,
    /// Books, budgets and all else that is about money.
    pub money: Money,
    /// Receives each commit, for the live feed.
    pub live: broadcast::Sender<Arc<Committed>>,
    /// State that the server reports about itself.
    pub status: Arc<StatusInfo>,
    /// Clock of the server.
    pub clock: Arc<dyn Clock>,
    /// Bounds; of these the routes use `page_rows` and `request_seconds`.
    pub limits: Arc<Limits>,
    /// Memory of the caches of outlines and graphs, shared by all projects of a server: usually
    /// [`AnswerMemory::within`] [`Limits::cache_bytes`].
    pub caches: AnswerMemory,
    /// The dashboard's files.
    pub assets: Arc<dyn Assets>,
    /// OpenMetrics page for `/metrics`; `None` while other readers' pages take too much memory. May take some
    /// milliseconds.
    pub metrics_page: Arc<dyn Fn() -> Option<Bytes> + Send + Sync>,
    /// How process and machine are doing; `None` where no server runs. With it, [`routes`](crate::routes)
    /// must be called on a runtime.
    pub vitals: Option<ReadVitals>,
    /// Unread sources whose spans look like model calls.
    pub unread: Arc<dyn Fn() -> Vec<UnreadRecord> + Send + Sync>,
    /// Takes samples of forgotten traces out of that list.
    pub forget_unread: ForgetUnread,
    /// Changes of fields by source, and what of each source is missing. May take some milliseconds.
    pub drift: Arc<dyn Fn() -> quipu_drift::Report + Send + Sync>,
    /// Saved views and dashboards.
    pub documents: Documents,
    /// Rules of data retention.
    pub retention: Arc<Retention>,
    /// Alerts; `None` if the program evaluates none.
    pub alerts: Option<Alerts>,
    /// Runs SQL statements over the store; `None` if another process cannot read it.
    pub sql: Option<SqlRunner>,
}

/// Reads the figures that only the process's own side knows. It may block for a moment.
pub type ReadVitals = Arc<dyn Fn() -> Vitals + Send + Sync>;

/// Removes the unread sources whose sample is from one of these traces, unless it is a dry run. Returns their
/// number, or the error.
pub type ForgetUnread = Arc<dyn Fn(&HashSet<TraceId>, bool) -> Result<u64, String> + Send + Sync>;

/// A source that is not read, as the receiver remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadRecord {
    /// Name of the instrumentation scope.
    pub scope: String,
    /// Version of the scope.
    pub version: String,
    /// Service of the latest span.
    pub service: Option<String>,
    /// Spans that look like calls.
    pub spans: u64,
    /// Why the latest of them does not count.
    pub why: String,
    /// Start of the first.
    pub first_seen: Timestamp,
    /// Start of the latest.
    pub last_seen: Timestamp,
    /// Trace of the latest.
    pub trace_id: TraceId,
    /// The latest.
    pub span_id: SpanId,
}

/// Whether the client of a live feed still has access: put it into the request's extensions. Called every few
/// seconds; must not block.
#[derive(Clone)]
pub struct Welcome(pub Arc<dyn Fn() -> bool + Send + Sync>);

/// The effect of a request, for the audit log: among the extensions of an answer. Ids, sums and counts, never
/// a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deed {
    /// Whether this was a dry run: nothing was changed.
    pub preview: bool,
    /// Figures by name.
    pub detail: Vec<(&'static str, String)>,
}

impl Deed {
    /// The answer with the effect in its extensions.
    pub(crate) fn with(self, answer: impl IntoResponse) -> Response {
        let mut response = answer.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// State that the server reports about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatusInfo {
    /// Version.
    pub version: String,
    /// When it started.
    pub started_at: Timestamp,
    /// URLs that it listens on.
    pub listeners: Listeners,
    /// Whether it was started with the recorded demonstration workload.
    pub demo: bool,
}

/// One file of the dashboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// The whole file.
    pub bytes: Bytes,
    /// `Content-Type`.
    pub content_type: String,
    /// Entity tag with its quotes.
    pub etag: String,
    /// Its name changes with its content, so that it may be cached for ever.
    pub immutable: bool,
}

/// The dashboard's files by path. Closures of the same shape are assets.
pub trait Assets: Send + Sync {
    /// The file at a request's path, with its leading slash; pages that the browser routes give the index.
    fn asset(&self, path: &str) -> Option<Asset>;
}

impl<F: Fn(&str) -> Option<Asset> + Send + Sync> Assets for F {
    fn asset(&self, path: &str) -> Option<Asset> {
        self(path)
    }
}
