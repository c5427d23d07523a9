//! Access control: keys and users of the data folder, and the audit log of their actions.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::{Extension, Router};
use quipu::core::{Meter, SystemClock};
use quipu_access::{Access, Gate, Secure, guard};
use quipu_admission::MemoryPool;
use quipu_audit::Audit;
use quipu_receiver::{Door, TlsServer};

use super::{Config, OFF};

/// Between two readings of the state of the audit record.
const AUDIT: Duration = Duration::from_secs(2);

/// The guard before every listener of a process.
#[derive(Clone)]
pub struct Guard {
    pub access: Access,
    pub audit: Audit,
    pub door: Door,
    /// Memory for answers and for bodies in the gateway, of all listeners and projects together.
    pub memory: MemoryPool,
    tls: Option<TlsServer>,
    meter: Arc<dyn Meter>,
}

impl Guard {
    /// Opens the guard. Whether callers must authenticate follows from the listening addresses, unless the
    /// configuration says it.
    ///
    /// # Errors
    /// Other machines could connect without authentication, or no caller could connect; or a file of it
    /// cannot be used.
    pub fn open(
        config: &Config,
        folder: &Path,
        listening: &Listening,
        meter: Arc<dyn Meter>,
    ) -> Result<Self> {
        let clock = Arc::new(SystemClock);
        let record = folder.join(quipu_audit::FOLDER);
        let audit = Audit::open(&record, config.audit.clone(), Arc::clone(&clock) as _)?;
        let access = Access::open(folder, config.access.clone(), audit.clone(), Arc::clone(&meter), clock)?;
        access.serve_projects(config.projects())?;
        let required = access.settle(&listening.all(), config.insecure)?;
        if required && !access.has_admin()? {
            tracing::warn!(
                "no user may configure this server: `quipu users add NAME --role admin` creates one"
            );
        }
        if !required {
            warn_of_open(&access)?;
        }
        let open = listening.packets.iter().find(|address| !address.ip().is_loopback());
        if let (true, Some(open), false) = (required, open, config.insecure) {
            let text = "packets carry no key, so any host that reaches it could send: listen on 127.0.0.1, \
                or pass --insecure";
            bail!("{open} accepts packets from other hosts while access is required: {text}");
        }
        if let Some(open) = listening.open().filter(|_| speaks_in_the_clear(config)) {
            tracing::warn!(
                "{open} can be reached from other hosts without TLS: keys, passwords and prompts can be \
                 read on the network; configure [tls], or name the TLS proxy in [access] trusted_proxies"
            );
        }
        let tls = config.tls.clone().map(TlsServer::open).transpose()?;
        let door = Door::new(&config.limits, Arc::clone(&meter));
        let door = tls.clone().map_or(door.clone(), |tls| door.with_tls(tls));
        let memory = MemoryPool::new(config.limits.answer_bytes, Arc::clone(&meter));
        Ok(Self { access, audit, door, memory, tls, meter })
    }

    /// Puts itself before a router.
    pub fn before(&self, router: Router, gate: Gate) -> Router {
        let guarded = guard(&self.access, router, gate);
        // Outside of the guard: it passes the scheme of the request to the guard.
        if self.tls.is_some() { guarded.layer(Extension(Secure(true))) } else { guarded }
    }

    /// URL scheme of the listeners behind the guard.
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Keeps the metrics of the audit record up to date, for as long as it is polled.
    pub async fn watch_audit(self) {
        loop {
            let state = self.audit.state();
            self.meter.set("quipu_audit_failing", &[], i64::from(state.failing.is_some()));
            self.meter.set("quipu_audit_damaged", &[], i64::from(state.damage.is_some()));
            tokio::time::sleep(AUDIT).await;
        }
    }

    /// Takes up new certificates, for as long as it is polled.
    pub async fn keep_fresh(self) {
        match self.tls {
            Some(tls) => tls.keep_fresh(self.meter).await,
            None => std::future::pending().await,
        }
    }
}

/// Warns when access is off although the data folder or the configuration says that it was meant to be on.
fn warn_of_open(access: &Access) -> Result<()> {
    let found = access.against_off()?;
    if !found.is_empty() {
        tracing::warn!(
            "access is off, so any client may do everything, although there is {}; [access] mode = \
             \"required\" switches access on",
            found.join(", ")
        );
    }
    Ok(())
}

/// Whether what passes can be read, as far as the configuration tells: a proxy in between may speak TLS for
/// it.
fn speaks_in_the_clear(config: &Config) -> bool {
    config.tls.is_none() && config.access.trusted_proxies.is_empty()
}

/// Listening addresses of a process.
#[derive(Debug, Default)]
pub struct Listening {
    pub streams: Vec<SocketAddr>,
    /// Addresses for packets, which have no authenticated sender.
    pub packets: Vec<SocketAddr>,
}

impl Listening {
    /// Adds an address that is not bound yet.
    pub fn and(mut self, address: &str) -> Result<Self> {
        if address != OFF {
            let named = address.to_socket_addrs();
            self.streams.extend(named.with_context(|| format!("{address} is not an address"))?);
        }
        Ok(self)
    }

    /// A stream that others than this machine can reach.
    fn open(&self) -> Option<SocketAddr> {
        self.streams.iter().find(|address| !address.ip().to_canonical().is_loopback()).copied()
    }

    fn all(&self) -> Vec<SocketAddr> {
        self.streams.iter().chain(&self.packets).copied().collect()
    }
}
