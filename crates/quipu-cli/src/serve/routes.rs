//! Which routes answer on which socket.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use quipu::core::{Clock, Limits, Meter, Store, SystemClock};
use quipu::pipeline::{Pipeline, SelfMetrics};
use quipu::prometheus::{Format, Prometheus};
use quipu_api::dto::Listeners as Urls;
use quipu_api::{ApiState, Asset, Money, StatusInfo};
use quipu_insight::Documents;
use quipu_receiver::{Protocol, Receiver};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;

use super::listen::Listeners;
use super::money::{Accounts, Place, PriceSettings};
use super::vitals::Sources;

/// What the routes stand on.
pub struct House {
    pub limits: Arc<Limits>,
    pub urls: Urls,
    pub store: Arc<dyn Store>,
    pub pipeline: Arc<Pipeline>,
    pub metrics: Arc<SelfMetrics>,
    pub page: Arc<Prometheus>,
    pub money: Money,
    pub documents: Documents,
    pub folder: PathBuf,
    pub demo: bool,
}

impl House {
    /// Serves on every socket until `closed` says so; ends when all have ended.
    pub fn open(&self, listeners: Listeners, closed: &watch::Receiver<bool>) -> JoinSet<()> {
        let receiver = self.receiver();
        let otlp = quipu_receiver::http_routes(&receiver).merge(quipu_receiver::grpc_routes(&receiver));
        let sockets = [
            (listeners.http, self.api(&receiver).merge(quipu_receiver::http_routes(&receiver))),
            (listeners.otlp_http, otlp.clone()),
            (listeners.otlp_grpc, otlp),
            (listeners.prometheus, self.page.handler()),
            (listeners.jaeger_http, quipu_receiver::jaeger_http_routes(&receiver)),
            (listeners.jaeger_grpc, quipu_receiver::jaeger_grpc_routes(&receiver)),
            (listeners.zipkin, quipu_receiver::zipkin_routes(&receiver)),
        ];
        let packets =
            [(listeners.jaeger_compact, Protocol::Compact), (listeners.jaeger_binary, Protocol::Binary)];
        let mut servers = JoinSet::new();
        for (listener, app) in sockets {
            if let Some(listener) = listener {
                servers.spawn(until_closed(listener, app, closed.clone()));
            }
        }
        for (socket, protocol) in packets {
            if let Some(socket) = socket {
                servers.spawn(packets_until_closed(socket, receiver.clone(), protocol, closed.clone()));
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

    fn api(&self, receiver: &Receiver) -> Router {
        let page = Arc::clone(&self.page);
        let sources = Sources {
            folder: self.folder.clone(),
            metrics: Arc::clone(&self.metrics),
            receiver: receiver.clone(),
        };
        quipu_api::routes(ApiState {
            live: self.pipeline.watchers(),
            status: Arc::new(status(self.urls.clone(), self.demo)),
            limits: Arc::clone(&self.limits),
            metrics_text: Arc::new(move || page.text(Format::OpenMetrics)),
            vitals: Some(sources.reading()),
            pipeline: Some(Arc::clone(&self.pipeline)),
            documents: self.documents.clone(),
            ..state_over(Arc::clone(&self.store), self.money.clone())
        })
    }
}

async fn until_closed(listener: TcpListener, app: Router, closed: watch::Receiver<bool>) {
    if let Err(error) = quipu_receiver::serve(listener, app, word(closed)).await {
        tracing::error!(%error, "a listener failed");
    }
}

async fn packets_until_closed(
    socket: UdpSocket,
    receiver: Receiver,
    protocol: Protocol,
    closed: watch::Receiver<bool>,
) {
    if let Err(error) = quipu_receiver::serve_jaeger_udp(socket, receiver, protocol, word(closed)).await {
        tracing::error!(%error, "a listener failed");
    }
}

/// Waits for the word to close.
async fn word(mut closed: watch::Receiver<bool>) {
    let _ = closed.wait_for(|closed| *closed).await;
}

fn status(listeners: Urls, demo: bool) -> StatusInfo {
    StatusInfo { version: env!("CARGO_PKG_VERSION").into(), started_at: SystemClock.now(), listeners, demo }
}

fn state_over(store: Arc<dyn Store>, money: Money) -> ApiState {
    ApiState {
        store,
        pipeline: None,
        adapters: quipu::adapters(),
        prices: Arc::new(money.books.clone()),
        money,
        live: broadcast::channel(1).0,
        status: Arc::new(status(Urls::default(), false)),
        clock: Arc::new(SystemClock),
        limits: Arc::new(Limits::default()),
        assets: Arc::new(asset),
        metrics_text: Arc::new(String::new),
        vitals: None,
        documents: Documents::in_memory(),
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

/// Saved views and dashboards of a data folder.
pub fn documents_of(folder: &Path) -> Documents {
    Documents::in_folder(folder.join("documents"))
}

/// Price books and budgets of a data folder that no configuration is given for.
pub fn money_of(folder: &Path, accounts: Accounts) -> Result<Money> {
    let (prices, budgets) = (PriceSettings::default(), BTreeMap::new());
    Place { folder, prices: &prices, budgets: &budgets, accounts }.open(crate::ask::note)
}

/// The HTTP interface over a store and the books and budgets of a data folder, without a server: for the asking commands.
/// Budgets may be changed, which other processes see; stored calls only where the store is open for writing.
pub fn routes_over(store: Arc<dyn Store>, folder: &Path, accounts: Accounts) -> Result<Router> {
    let money = money_of(folder, accounts)?;
    // An answer takes as long as it takes: nobody else waits for it.
    let limits = Limits { request_seconds: u64::from(u32::MAX), ..Limits::default() };
    let documents = documents_of(folder);
    Ok(quipu_api::routes(ApiState { limits: Arc::new(limits), documents, ..state_over(store, money) }))
}
