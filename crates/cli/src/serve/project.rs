//! One project: its store, its pipeline and its routes, isolated from those of other projects.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use quipu::Access;
use quipu::core::{Adapters, AnswerMemory, Batch, Intake as _, Limits, Meter, Retention, Store, SystemClock};
use quipu::metrics::{Derive, SelfMetrics};
use quipu::pipeline::{Exporter, Pipeline, PipelineParts, Redact, RedactConfig, Stages, StandardStages};
use quipu::prometheus::{Format, Prometheus};
/// Its data are in the data folder itself.
pub use quipu_access::DEFAULT_PROJECT as DEFAULT;
use quipu_alert::Alerts;
use quipu_api::dto::Listeners as Urls;
use quipu_api::{ApiState, Money};
use quipu_audit::Audit;
use quipu_budget::Budgets;
use quipu_insight::Documents;
use quipu_receiver::Receiver;
use quipu_runtime::watch_retention;
use quipu_sql::SqlRunner;
use quipu_tokens::EstimateUsage;
use tokio::task::JoinSet;

use super::money::{Accounts, MoneySource};
use super::vitals::Sources;
use super::{Config, alerts, aside, conflicts, drift, exporters, inbox, own, page, routes, unread};
use crate::sql_worker;

/// Folder within the data folder with a folder for each other project.
const FOLDER: &str = "projects";
/// A folder that is not there: a project that is set aside has none.
const ASIDE: &str = "aside";
/// A store without files, which a project has that is set aside. Nothing is written to it.
const MEMORY: &str = "memory:";
/// Time to the first run of retention, so it does not delay the answers after a start.
const FIRST_RETENTION: Duration = Duration::from_secs(20);
/// Interval of reading gauges.
const GAUGES: Duration = Duration::from_secs(5);

/// Folders and files of a project.
struct Site<'a> {
    folder: PathBuf,
    uri: String,
    accounts: Accounts,
    backends: &'a [String],
}

/// A project at work.
pub struct ServedProject {
    name: String,
    pub folder: PathBuf,
    /// URI of its store.
    uri: String,
    pub store: Arc<dyn Store>,
    pub pipeline: Arc<Pipeline>,
    pub money: Money,
    pub metrics: Arc<SelfMetrics>,
    pub receiver: Receiver,
    adapters: Adapters,
    /// File of unread sources; none next to a store in memory.
    unread: Option<PathBuf>,
    /// File of the counts of sources; none next to a store in memory.
    drift: Option<PathBuf>,
    pub page: Arc<Prometheus>,
    // Its instruments live as long as the process.
    derive: Arc<Derive>,
    own: Arc<own::Own>,
    documents: Documents,
    retention: Arc<Retention>,
    /// `None` while it is set aside.
    alerts: Option<Alerts>,
    /// `None` for a store that no other process can read.
    sql: Option<SqlRunner>,
    /// Reason why it is set aside: it has no files, and its routes answer 503. `None` for a running project.
    pub aside: Option<Arc<str>>,
}

impl ServedProject {
    /// Opens what belongs to the project; `data` is the data folder of the server, `first` takes in for the
    /// project before it.
    pub async fn open(config: &Config, name: &str, data: &Path, first: Option<&Receiver>) -> Result<Self> {
        Self::open_in(config, name, data, first)
            .await
            .with_context(|| format!("cannot open the project {name}"))
    }

    /// Replaces a project whose files are damaged, and touches none of them.
    pub async fn stand_in(
        config: &Config,
        name: &str,
        data: &Path,
        first: Option<&Receiver>,
        why: Arc<str>,
    ) -> Result<Self> {
        let folder = data.join(ASIDE).join(name);
        let site = Site { folder, uri: MEMORY.into(), accounts: Accounts::Leave, backends: &[] };
        Ok(Self { aside: Some(why), ..Self::begin(config, name, site, first).await? })
    }

    async fn open_in(config: &Config, name: &str, data: &Path, first: Option<&Receiver>) -> Result<Self> {
        let uri = if name == DEFAULT { config.store.clone() } else { beside(&config.store, name) };
        let backends = config.project(name).backends;
        let site = Site { folder: folder(name, data)?, uri, accounts: Accounts::Make, backends };
        Self::begin(config, name, site, first).await
    }

