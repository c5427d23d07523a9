//! Routes of each socket.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::routing::{MethodRouter, any};
use quipu::core::{AnswerMemory, Clock, Limits, Store, SystemClock};
use quipu_access::Gate;
use quipu_api::dto::Listeners as Urls;
use quipu_api::{ApiState, Asset, Money, StatusInfo};
use quipu_budget::Budgets;
use quipu_insight::Documents;
use quipu_receiver::{Door, Protocol, Receiver, Turns, in_turn};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::alerts;
use super::guard::Guard;
use super::listen::Listeners;
use super::money::{Accounts, MoneySource, PriceConfig};
use super::project::{DEFAULT, ServedProject};
use super::projects::ServedProjects;
use super::ready;
use super::unread;
use crate::sql_worker;

/// State of the routes.
pub struct House<'a> {
    pub projects: &'a ServedProjects,
    pub guard: &'a Guard,
    pub limits: Arc<Limits>,
    pub urls: Urls,
    pub demo: bool,
}

impl House<'_> {
    /// Serves on every socket until `closed` says so; ends when all have ended.
    pub fn open(&self, listeners: Listeners, closed: &watch::Receiver<bool>) -> JoinSet<()> {
        let otlp = self.intake(|receiver| {
            quipu_receiver::http_routes(receiver).merge(quipu_receiver::grpc_routes(receiver))
        });
        let page = self.projects.routes(&self.guard.access, |project| project.page.handler());
        let page = self.guard.before(page, Gate::Metrics);
        let sockets = [
            (listeners.http, self.api()),
            (listeners.otlp_http, otlp.clone()),
            (listeners.otlp_grpc, otlp),
            (listeners.prometheus, page),
            (listeners.jaeger_http, self.intake(quipu_receiver::jaeger_http_routes)),
            (listeners.jaeger_grpc, self.intake(quipu_receiver::jaeger_grpc_routes)),
            (listeners.zipkin, self.intake(quipu_receiver::zipkin_routes)),
        ];
        let packets =
            [(listeners.jaeger_compact, Protocol::Compact), (listeners.jaeger_binary, Protocol::Binary)];
        let mut servers = JoinSet::new();
        for (listener, app) in sockets {
            if let Some(listener) = listener {
                servers.spawn(until_closed(listener, app, self.guard.door.clone(), closed.clone()));
            }
        }
        for (socket, protocol) in packets {
            if let Some(socket) = socket.filter(|_| self.projects.default().aside.is_none()) {
                // Packets carry no credentials: they are the default project's.
                let receiver = self.projects.default().receiver.clone();
                servers.spawn(packets_until_closed(socket, receiver, protocol, closed.clone()));
            }
        }
        servers
    }

    /// Routes for telemetry only.
    fn intake(&self, of: impl Fn(&Receiver) -> Router) -> Router {
        let inside = self.projects.routes(&self.guard.access, |project| of(&project.receiver));
        self.guard.before(inside, Gate::Ingest)
    }

    /// Dashboard, API and OTLP on one port.
    fn api(&self) -> Router {
        let turns = Turns::new(&self.limits, self.guard.memory.clone());
        let caches = AnswerMemory::within(self.limits.cache_bytes);
        let api = |project: &ServedProject| project.api(&self.limits, &caches, &self.urls, self.demo);
        let apis: BTreeMap<String, Router> =
            self.projects.each().map(|(name, project)| (name.to_owned(), api(project))).collect();
        let of = |name: &str| apis.get(name).cloned().unwrap_or_default();
        // Probes do not wait for their turn: a server that is busy is not ill.
        let own = Router::new()
            .route(
                "/openapi.json",
                quipu_api::described(|| {
                    let mut all = quipu_api::openapi();
                    all.merge(quipu_access::openapi());
                    all
                }),
            )
            .route("/healthz", handed_to(&of(DEFAULT)))
            .route("/readyz", ready::route(&apis, &self.guard.audit));
        let inside = self.projects.routes(&self.guard.access, |project| {
            let api = in_turn(of(project.name()), &turns);
            let tools = quipu_mcp::routes(api.clone());
            api.merge(tools).merge(quipu_receiver::http_routes(&project.receiver))
        });
        let own = own.merge(self.projects.alert_links());
        self.guard.before(quipu_access::routes(&self.guard.access).merge(own).merge(inside), Gate::Api)
    }
}

/// Has another router answer, which has the same route.
fn handed_to(router: &Router) -> MethodRouter {
    let router = router.clone();
    any(async move |request: Request| router.clone().oneshot(request).await)
}

async fn until_closed(listener: TcpListener, app: Router, door: Door, closed: watch::Receiver<bool>) {
    if let Err(error) = quipu_receiver::serve(listener, app, door, word(closed)).await {
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

pub fn status(listeners: Urls, demo: bool) -> StatusInfo {
    StatusInfo { version: env!("CARGO_PKG_VERSION").into(), started_at: SystemClock.now(), listeners, demo }
}

pub fn state_over(store: Arc<dyn Store>, money: Money) -> ApiState {
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
        caches: AnswerMemory::within(Limits::default().cache_bytes),
        assets: Arc::new(asset),
        metrics_page: Arc::new(|| Some(Bytes::new())),
        vitals: None,
        unread: Arc::new(Vec::new),
        forget_unread: Arc::new(|_, _| Ok(0)),
        drift: Arc::new(quipu_drift::Report::default),
        documents: Documents::in_memory(),
        retention: Arc::default(),
        alerts: None,
        sql: None,
    }
}

fn asset(path: &str) -> Option<Asset> {
    if let Some(page) = quipu_docs::file(path) {
        let bytes = Bytes::from_static(page.text.as_bytes());
        let content_type = page.content_type.to_owned();
        return Some(Asset { bytes, content_type, etag: page.etag.clone(), immutable: false });
    }
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
    let (prices, budgets) = (PriceConfig::default(), BTreeMap::new());
    MoneySource { folder, prices: &prices, budgets: &budgets, accounts }.open(crate::note::note)
}

/// Budgets of a data folder, if it has any.
pub fn budgets_of(folder: &Path) -> Result<Budgets> {
    let (prices, budgets) = (PriceConfig::default(), BTreeMap::new());
    MoneySource { folder, prices: &prices, budgets: &budgets, accounts: Accounts::IfThere }.open_budgets()
}

/// The HTTP interface over a store and the books and budgets of a data folder, without a server: for the
/// asking commands. Budgets may be changed, which other processes see; stored calls only where the store is
/// open for writing.
pub fn routes_over(store: Arc<dyn Store>, uri: &str, folder: &Path, accounts: Accounts) -> Result<Router> {
    let money = money_of(folder, accounts)?;
    // An answer has no time limit: no other request waits for it.
    let limits = Limits { request_seconds: u64::from(u32::MAX), ..Limits::default() };
    let documents = documents_of(folder);
    let forget_unread = unread::forgetting_in(folder.join(unread::FILE));
    Ok(quipu_api::routes(ApiState {
        limits: Arc::new(limits),
        documents,
        forget_unread,
        alerts: alerts::of_folder(uri, folder, &store, &money),
        sql: sql_worker::runner(uri, folder),
        ..state_over(store, money)
    }))
}
