//! `quipu gateway`: the gateway without a server.

mod remote;

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use quipu::Access;
use quipu::core::{ErrorKind, Intake, Store};
use quipu::metrics::SelfMetrics;
use quipu::pipeline::Pipeline;
use quipu_access::Gate;
use quipu_api::{Money, OPEN_METRICS};
use quipu_budget::Budgets;
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::args::{self, Gateway};
use crate::ask;
use crate::import::Target;
use crate::private;
use crate::serve::{
    self, Accounts, Config, Guard, Listening, MoneySource, RunningGateway, Signals, bind, lay_over,
    until_closed,
};
use remote::Remote;

/// How long calls under way may take to end after the signal to stop.
const DRAIN: Duration = Duration::from_secs(7);
/// How often budgets that other processes set are taken up.
const LOOK: Duration = Duration::from_secs(5);

/// Passes calls through until a signal to stop.
pub fn run(args: &Gateway) -> Result<()> {
    let filter = EnvFilter::try_from_env("QUIPU_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let colours = std::io::stderr().is_terminal();
    // A log line that cannot be written is dropped: an error on the same standard error would end the thread.
    let log = tracing_subscriber::fmt().with_env_filter(filter).log_internal_errors(false);
    log.with_writer(std::io::stderr).with_ansi(colours).init();
    quipu_receiver::more_files();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        let config = Config::read(args.config.as_deref())?;
        let mut stop = Signals::new()?;
        serve_calls(args, config, |url, records, own, _| tell(args, url, records, own), async move {
            stop.wait().await
        })
        .await
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

/// Passes calls through until `stop` ends. `announce` gets the gateway's URL, the target of
/// the records, the URL of its metrics, and its budgets, once it listens.
///
/// # Errors
/// The configuration cannot be followed, a socket cannot be bound, or the records cannot be stored.
pub async fn serve_calls(
    args: &Gateway,
    mut config: Config,
    announce: impl FnOnce(&str, &str, Option<&str>, &Budgets) -> Result<()>,
    stop: impl Future<Output = ()>,
) -> Result<()> {
    config.data_dir = args.data_dir.clone().or(config.data_dir);
    if let Some(store) = &args.store {
        config.store.clone_from(store);
    }
    config.take_entry(&args.entry);
    let mut gateway = config.gateway.take().unwrap_or_default();
    if let Some(listen) = args.listen.clone().or_else(|| args::former_gateway(None)) {
        gateway.listen = listen;
    }
    lay_over(&mut gateway, &args.gateway)?;
    let folder = config.folder()?;
    private::warn_of_wide(&folder);
    let place = MoneySource {
        folder: &folder,
        prices: &config.prices,
        budgets: &config.budgets,
        accounts: Accounts::Make,
    };
    let money = place.open(|text| tracing::warn!("{text}"))?;
    let metrics = Arc::new(SelfMetrics::new());
    let records = Records::open(args, &config, &folder, &money, &metrics).await?;
    let (closing, closed) = watch::channel(false);
    let listening = Listening::default().and(&gateway.listen)?.and(&args.prometheus)?;
    let guard = Guard::open(&config, &folder, &listening, Arc::clone(&metrics) as _)?;
    let own = own_metrics(&args.prometheus, &metrics, &guard, closed.clone()).await?;
    let intake = Arc::clone(&records.intake);
    let running = RunningGateway::open(gateway, intake, &money, &metrics, &guard, closed).await?;
    let fresh = tokio::spawn(guard.clone().keep_fresh());
    let watching = tokio::spawn(guard.clone().watch_audit());
    announce(running.url(), &records.name, own.as_deref(), &money.budgets)?;
    let looking = tokio::spawn(look_after(money, records.store.clone(), Arc::clone(&records.intake)));
    stop.await;
    let _ = closing.send(true);
    running.close(DRAIN).await;
    looking.abort();
    fresh.abort();
    watching.abort();
    let closed = records.close().await;
    guard.audit.close().await;
    closed
}

/// Prints the addresses, and then writes the ready file.
fn tell(args: &Gateway, url: &str, records: &str, own: Option<&str>) -> Result<()> {
    println!("{:<20} {url}", "gateway");
    println!("{:<20} {records}", "records go to");
    let all = serde_json::json!({"gateway": url, "proxy": url, "prometheus": own});
    args.ready_file.as_deref().map_or(Ok(()), |file| serve::write_json(&all, file))
}

/// Target of the records.
struct Records {
    intake: Arc<dyn Intake>,
    store: Option<Arc<dyn Store>>,
    pipeline: Option<Arc<Pipeline>>,
    name: String,
}

impl Records {
    /// To the server that was named; else to the store, or to the server that has it open.
    async fn open(
        args: &Gateway,
        config: &Config,
        folder: &Path,
        money: &Money,
        metrics: &Arc<SelfMetrics>,
    ) -> Result<Self> {
        if let Some(url) = &args.url {
            let url = url.clone();
            return tokio::task::spawn_blocking(move || Self::server(&url)).await?;
        }
        match quipu::open(&config.store, folder, Access::Write) {
            Ok(store) => {
                money.budgets.begin(store.as_ref()).await.context("cannot read the earlier spending")?;
                let exporters = serve::open_exporters(config, &config.backends, folder, &store)?;
                let redact = serve::redactor(&config.redact, metrics)?;
                let stages = serve::stages(quipu::adapters(), &redact, money, None);
                let pipeline = serve::start(&config.limits, stages, &store, exporters, metrics);
                let pipeline = Arc::new(pipeline);
                serve::inbox_of_store(&config.store, folder, &pipeline).map(tokio::spawn);
                let name = store.info().await.map_or_else(|_| "the store".to_owned(), |info| info.uri);
                let intake = Arc::clone(&pipeline) as _;
                Ok(Self { intake, store: Some(store), pipeline: Some(pipeline), name })
            }
            Err(error) if error.kind() == ErrorKind::Locked => {
                let (uri, folder) = (config.store.clone(), folder.to_owned());
                let found = move || Self::server(&ask::server_with(&uri, &folder, error)?);
                tokio::task::spawn_blocking(found).await?
            }
            Err(error) => Err(error.into()),
        }
    }

    fn server(url: &str) -> Result<Self> {
        Target::server(url)?.status()?;
        let remote = Remote::new(url)?;
        Ok(Self { intake: Arc::new(remote), store: None, pipeline: None, name: url.to_owned() })
    }

    async fn close(self) -> Result<()> {
        if let Some(pipeline) = self.pipeline {
            pipeline.close().await?;
        }
        Ok(())
    }
}

/// Takes up budgets that another process set, and brings what budgets say to the records.
async fn look_after(money: Money, store: Option<Arc<dyn Store>>, intake: Arc<dyn Intake>) {
    loop {
        tokio::time::sleep(LOOK).await;
        if let Some(store) = &store
            && let Err(error) = money.budgets.begin(store.as_ref()).await
        {
            tracing::warn!(%error, "cannot read the earlier spending of a budget");
        }
        let events = money.budgets.take_events();
        let batch = quipu::core::Batch { events, ..Default::default() };
        if !batch.is_empty()
            && let Err(error) = intake.submit(batch).await
        {
            tracing::warn!(%error, "cannot store the notices of budgets");
        }
    }
}

async fn own_metrics(
    address: &str,
    metrics: &Arc<SelfMetrics>,
    before: &Guard,
    closed: watch::Receiver<bool>,
) -> Result<Option<String>> {
    if address == "off" {
        return Ok(None);
    }
    let listener = bind("--prometheus", address).await?;
    let url = format!("{}://{}", before.scheme(), listener.local_addr()?);
    let metrics = Arc::clone(metrics);
    let page = move || async move { ([(CONTENT_TYPE, OPEN_METRICS)], metrics.text()) };
    let app = before.before(Router::new().route("/metrics", get(page)), Gate::Metrics);
    tokio::spawn(until_closed(listener, app, before.door.clone(), closed));
    Ok(Some(url))
}