    async fn begin(config: &Config, name: &str, site: Site<'_>, first: Option<&Receiver>) -> Result<Self> {
        let said = config.project(name);
        let Site { folder, uri, accounts, backends } = site;
        let store: Arc<dyn Store> = match accounts {
            Accounts::Leave => Arc::new(quipu_backend_memory::Memory::default()),
            _ => quipu::open(&uri, &folder, Access::Write)?,
        };
        let place = MoneySource { folder: &folder, prices: &config.prices, budgets: said.budgets, accounts };
        let money = place.open(|text| tracing::warn!("{text}"))?;
        money.budgets.begin(store.as_ref()).await.context("cannot read the earlier spending")?;
        let metrics = Arc::new(SelfMetrics::new());
        let exporters = exporters::open(config, backends, &folder, &store)?;
        let derive = Arc::new(Derive::by_service());
        let redact = redactor(config.redact_of(name), &metrics)?;
        let adapters = config.adapters()?;
        let stages = stages(adapters.clone(), &redact, &money, Some(&derive));
        let pipeline = Arc::new(start(&config.limits, stages, &store, exporters, &metrics));
        let alerts = match accounts {
            Accounts::Leave => None,
            _ => {
                let there = (!uri.starts_with("memory")).then_some(folder.as_path());
                let statements = sql_worker::of_rules(&uri, &folder, &money.budgets);
                let alerts = alerts::open(config, name, there, &store, &money, &pipeline, statements)?;
                alerts.check_statements().await?;
                Some(alerts)
            }
        };
        let receiver = receiver(config, &pipeline, &metrics, first)
            .masking(Arc::new(move |name, text| redact.text(name, text)));
        let unread = (!uri.starts_with("memory")).then(|| folder.join(unread::FILE));
        if let Some(file) = &unread {
            receiver.remember_unread(unread::stored(file));
        }
        let drift = (!uri.starts_with("memory")).then(|| folder.join(drift::FILE));
        if let Some(file) = &drift {
            drift::resume(&receiver, file);
        }
        Ok(Self {
            name: name.to_owned(),
            receiver,
            unread,
            drift,
            page: Arc::new(page::page(&derive, &metrics)?),
            own: Arc::default(),
            documents: documents(&uri, &folder),
            sql: sql_worker::runner(&uri, &folder),
            uri,
            retention: Arc::new(config.retention_of(name).clone()),
            folder,
            adapters,
            store,
            pipeline,
            money,
            metrics,
            derive,
            alerts,
            aside: None,
        })
    }

