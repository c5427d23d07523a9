//! Alerts of a project: their configuration, and the alert file of its data folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use quipu::core::{AnswerMemory, Error, ErrorKind, Store, SystemClock};
use quipu::pipeline::Pipeline;
use quipu_alert::{
    Actions, AlertError, Alerts, AlertsConfig, AlertsParts, ChannelConfig, Extras, FILE, OwnFigure, ReadOwn,
    RunStatement, StoreMeasure,
};
use quipu_api::Money;
use quipu_runtime::Variables;

use super::Config;
use super::project::DEFAULT;
use crate::note::note;
use crate::sql_worker;

/// Puts environment variables into addresses and secrets of channels.
pub fn fill(channels: &mut BTreeMap<String, ChannelConfig>) -> Result<()> {
    let variables = Variables::of_process();
    channels.iter_mut().try_for_each(|(name, channel)| {
        channel.fill(|text| variables.filled(text)).map_err(|why| anyhow!("channel.{name}.{why}"))
    })
}

/// Memory of the queries of a project's rules, in bytes. A rule that needs more is in the state `error`.
const MEMORY: usize = 32 << 20;

/// Evaluates and delivers until it is dropped.
pub async fn run(alerts: Alerts) {
    AnswerMemory::within(MEMORY).scope(alerts.run()).await;
}

/// Opens the alerts of a project. Rules and objectives of the config file are the default project's; channels
/// are for all. Without a folder, nothing outlives the process.
pub fn open(
    config: &Config,
    name: &str,
    folder: Option<&Path>,
    store: &Arc<dyn Store>,
    money: &Money,
    pipeline: &Arc<Pipeline>,
    statements: Option<RunStatement>,
) -> Result<Alerts> {
    let is_default = name == DEFAULT;
    let parts = AlertsParts {
        config: config.alerts.clone(),
        rules: if is_default { config.alert.clone() } else { BTreeMap::new() },
        channels: config.channel.clone(),
        slos: if is_default { config.slo.clone() } else { BTreeMap::new() },
        url: config.own_url.clone(),
        measure: Arc::new(measure(store, money).with_own(own(pipeline)).with_statements(statements)),
        ..parts(folder, store, money)
    };
    let opened = Alerts::open_with(parts, extras(store, money));
    opened.map_err(as_damage).context("cannot open the alerts")
}

/// Damage of the alert file has the kind of damage to any other file, so the project is set aside and the
/// others run.
fn as_damage(error: AlertError) -> anyhow::Error {
    if error.is_damage() {
        Error::new(ErrorKind::Damaged, "open alerts", error.to_string()).into()
    } else {
        error.into()
    }
}

/// Alerts of a data folder for the asking commands; `None` if the alert file cannot be used. A missing file
/// is not made.
pub fn of_folder(uri: &str, folder: &Path, store: &Arc<dyn Store>, money: &Money) -> Option<Alerts> {
    let there = folder.join(FILE).exists().then_some(folder);
    let statements = sql_worker::of_rules(uri, folder, &money.budgets);
    let measure = Arc::new(measure(store, money).with_statements(statements));
    let parts = AlertsParts { measure, ..parts(there, store, money) };
    let opened = Alerts::open_with(parts, extras(store, money));
    opened.inspect_err(|error| note(&error.to_string())).ok()
}

/// Budgets for actions. A server does not sample.
fn extras(store: &Arc<dyn Store>, money: &Money) -> Extras {
    let budgets = Some((money.budgets.clone(), Arc::clone(store)));
    Extras { actions: Actions { budgets, keep_all: None }, ..Extras::default() }
}

fn measure(store: &Arc<dyn Store>, money: &Money) -> StoreMeasure {
    StoreMeasure::new(Arc::clone(store), money.budgets.clone())
}

/// Lag and dead letters of each exporter.
fn own(pipeline: &Arc<Pipeline>) -> ReadOwn {
    let pipeline = Arc::clone(pipeline);
    Arc::new(move |figure| {
        let value = |status: quipu::pipeline::ExporterStatus| {
            let value = match figure {
                OwnFigure::IngestLag => status.lag.as_secs_f64(),
                #[expect(clippy::cast_precision_loss, reason = "counts of dead letters are small")]
                OwnFigure::DeadLetters => status.dead_letters as f64,
            };
            (status.name, value)
        };
        pipeline.exporters().into_iter().map(value).collect()
    })
}

fn parts(folder: Option<&Path>, store: &Arc<dyn Store>, money: &Money) -> AlertsParts {
    AlertsParts {
        folder: folder.map(Path::to_owned),
        config: AlertsConfig::default(),
        rules: BTreeMap::new(),
        channels: BTreeMap::new(),
        slos: BTreeMap::new(),
        measure: Arc::new(measure(store, money)),
        clock: Arc::new(SystemClock),
        url: String::new(),
    }
}
