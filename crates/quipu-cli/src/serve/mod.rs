//! `quipu serve`: sockets, store, pipeline and routes put together, and taken apart again in order.

mod config;
mod demo;
mod exits;
mod listen;
mod money;
mod page;
mod routes;
mod vitals;

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use quipu::Access;
use quipu::core::{Batch, Intake as _, Limits, Meter, Stage, Store};
use quipu::metrics::Derive;
use quipu::pipeline::{Exit, Parts, Pipeline, Priced, SelfMetrics};
use quipu_api::Money;
use quipu_insight::{Budgets, Documents};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing_subscriber::EnvFilter;

use crate::args::Serve;
use crate::proxy::Proxying;
pub use config::{Config, OFF};
use demo::Demo;
pub use exits::open as open_exits;
use listen::Listeners;
pub use listen::write_json;
pub use money::Accounts;
pub use money::Place;
use routes::House;
pub use routes::{money_of, routes_over};

/// How long open requests may take to end after the signal to stop; the store's close comes on top.
const DRAIN: Duration = Duration::from_secs(6);
/// How often figures that nobody pushes are read.
const GAUGES: Duration = Duration::from_secs(5);

/// Serves until a signal to stop.
pub fn run(args: &Serve) -> Result<()> {
    let filter = EnvFilter::try_from_env("QUIPU_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
    let config = Config::of(args)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve(args, config));
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

async fn serve(args: &Serve, config: Config) -> Result<()> {
    let mut stop = Signals::new()?;
    let folder = config.folder()?;
    let listeners = Listeners::bind(&config).await?;
    let urls = listeners.urls()?;
    let store = quipu::open(&config.store, &folder, Access::Write)?;
    let place =
        Place { folder: &folder, prices: &config.prices, budgets: &config.budgets, accounts: Accounts::Make };
    let money = place.open(|text| tracing::warn!("{text}"))?;
    money.budgets.begin(store.as_ref()).await.context("cannot read what was spent before")?;
    let metrics = Arc::new(SelfMetrics::new());
    let exits = open_exits(&config, &folder, &store)?;
    // Its instruments live as long as the process.
    let derive = Arc::new(Derive::by_service());
    let stages = vec![Arc::clone(&derive) as Arc<dyn Stage>];
    let pipeline = Arc::new(start(&config.limits, &store, exits, stages, &metrics, &money));
    let demo = args.demo.then(|| Demo::new(quipu::adapters())).transpose()?;
    let house = House {
        limits: Arc::new(config.limits),
        urls: urls.clone(),
        store: Arc::clone(&store),
        pipeline: Arc::clone(&pipeline),
        metrics: Arc::clone(&metrics),
        page: Arc::new(page::page(&derive, &metrics)?),
        money: money.clone(),
        documents: documents(&config.store, &folder),
        folder: folder.clone(),
        demo: args.demo,
    };
    let (closing, closed) = watch::channel(false);
    let proxying = match &config.proxy {
        Some(proxy) if proxy.listen != "off" => Some(
            Proxying::open(proxy.clone(), Arc::clone(&pipeline) as _, &money, &metrics, closed.clone())
                .await?,
        ),
        _ => None,
    };
    let servers = house.open(listeners, &closed);
    let mut background = JoinSet::new();
    background.spawn(watch_store(Arc::clone(&store), metrics));
    background.spawn(watch_budgets(money.budgets, Arc::clone(&store), Arc::clone(&pipeline)));
    if pipeline.wants_derived() {
        background.spawn(page::pass_on(Arc::clone(&derive), Arc::clone(&pipeline)));
    }
    if let Some(demo) = demo {
        demo.fill(pipeline.as_ref(), store.as_ref()).await.context("the demo could not fill the store")?;
        tokio::spawn(demo.trickle(Arc::clone(&pipeline) as _));
    }
    listen::announce(&urls, proxying.as_ref().map(Proxying::url), args.ready_file.as_deref())?;
    stop.wait().await;
    background.abort_all();
    let _ = closing.send(true);
    // Whoever still talks after the grace period is cut off; what was acknowledged is stored.
    let _ = tokio::time::timeout(DRAIN, servers.join_all()).await;
    if let Some(proxying) = proxying {
        // It has had the same time.
        proxying.close(Duration::from_secs(1)).await;
    }
    page::derived(&derive, &pipeline);
    pipeline.close().await?;
    Ok(())
}

/// What people arrange lasts as long as the traces do.
fn documents(store: &str, folder: &Path) -> Documents {
    if store.starts_with("memory") { Documents::in_memory() } else { routes::documents_of(folder) }
}

/// The one pipeline that everything goes through, whoever brings it; `more` are stages after the prices.
pub fn start(
    limits: &Limits,
    store: &Arc<dyn Store>,
    exits: Vec<Exit>,
    more: Vec<Arc<dyn Stage>>,
    metrics: &Arc<SelfMetrics>,
    money: &Money,
) -> Pipeline {
    let mut stages: Vec<Arc<dyn Stage>> =
        vec![Arc::new(Priced::new(Arc::new(money.books.clone()))), Arc::new(money.budgets.clone())];
    stages.extend(more);
    Pipeline::start(Parts {
        exits,
        before: vec![Arc::new(money.budgets.watch())],
        stages,
        meter: Arc::clone(metrics) as Arc<dyn Meter>,
        limits: limits.clone(),
        ..Parts::new(Arc::clone(store))
    })
}

/// Takes up budgets that another process set, and stores what budgets say while nothing else comes in.
async fn watch_budgets(budgets: Budgets, store: Arc<dyn Store>, pipeline: Arc<Pipeline>) {
    loop {
        tokio::time::sleep(GAUGES).await;
        if let Err(error) = budgets.begin(store.as_ref()).await {
            tracing::warn!(%error, "what was spent before could not be read for a budget");
        }
        let events = budgets.take_events();
        if events.is_empty() {
            continue;
        }
        if let Err(error) = pipeline.submit(Batch { events, ..Batch::default() }).await {
            tracing::warn!(%error, "what budgets say could not be stored");
        }
    }
}

async fn watch_store(store: Arc<dyn Store>, metrics: Arc<SelfMetrics>) {
    loop {
        tokio::time::sleep(GAUGES).await;
        if let Ok(info) = store.info().await {
            metrics.set(
                "quipu_search_lag_spans",
                &[],
                i64::try_from(info.search_lag_spans).unwrap_or(i64::MAX),
            );
        }
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