    /// Its alerts; none while it is set aside.
    pub fn alerts(&self) -> Option<Alerts> {
        self.alerts.clone()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its routes, or the remaining ones while it is set aside.
    pub fn guarded(&self, routes: Router) -> Router {
        match &self.aside {
            Some(why) => aside::routes(routes, why),
            None => routes,
        }
    }

    /// Its HTTP interface and dashboard.
    pub fn api(&self, limits: &Arc<Limits>, caches: &AnswerMemory, urls: &Urls, demo: bool) -> Router {
        self.guarded(self.whole_api(limits, caches, urls, demo))
    }

    fn whole_api(&self, limits: &Arc<Limits>, caches: &AnswerMemory, urls: &Urls, demo: bool) -> Router {
        let page = Arc::clone(&self.page);
        let sources = Sources {
            folder: self.folder.clone(),
            metrics: Arc::clone(&self.metrics),
            receiver: self.receiver.clone(),
        };
        quipu_api::routes(ApiState {
            adapters: self.adapters.clone(),
            live: self.pipeline.watchers(),
            status: Arc::new(routes::status(urls.clone(), demo)),
            limits: Arc::clone(limits),
            caches: caches.clone(),
            metrics_page: Arc::new(move || page.sent(Format::OpenMetrics)),
            vitals: Some(sources.reading()),
            unread: unread::listing(self.receiver.clone()),
            forget_unread: unread::forgetting(self.receiver.clone(), self.unread.clone()),
            drift: self.drift_report(),
            pipeline: Some(Arc::clone(&self.pipeline)),
            documents: self.documents.clone(),
            retention: Arc::clone(&self.retention),
            alerts: self.alerts.clone(),
            sql: self.sql.clone(),
            ..routes::state_over(Arc::clone(&self.store), self.money.clone())
        })
    }

    fn drift_report(&self) -> Arc<dyn Fn() -> quipu_drift::Report + Send + Sync> {
        let receiver = self.receiver.clone();
        Arc::new(move || receiver.drift())
    }

    /// Starts the background tasks.
    pub fn watch(&self, background: &mut JoinSet<()>, audit: &Audit) {
        if self.aside.is_some() {
            return;
        }
        let (store, heard) = (Arc::clone(&self.store), self.pipeline.conflicts());
        background.spawn(conflicts::watch(self.name.clone(), store, audit.clone(), heard));
        background.spawn(watch_store(Arc::clone(&self.store), Arc::clone(&self.metrics)));
        let (store, rules) = (Arc::clone(&self.store), Arc::clone(&self.retention));
        let metrics = Arc::clone(&self.metrics);
        let clock = Arc::new(SystemClock);
        background.spawn(watch_retention(self.name.clone(), store, rules, metrics, clock, FIRST_RETENTION));
        if let Some(work) = inbox::of_store(&self.uri, &self.folder, &self.pipeline) {
            background.spawn(work);
        }
        let budgets = self.money.budgets.clone();
        background.spawn(watch_budgets(budgets, Arc::clone(&self.store), Arc::clone(&self.pipeline)));
        if let Some(alerts) = self.alerts.clone() {
            background.spawn(alerts::run(alerts));
        }
        if let Some(file) = self.unread.clone() {
            background.spawn(unread::keep(self.receiver.clone(), file));
        }
        background.spawn(own::keep(
            Arc::clone(&self.own),
            Arc::clone(&self.metrics),
            Arc::clone(&self.derive),
            Arc::clone(&self.store),
            Arc::clone(&self.pipeline),
        ));
        background.spawn(drift::keep(self.receiver.clone(), self.drift.clone(), Arc::clone(&self.metrics)));
        if self.pipeline.wants_derived() {
            background.spawn(page::pass_on(Arc::clone(&self.derive), Arc::clone(&self.pipeline)));
        }
    }

    /// Stores and sends what is left, and lets go of everything.
    pub async fn close(&self) -> Result<()> {
        page::derived(&self.derive, &self.pipeline);
        if let Some(file) = &self.unread {
            unread::store(&self.receiver, file);
        }
        self.own.store(&self.metrics, &self.pipeline).await;
        own::derived(&self.own, &self.derive, &*self.store, &self.pipeline).await;
        if let Some(file) = &self.drift {
            drift::store(&self.receiver, file, &mut serde_json::Value::Null);
        }
        Ok(self.pipeline.close().await?)
    }
}

/// The folder of a project, made if it is not there.
fn folder(name: &str, data: &Path) -> Result<PathBuf> {
    if name == DEFAULT {
        return Ok(data.to_owned());
    }
    let folder = data.join(FOLDER).join(name);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the project's folder {}", folder.display()))?;
    Ok(folder)
}

/// The same kind of store, in the project's own folder; in a server, in a database of its own.
fn beside(uri: &str, name: &str) -> String {
    if let (false, Some((place, database))) = (quipu::has_files(uri), uri.rsplit_once('/')) {
        let (database, settings) = database.split_once('?').unwrap_or((database, ""));
        return format!("{place}/{database}_{name}?{settings}").trim_end_matches('?').to_owned();
    }
    let scheme = uri.split_once(':').map_or(uri, |(scheme, _)| scheme);
    let settings = uri.split_once('?').map_or("", |(_, settings)| settings);
    format!("{scheme}:?{settings}").trim_end_matches('?').to_owned()
}

/// All projects share one memory limit for requests, so many projects take no more memory than one.
fn receiver(
    config: &Config,
    pipeline: &Arc<Pipeline>,
    metrics: &Arc<SelfMetrics>,
    first: Option<&Receiver>,
) -> Receiver {
    let parts = quipu_receiver::ReceiverParts {
        intake: Arc::clone(pipeline) as _,
        limits: Arc::new(config.limits.clone()),
        clock: Arc::new(SystemClock),
        meter: Arc::clone(metrics) as Arc<dyn Meter>,
    };
    match first {
        Some(first) => first.beside(parts),
        None => Receiver::new(parts),
    }
}

/// Documents of users last as long as the traces do.
fn documents(store: &str, folder: &Path) -> Documents {
    if store.starts_with("memory") { Documents::in_memory() } else { routes::documents_of(folder) }
}

/// The stage that redacts.
///
/// # Errors
/// The settings of redaction cannot be followed.
pub fn redactor(settings: &RedactConfig, metrics: &Arc<SelfMetrics>) -> quipu::core::Result<Arc<Redact>> {
    Ok(Arc::new(Redact::new(settings, Arc::clone(metrics) as Arc<dyn Meter>)?))
}

/// The stages of a project; `derive` collects metrics of its spans.
pub fn stages(
    adapters: Adapters,
    redact: &Arc<Redact>,
    money: &Money,
    derive: Option<&Arc<Derive>>,
) -> Stages {
    Stages::standard(StandardStages {
        adapters,
        watch: Some(Arc::new(money.budgets.watch())),
        estimate: Some(Arc::new(EstimateUsage::new(quipu::adapters()))),
        redact: Some(Arc::clone(redact)),
        prices: Arc::new(money.books.clone()),
        budgets: Some(Arc::new(money.budgets.clone())),
        derive: derive.map(|derive| Arc::clone(derive) as _),
        own: Vec::new(),
        drop_unsampled: None,
    })
}

/// The one pipeline of a project, for all of its receivers.
pub fn start(
    limits: &Limits,
    stages: Stages,
    store: &Arc<dyn Store>,
    exporters: Vec<Exporter>,
    metrics: &Arc<SelfMetrics>,
) -> Pipeline {
    Pipeline::start(PipelineParts {
        exporters,
        stages,
        meter: Arc::clone(metrics) as Arc<dyn Meter>,
        limits: limits.clone(),
        store_returns_all: true,
        ..PipelineParts::new(Arc::clone(store))
    })
}

/// Applies budgets that another process set, and stores notices of budgets while no batch arrives.
async fn watch_budgets(budgets: Budgets, store: Arc<dyn Store>, pipeline: Arc<Pipeline>) {
    loop {
        tokio::time::sleep(GAUGES).await;
        if let Err(error) = budgets.begin(store.as_ref()).await {
            tracing::warn!(%error, "cannot read the earlier spending of a budget");
        }
        let events = budgets.take_events();
        if events.is_empty() {
            continue;
        }
        if let Err(error) = pipeline.submit(Batch { events, ..Batch::default() }).await {
            tracing::warn!(%error, "cannot store the notices of budgets");
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
