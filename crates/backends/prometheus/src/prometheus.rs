//! The Prometheus backend: stores metrics and serves the page.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use prometheus::Registry;
use quipu_core::locks::Mutex;
use quipu_core::{
    Backend, Batch, Clock, Error, ErrorKind, Finding, Health, Result, Retry, SignalSet, SystemClock,
};

use crate::Config;
use crate::config::NAME;
use crate::joined::Joined;
use crate::otel::Meters;
use crate::page::Format;
use crate::records::Records;
use crate::remote::{Pusher, Remote};
use crate::sending::Sending;
use crate::server::{Server, routes};
use crate::shown::Shown;
use crate::sources::Sources;

/// Keeps the latest figures of every series of its metric records, and shows them to Prometheus. The page
/// also has the metrics of OpenTelemetry's meter API in this process ([`crate::otel`]). It accepts only
/// metrics.
///
/// A cumulative point replaces the previous one, delta points are added up, and a gauge keeps its last value.
/// Several sources may be one series on the page, such as two services without a label that separates them.
/// Their counters and histograms are added up.
pub struct Prometheus {
    pub(crate) shown: Arc<Shown>,
    pub(crate) meters: Meters,
    config: Config,
    server: Option<Server>,
    remote: Option<Remote>,
    pusher: Option<Pusher>,
    closed: AtomicBool,
}

impl Prometheus {
    /// Opens the backend, and its server if the config has an address. The server has a separate thread, so
    /// it needs no runtime of the caller.
    ///
    /// # Errors
    /// The path cannot be served; the address is in use or does not belong to this machine.
    pub fn open(config: Config) -> Result<Self> {
        Self::with_clock(config, Arc::new(SystemClock))
    }

    /// Like [`Self::open`], with the caller's clock for stale series.
    ///
    /// # Errors
    /// The errors of [`Self::open`].
    pub fn with_clock(config: Config, clock: Arc<dyn Clock>) -> Result<Self> {
        config.check()?;
        let meters = Meters::new()?;
        let records = Arc::new(Mutex::new(Records::new(&config)));
        let registry = Registry::new();
        let sources = Arc::<Sources>::default();
        let joined = Joined::new(
            Arc::clone(&records),
            meters.registry.clone(),
            Arc::clone(&sources),
            Arc::clone(&clock),
        )?;
        registry.register(Box::new(joined)).map_err(|error| {
            Error::new(ErrorKind::Internal, "open backend", "registry").of_backend(NAME).caused_by(error)
        })?;
        let sending = Sending::default();
        let exemplars = config.exemplars;
        let shown = Arc::new(Shown { registry, records, sources, clock, exemplars, sending });
        let remote = config.remote_write.as_ref().map(|to| Remote::new(&config, to)).transpose()?;
        let pusher = config.push.as_ref().map(Pusher::new).transpose()?;
        let serve = |address| Server::start(address, routes(&config.path, Arc::clone(&shown)));
        let server = config.listen.map(serve).transpose()?;
        Ok(Self { shown, meters, config, server, remote, pusher, closed: AtomicBool::new(false) })
    }

    /// The page, as of now.
    pub fn text(&self, format: Format) -> String {
        self.shown.text(format)
    }

    /// The page for a reader, rendered after this call began; simultaneous readers share it. `None` while the
    /// pages that readers have not finished hold 48 MiB.
    pub fn sent(&self, format: Format) -> Option<Bytes> {
        self.shown.sent(format)
    }

    /// Like [`Self::text`], on a blocking thread.
    async fn page(&self, format: Format) -> Result<String> {
        let shown = Arc::clone(&self.shown);
        tokio::task::spawn_blocking(move || shown.text(format)).await.map_err(|cause| {
            Error::new(ErrorKind::Internal, "flush", "cannot build the page")
                .of_backend(NAME)
                .caused_by(cause)
        })
    }

    /// The page as a route at the configured path, for a server of the caller. The `Accept` header selects
    /// the format.
    pub fn handler(&self) -> Router {
        routes(&self.config.path, Arc::clone(&self.shown))
    }

    /// Address of the backend's own server with its actual port; `None` without one.
    pub fn address(&self) -> Option<SocketAddr> {
        self.server.as_ref().map(Server::address)
    }
}

#[async_trait]
impl Backend for Prometheus {
    fn name(&self) -> &str {
        NAME
    }

    fn signals(&self) -> SignalSet {
        SignalSet::METRICS
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        if batch.metrics.is_empty() {
            return Ok(());
        }
        if self.closed.load(Ordering::Acquire) {
            let error = Error::new(ErrorKind::Unavailable, "write metrics", "the backend is closed");
            return Err(error.of_backend(NAME).with_retry(Retry::No));
        }
        let now = self.shown.clock.now();
        // One lock for each metric, so that a reader need not wait for all of them.
        batch.metrics.iter().for_each(|metric| self.shown.records.lock().take(metric, now));
        match &self.remote {
            Some(remote) => remote.write(&batch.metrics, now).await,
            None => Ok(()),
        }
    }

    fn health(&self) -> Health {
        if self.closed.load(Ordering::Acquire) {
            return Health::Down("closed".to_owned());
        }
        if let Some(server) = self.server.as_ref().filter(|server| server.failed()) {
            return Health::Down(format!("the server on {} has ended", server.address()));
        }
        match self.shown.records.lock().overflow() {
            None => Health::Ready,
            Some(why) => Health::Degraded(why),
        }
    }

    fn is_remote(&self) -> bool {
        self.remote.is_some()
    }

    async fn probe(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let Some(remote) = &self.remote {
            findings.append(&mut remote.probe().await);
        }
        if let Some(pusher) = &self.pusher {
            findings.append(&mut pusher.probe().await);
        }
        findings
    }

    /// Sends pending remote-write samples, and pushes the page to the Pushgateway.
    async fn flush(&self) -> Result<()> {
        let written = match &self.remote {
            Some(remote) => remote.flush(self.shown.clock.now()).await,
            None => Ok(()),
        };
        let pushed = match &self.pusher {
            Some(pusher) => pusher.push(self.page(Format::Text).await?).await,
            None => Ok(()),
        };
        written.and(pushed)
    }

    /// Flushes, and ends the server. [`Prometheus::text`] and [`Prometheus::handler`] still return the last
    /// page.
    async fn close(&self) -> Result<()> {
        if self.closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let flushed = self.flush().await;
        if let Some(server) = &self.server {
            server.close().await;
        }
        flushed
    }
}
