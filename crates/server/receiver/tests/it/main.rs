//! Tests of the receiver through its real routes, with an intake that collects batches.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod bodies;
mod bounds;
mod days;
mod doors;
mod failing;
mod foreign;
mod grpc;
mod items;
mod recordings;
mod serve;
mod tls;
mod udp;
mod wire;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use quipu_core::{
    Adapter, Adapters, Batch, Canonical, Error, ErrorKind, Event, Intake, Limits, Messages, Meter, Result,
    Span, SystemClock,
};
use quipu_receiver::{
    Receiver, ReceiverParts, grpc_routes, http_routes, jaeger_grpc_routes, jaeger_http_routes, zipkin_routes,
};
use tower::ServiceExt;

/// An intake that keeps every batch, or fails on demand.
#[derive(Default)]
pub struct Collector {
    pub adapters: Adapters,
    pub batches: Mutex<Vec<Batch>>,
    pub fail: Mutex<Option<ErrorKind>>,
    /// Never answers.
    pub hang: bool,
}

#[async_trait]
impl Intake for Collector {
    fn read(&self, batch: &mut Batch) {
        self.adapters.read_batch(batch);
    }

    async fn submit(&self, batch: Batch) -> Result<()> {
        if self.hang {
            std::future::pending::<()>().await;
        }
        if let Some(kind) = *self.fail.lock().unwrap() {
            return Err(Error::new(kind, "write batch", "a detail of the disk"));
        }
        self.batches.lock().unwrap().push(batch);
        Ok(())
    }
}

#[derive(Default)]
pub struct Counts(Mutex<BTreeMap<String, u64>>);

impl Counts {
    pub fn get(&self, name: &str) -> u64 {
        self.0.lock().unwrap().get(name).copied().unwrap_or(0)
    }
}

impl Meter for Counts {
    fn add(&self, name: &'static str, labels: &[(&'static str, &str)], by: u64) {
        let labels = labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",");
        *self.0.lock().unwrap().entry(format!("{name}{{{labels}}}")).or_default() += by;
    }

    /// Gauges have no labels here.
    fn set(&self, name: &'static str, _labels: &[(&'static str, &str)], value: i64) {
        self.0.lock().unwrap().insert(name.to_owned(), u64::try_from(value).unwrap());
    }
}

/// An adapter that marks the spans it has read.
struct Marker;

impl Adapter for Marker {
    fn name(&self) -> &'static str {
        "marker"
    }

    fn claims(&self, _span: &Span) -> bool {
        true
    }

    fn canonical(&self, span: &Span) -> Canonical {
        assert_ne!(span.name, "panic", "as asked");
        let unknown = span.attributes.iter().filter(|(key, _)| key.starts_with("gen_ai.usage.unknown"));
        Canonical {
            kind: quipu_core::Kind::Llm,
            agent: Some(span.name.clone()),
            unknown_usage: unknown.map(|(key, _)| key.clone()).collect(),
            ..Default::default()
        }
    }

    fn messages(&self, _span: &Span) -> Messages {
        Messages::default()
    }

    fn event(&self, event: &mut Event) {
        event.agent = Some("read".into());
    }
}

pub struct World {
    pub app: Router,
    pub intake: Arc<Collector>,
    pub counts: Arc<Counts>,
    pub limits: Limits,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl World {
    pub fn new(limits: Limits) -> Self {
        Self::with(limits, Collector::default())
    }

    pub fn with(limits: Limits, collector: Collector) -> Self {
        let collector = Collector { adapters: Adapters::new(vec![Arc::new(Marker)]), ..collector };
        let (intake, counts) = (Arc::new(collector), Arc::<Counts>::default());
        let receiver = Receiver::new(ReceiverParts {
            intake: Arc::<Collector>::clone(&intake),
            limits: Arc::new(limits.clone()),
            clock: Arc::new(SystemClock),
            meter: Arc::<Counts>::clone(&counts),
        });
        let app = http_routes(&receiver)
            .merge(grpc_routes(&receiver))
            .merge(jaeger_http_routes(&receiver))
            .merge(jaeger_grpc_routes(&receiver))
            .merge(zipkin_routes(&receiver));
        Self { app, intake, counts, limits }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = Request::post(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    /// Posts spans as protobuf.
    pub async fn traces(&self, body: impl Into<Body>) -> Answer {
        self.post("/v1/traces", &[("content-type", "application/x-protobuf")], body).await
    }

    pub fn spans(&self) -> Vec<Span> {
        self.intake.batches.lock().unwrap().iter().flat_map(|batch| batch.spans.clone()).collect()
    }

    pub fn count(&self, name: &str) -> u64 {
        self.counts.get(name)
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Code and message of a protobuf `google.rpc.Status`.
    pub fn status_body(&self) -> (i32, String) {
        assert_eq!(self.header("content-type"), "application/x-protobuf");
        let status: bodies::Status = prost::Message::decode(self.body.as_slice()).unwrap();
        (status.code, status.message)
    }

    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.header("content-type"), "application/json");
        serde_json::from_slice(&self.body).unwrap()
    }
}
