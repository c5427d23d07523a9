//! Which routes answer on which socket.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use quipu::core::{Clock, Limits, Meter, Store, SystemClock};
use quipu::pipeline::{Pipeline, SelfMetrics};
use quipu::prices::Book;
use quipu_api::dto::Listeners as Urls;
use quipu_api::{ApiState, Asset, OPEN_METRICS, StatusInfo};
use quipu_receiver::Receiver;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;

use super::listen::Listeners;

/// What the routes stand on.
pub struct House {
    pub limits: Arc<Limits>,
    pub urls: Urls,
    pub store: Arc<dyn Store>,
    pub pipeline: Arc<Pipeline>,
    pub metrics: Arc<SelfMetrics>,
    pub demo: bool,
}

impl House {
    /// Serves on every socket until `closed` says so; ends when all have ended.
    pub fn open(&self, listeners: Listeners, closed: &watch::Receiver<bool>) -> JoinSet<()> {
        let receiver = self.receiver();
        let otlp = quipu_receiver::http_routes(&receiver).merge(quipu_receiver::grpc_routes(&receiver));
        let sockets = [
            (listeners.http, self.api().merge(quipu_receiver::http_routes(&receiver))),
            (listeners.otlp_http, otlp.clone()),
            (listeners.otlp_grpc, otlp),
            (listeners.prometheus, self.prometheus()),
        ];
        let mut servers = JoinSet::new();
        for (listener, app) in sockets {
            if let Some(listener) = listener {
                servers.spawn(until_closed(listener, app, closed.clone()));
            }
        }
        servers
    }

    fn receiver(&self) -> Receiver {
        Receiver::new(quipu_receiver::Parts {
            intake: Arc::clone(&self.pipeline) as _,
            adapters: quipu::adapters(),
            limits: Arc::clone(&self.limits),
            clock: Arc::new(SystemClock),
            meter: Arc::clone(&self.metrics) as Arc<dyn Meter>,
        })
    }

    fn api(&self) -> Router {
        let metrics = Arc::clone(&self.metrics);
        quipu_api::routes(ApiState {
            live: self.pipeline.watchers(),
            status: Arc::new(status(self.urls.clone(), self.demo)),
            limits: Arc::clone(&self.limits),
            metrics_text: Arc::new(move || metrics.text()),
            ..state_over(Arc::clone(&self.store))
        })
    }

    fn prometheus(&self) -> Router {
        let metrics = Arc::clone(&self.metrics);
        let page = move || async move { ([(CONTENT_TYPE, OPEN_METRICS)], metrics.text()) };
        Router::new().route("/metrics", get(page))
    }
}

async fn until_closed(listener: TcpListener, app: Router, mut closed: watch::Receiver<bool>) {
    let shutdown = async move {
        let _ = closed.wait_for(|closed| *closed).await;
    };
    if let Err(error) = quipu_receiver::serve(listener, app, shutdown).await {
        tracing::error!(%error, "a listener failed");
    }
}

fn status(listeners: Urls, demo: bool) -> StatusInfo {
    StatusInfo { version: env!("CARGO_PKG_VERSION").into(), started_at: SystemClock.now(), listeners, demo }
}

fn state_over(store: Arc<dyn Store>) -> ApiState {
    ApiState {
        store,
        backends: Vec::new(),
        adapters: quipu::adapters(),
        prices: Arc::new(Book::vendored()),
        live: broadcast::channel(1).0,
        status: Arc::new(status(Urls::default(), false)),
        clock: Arc::new(SystemClock),
        limits: Arc::new(Limits::default()),
        assets: Arc::new(asset),
        metrics_text: Arc::new(String::new),
    }
}

fn asset(path: &str) -> Option<Asset> {
    let found = quipu_web::asset(path)?;
    let bytes = match found.bytes {
        std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        std::borrow::Cow::Owned(bytes) => Bytes::from(bytes),
    };
    Some(Asset { bytes, content_type: found.content_type, etag: found.etag, immutable: found.immutable })
}

/// The HTTP interface over a store, without a server: for the asking commands.
pub fn routes_over(store: Arc<dyn Store>) -> Router {
    quipu_api::routes(state_over(store))
}
