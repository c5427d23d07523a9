//! Tests of a store that cannot be read.

use std::sync::Arc;

use async_trait::async_trait;
use axum::http::Method;
use quipu_core::{
    Backend, Batch, CostPage, CostQuery, Error, ErrorKind, EventPage, EventQuery, Facet, FacetField, Health,
    Limits, Meeting, MetricName, MetricQuery, MetricSeries, Node, Result, SessionPage, SessionQuery, SpanId,
    SpanPage, SpanQuery, SpanRow, Store, StoreInfo, Timestamp, ToolGroup, TraceFilter, TraceId, TracePage,
    TraceQuery, TraceRow, UsageGroup, UsageQuery, WorkGroup, WorkQuery, WorkRowPage, WorkRowQuery,
};

use crate::fixture::{Fixture, trace_id};

struct Down(ErrorKind);

impl Down {
    fn fails<T>(&self) -> Result<T> {
        Err(Error::new(self.0, "read store", "disk gone").of_backend("down"))
    }
}

#[async_trait]
impl Backend for Down {
    fn name(&self) -> &str {
        "down"
    }

    async fn write(&self, _: Arc<Batch>) -> Result<()> {
        self.fails()
    }

    fn health(&self) -> Health {
        if self.0 == ErrorKind::Io { Health::Ready } else { Health::Down("disk gone".into()) }
    }
}

#[async_trait]
impl Store for Down {
    async fn traces(&self, _: &TraceQuery) -> Result<TracePage> {
        self.fails()
    }

    async fn trace(&self, _: TraceId) -> Result<Option<TraceRow>> {
        self.fails()
    }

    async fn spans(&self, _: &SpanQuery) -> Result<SpanPage> {
        self.fails()
    }

    async fn span(&self, _: TraceId, _: SpanId) -> Result<Option<SpanRow>> {
        self.fails()
    }

    async fn sessions(&self, _: &SessionQuery) -> Result<SessionPage> {
        self.fails()
    }

    async fn usage(&self, _: &UsageQuery) -> Result<Vec<UsageGroup>> {
        self.fails()
    }

    async fn costs(&self, _: &CostQuery) -> Result<CostPage> {
        self.fails()
    }

    /// Never answers.
    async fn tools(&self, _: &TraceFilter) -> Result<Vec<ToolGroup>> {
        std::future::pending().await
    }

    async fn facets(&self, _: FacetField, _: &TraceFilter, _: usize) -> Result<Vec<Facet>> {
        self.fails()
    }

    async fn events(&self, _: &EventQuery) -> Result<EventPage> {
        self.fails()
    }

    async fn metrics(&self) -> Result<Vec<MetricName>> {
        self.fails()
    }

    async fn metric(&self, _: &MetricQuery) -> Result<Vec<MetricSeries>> {
        self.fails()
    }

    async fn nodes(&self, _: &[(TraceId, Timestamp)]) -> Result<Vec<Vec<Node>>> {
        self.fails()
    }

    async fn meeting_traces(&self, _: &[(Meeting, Timestamp)]) -> Result<Vec<Vec<(TraceId, Timestamp)>>> {
        self.fails()
    }

    async fn info(&self) -> Result<StoreInfo> {
        self.fails()
    }

    async fn work(&self, _: &WorkQuery) -> Result<Vec<WorkGroup>> {
        self.fails()
    }

    async fn work_rows(&self, _: &WorkRowQuery) -> Result<WorkRowPage> {
        self.fails()
    }
}

fn fixture(kind: ErrorKind) -> Fixture {
    let mut fixture = Fixture::empty();
    fixture.state.store = Arc::new(Down(kind));
    fixture
}

#[tokio::test]
async fn every_route_says_that_the_store_does_not_answer() {
    let fixture = fixture(ErrorKind::Unavailable);
    let trace = format!("/api/v1/traces/{}", trace_id(1));
    let span = format!("{trace}/spans/0101010101010101");
    let [outline, search, graph] = ["outline", "search?q=a", "graph"].map(|more| format!("{trace}/{more}"));
    let (lens, cost) = (format!("{span}/lens"), format!("{span}/cost"));
    for path in [
        "/api/v1/traces",
        trace.as_str(),
        span.as_str(),
        lens.as_str(),
        "/api/parity-matrix",
        cost.as_str(),
        "/api/v1/costs/unpriced",
        "/api/v1/costs/analysis",
        "/api/cost-analysis",
        "/api/v1/plans",
        "/api/v1/sessions",
        "/api/v1/sessions/s",
        "/api/v1/usage",
        "/api/v1/facets?field=model",
        "/api/v1/events",
        "/api/v1/metrics",
        "/api/v1/metrics/query?name=n",
        "/api/v1/status",
        outline.as_str(),
        search.as_str(),
        graph.as_str(),
        "/api/v1/map",
        "/api/v1/export/traces",
    ] {
        let answer = fixture.ask(Method::GET, path, &[], "").await;
        assert_eq!(answer.problem(503), "down: read store: disk gone", "{path}");
        assert_eq!(answer.header("retry-after"), "1", "{path}");
    }
}

#[tokio::test]
async fn each_kind_of_error_has_its_status() {
    for (kind, status) in [
        (ErrorKind::Invalid, 400),
        (ErrorKind::Denied, 403),
        (ErrorKind::NotFound, 404),
        (ErrorKind::Unsupported, 501),
        (ErrorKind::Locked, 503),
        (ErrorKind::Io, 503),
        (ErrorKind::Damaged, 500),
        (ErrorKind::Internal, 500),
    ] {
        fixture(kind).fails("/api/v1/traces", status).await;
    }
}

#[tokio::test]
async fn a_store_that_is_down_is_not_ready_but_the_process_lives() {
    let down = fixture(ErrorKind::Unavailable);
    let answer = down.ask(Method::GET, "/readyz", &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.json()["status"].as_str()), (503, Some("down")));
    assert!(answer.json()["search"].is_null());
    down.get("/healthz").await;
    let unreadable = fixture(ErrorKind::Io).get("/readyz").await;
    assert_eq!(unreadable["status"], "degraded");
    assert_eq!(unreadable["backends"][0]["detail"], "down: read store: disk gone");
}

#[tokio::test]
async fn an_answer_that_never_comes_is_given_up() {
    let mut fixture = fixture(ErrorKind::Io);
    fixture.state.limits = Arc::new(Limits { request_seconds: 0, ..Limits::default() });
    assert!(fixture.fails("/api/v1/tools", 504).await.contains("No answer within"));
}
