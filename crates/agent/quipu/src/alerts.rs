//! Alerts within the process: the rules of `quipu.toml` over the library's own store, without a server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use quipu_alert::{Actions, AlertsParts, Callback, Extras, OwnFigure, StoreMeasure};
use quipu_core::{Error, ErrorKind, Result, SystemClock};
use quipu_runtime::Variables;
use serde::Deserialize;
use tokio::sync::oneshot;

pub use quipu_alert::{
    ActionConfig, AlertError, AlertRow, Alerts, AlertsConfig, ChannelConfig, EpisodeRow, HistoryAsk, Notice,
    NoticeStatus, RuleConfig, Severity, SloConfig,
};

use crate::library::Quipu;

const START: &str = "start alerts";
/// Channel of functions.
const CALLBACK: &str = "callback";

/// Tables of a config file about alerts; all others are left out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Tables {
    alerts: AlertsConfig,
    alert: BTreeMap<String, RuleConfig>,
    channel: BTreeMap<String, ChannelConfig>,
    slo: BTreeMap<String, SloConfig>,
}

/// Alerts that are configured and do not run yet.
#[derive(Clone, Default)]
#[must_use = "nothing is evaluated before `start`"]
pub struct AlertsBuilder {
    tables: Tables,
    callbacks: BTreeMap<String, Callback>,
    folder: Option<PathBuf>,
}

/// Begins a configuration of alerts: see [`AlertsBuilder`].
///
/// ```no_run
/// let quipu = quipu::init()?;
/// let _alerts = quipu::alerts()
///     .file("quipu.toml")?
///     .on_notice(|notice| eprintln!("{}", notice.title()))
///     .start(&quipu)?;
/// # Ok::<(), quipu::Error>(())
/// ```
pub fn alerts() -> AlertsBuilder {
    AlertsBuilder::default()
}

impl std::fmt::Debug for AlertsBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AlertsBuilder").field("rules", &self.tables.alert.len()).finish_non_exhaustive()
    }
}

impl AlertsBuilder {
    /// Takes the tables `[alerts]`, `[alert.NAME]`, `[channel.NAME]` and `[slo.NAME]` of a config file, which
    /// may be that of a server. Other tables are ignored, and `${NAME}` in channels is an environment
    /// variable.
    ///
    /// # Errors
    /// The file cannot be read, is not TOML, or names an unknown key or a variable that is not set.
    pub fn file(self, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|cause| {
            Error::new(ErrorKind::Invalid, START, path.display().to_string()).caused_by(cause)
        })?;
        self.text_of(&text, &path.display().to_string())
    }

    /// [`Self::file`] for a text.
    ///
    /// # Errors
    /// As there.
    pub fn text(self, text: &str) -> Result<Self> {
        self.text_of(text, "alerts")
    }

    fn text_of(mut self, text: &str, name: &str) -> Result<Self> {
        let mut tables: Tables = quipu_runtime::parse_config(text, name)?;
        let variables = Variables::of_process();
        for (channel, config) in &mut tables.channel {
            config
                .fill(|text| variables.filled(text))
                .map_err(|why| Error::new(ErrorKind::Invalid, START, format!("channel.{channel}.{why}")))?;
        }
        self.tables = tables;
        Ok(self)
    }

    /// Adds a rule, or replaces one of the file.
    pub fn rule(mut self, name: impl Into<String>, rule: RuleConfig) -> Self {
        self.tables.alert.insert(name.into(), rule);
        self
    }

    /// Calls a function with every notice: begin, change, end and repetition. It runs on the thread of the
    /// alerts and must not block.
    pub fn on_notice(mut self, call: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        let name = format!("{CALLBACK}-{}", self.callbacks.len() + 1);
        self.callbacks.insert(name, Callback::new(call));
        self
    }

    /// Keeps states, history and undelivered notices in `alerts.db` of this folder, so that a restart goes
    /// on. Without it, they end with the process.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Evaluates the rules on a thread of its own, until the answer is dropped.
    ///
    /// # Errors
    /// The library has no store, a rule or channel is invalid, or the folder cannot be used.
    pub fn start(self, quipu: &Quipu) -> Result<RunningAlerts> {
        let invalid = |text: String| Error::new(ErrorKind::Invalid, START, text);
        let store = quipu.store().ok_or_else(|| {
            invalid(
                "the library has no store; enable recording and a store such as backend-sqlite".to_owned(),
            )
        })?;
        let (budgets, status, keep) = (quipu.budgets(), quipu.status_reader(), quipu.recorder());
        let measure =
            StoreMeasure::new(Arc::clone(&store), budgets.clone()).with_own(Arc::new(move |figure| {
                let value = |backend: quipu_pipeline::ExporterStatus| {
                    #[expect(clippy::cast_precision_loss, reason = "counts of dead letters are small")]
                    let value = match figure {
                        OwnFigure::IngestLag => backend.lag.as_secs_f64(),
                        OwnFigure::DeadLetters => backend.dead_letters as f64,
                    };
                    (backend.name, value)
                };
                status().backends.into_iter().map(value).collect()
            }));
        let keep_all = keep.map(|recorder| Arc::new(move |until| recorder.keep_all_until(until)) as _);
        let actions = Actions { budgets: Some((budgets, store)), keep_all };
        let parts = AlertsParts {
            folder: self.folder,
            config: self.tables.alerts,
            rules: self.tables.alert,
            channels: self.tables.channel,
            slos: self.tables.slo,
            measure: Arc::new(measure),
            clock: Arc::new(SystemClock),
            url: String::new(),
        };
        let extras = Extras { actions, callbacks: self.callbacks };
        let alerts = Alerts::open_with(parts, extras).map_err(|error| invalid(error.to_string()))?;
        RunningAlerts::start(alerts)
    }
}

/// Alerts that are evaluated. Its drop ends the evaluation; open episodes stay open in the folder.
#[derive(Debug)]
#[must_use = "dropping it ends the evaluation at once"]
pub struct RunningAlerts {
    alerts: Alerts,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl RunningAlerts {
    fn start(alerts: Alerts) -> Result<Self> {
        let failed = |cause| Error::new(ErrorKind::Io, START, "cannot make a thread").caused_by(cause);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let running = alerts.clone();
        let work = move || {
            runtime.block_on(async {
                tokio::select! {
                    () = running.run() => {}
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("quipu-alerts".into()).spawn(work).map_err(failed)?;
        Ok(Self { alerts, stop: Some(stop), thread: Some(thread) })
    }

    /// The engine: its states, history, silences, acknowledgements and back-tests.
    pub fn engine(&self) -> &Alerts {
        &self.alerts
    }
}

impl Drop for RunningAlerts {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
