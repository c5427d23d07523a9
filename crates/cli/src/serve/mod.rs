//! `quipu serve`: starts sockets, store, pipeline and routes, and stops them in order.

mod alerts;
mod aside;
mod config;
mod conflicts;
mod demo;
mod drift;
mod exporters;
mod gateway;
mod guard;
mod heap;
mod inbox;
mod jaeger;
mod listen;
mod money;
mod own;
mod page;
mod project;
mod projects;
mod ready;
mod redaction;
mod routes;
mod unread;
mod vitals;

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use quipu_api::dto::Listeners as Urls;
use quipu_budget::Budgets;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing_subscriber::EnvFilter;

use crate::args::Serve;
use crate::private;
pub use config::{Config, OFF};
use demo::Demo;
pub use exporters::open as open_exporters;
pub use gateway::{RunningGateway, bind, lay_over, until_closed};
pub use guard::{Guard, Listening};
pub use inbox::of_store as inbox_of_store;
use listen::Listeners;
pub use listen::write_json;
pub use money::Accounts;
pub use money::MoneySource;
use project::ServedProject;
pub use project::{redactor, stages, start};
pub use projects::IMPORT;
use projects::ServedProjects;
pub use redaction::redact;
use routes::House;
pub use routes::{budgets_of, money_of, routes_over};

/// Time to close connections, in addition to that of running requests; closing the store takes more time.
const GOODBYES: Duration = Duration::from_secs(1);

/// Serves until a signal to stop.
pub fn run(args: &Serve) -> Result<()> {
    let filter = EnvFilter::try_from_env("QUIPU_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let colours = std::io::stderr().is_terminal();
    // A log line that cannot be written is dropped: an error on the same standard error would end the thread.
    let log = tracing_subscriber::fmt().with_env_filter(filter).log_internal_errors(false);
    log.with_writer(std::io::stderr).with_ansi(colours).init();
    quipu_receiver::more_files();
    let config = Config::of(args)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(async {
        let mut stop = Signals::new()?;
        let announce = |urls: &Urls, gateway: Option<&str>, _: &Budgets| {
            listen::announce(urls, gateway, args.ready_file.as_deref())
        };
        serve(args, config, announce, async move { stop.wait().await }).await
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

/// Serves until `stop` ends. `announce` gets the URLs, that of the gateway, and the budgets of the default
/// project, once all sockets listen.
///
/// # Errors
/// The configuration cannot be followed, a socket cannot be bound, or the store fails.
pub async fn serve(
    args: &Serve,
    mut config: Config,
    announce: impl FnOnce(&Urls, Option<&str>, &Budgets) -> Result<()>,
    stop: impl Future<Output = ()>,
) -> Result<()> {
    let folder = config.folder()?;
    // Half of a copy has half of who may come in.
    quipu::sqlite::backup::is_whole(&folder)?;
    private::warn_of_wide(&folder);
    let listeners = Listeners::bind(&config).await?;
    let urls = listeners.urls(config.tls.is_some())?;
    if let Some(url) = &urls.http {
        // Links of notices lead to the dashboard.
        config.own_url.clone_from(url);
    }
    if args.demo {
        Demo::add_objectives(&mut config.slo);
    }
    let projects = ServedProjects::open(&config, &folder).await?;
    let demo = args.demo.then(|| Demo::new(&*projects.default().pipeline)).transpose()?;
    let meter = Arc::clone(&projects.default().metrics) as _;
    let listening =
        listeners.addresses()?.and(config.gateway.as_ref().map_or(OFF, |gateway| &gateway.listen))?;
    let guard = Guard::open(&config, &folder, &listening, meter)?;
    let (closing, closed) = watch::channel(false);
    let gateway = gateway(&config, projects.default(), &guard, &closed).await?;
    let house = House {
        projects: &projects,
        guard: &guard,
        limits: Arc::new(config.limits.clone()),
        urls: urls.clone(),
        demo: args.demo,
    };
    let servers = house.open(listeners, &closed);
    let mut background = JoinSet::new();
    if let Some(demo) = demo.filter(|_| projects.default().aside.is_none()) {
        // Before the live evaluation of rules begins: the demo evaluates them over its past first.
        demo.fill(projects.default()).await.context("the demo could not fill the store")?;
        tokio::spawn(demo.trickle(Arc::clone(&projects.default().pipeline) as _));
    }
    projects.watch(&mut background, &guard.audit);
    background.spawn(guard.clone().keep_fresh());
    background.spawn(guard.clone().watch_audit());
    background.spawn(heap::give_back());
    announce(&urls, gateway.as_ref().map(RunningGateway::url), &projects.default().money.budgets)?;
    stop.await;
    background.abort_all();
    let _ = closing.send(true);
    // Connections that stay after the grace period are cut off; acknowledged records are stored.
    let drain = Duration::from_secs(config.limits.drain_seconds) + GOODBYES;
    let _ = tokio::time::timeout(drain, servers.join_all()).await;
    if let Some(gateway) = gateway {
        // It has had the same time.
        gateway.close(Duration::from_secs(1)).await;
    }
    let closed = projects.close().await;
    guard.audit.close().await;
    closed
}

/// The gateway, if configured; its records belong to the default project.
async fn gateway(
    config: &Config,
    project: &ServedProject,
    guard: &Guard,
    closed: &watch::Receiver<bool>,
) -> Result<Option<RunningGateway>> {
    match &config.gateway {
        Some(gateway) if gateway.listen != OFF && project.aside.is_some() => {
            tracing::error!(
                "the gateway does not listen: its records belong to the default project, which is set aside"
            );
            Ok(None)
        }
        Some(gateway) if gateway.listen != OFF => {
            let intake = Arc::clone(&project.pipeline) as _;
            let ServedProject { money, metrics, .. } = project;
            let open = RunningGateway::open(gateway.clone(), intake, money, metrics, guard, closed.clone());
            open.await.map(Some)
        }
        _ => Ok(None),
    }
}

/// The signals that ask a process to stop.
pub struct Signals {
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    pub fn new() -> Result<Self> {
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        Ok(Self { terminate })
    }

    pub async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
}
