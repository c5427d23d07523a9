//! Configuration by code, and the start.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use quipu_core::{
    Accounts, Adapter, Backend, Error, ErrorKind, Level, PriceBook, Result, Stage, Store, Tokenizer,
};
use quipu_insight::{Budget, Notice};
use quipu_pipeline::{ExitSettings, RedactSettings};
use quipu_sdk::Settings;

use crate::config::{Layer, Preset, Sources};
use crate::quipu::Quipu;
use crate::tables::Tables;

/// Whether the recorder of this process was installed.
static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Who is told of what budgets have to say.
pub(crate) type Listener = Box<dyn Fn(&Notice) + Send + Sync>;

/// A configuration by code. What it says is stronger than the environment, which is stronger than `quipu.toml`, which is stronger
/// than the preset.
#[must_use = "nothing runs before `init` is called"]
pub struct Builder<T> {
    pub(crate) layer: Layer,
    pub(crate) sources: Sources,
    pub(crate) stores: Vec<Arc<dyn Store>>,
    pub(crate) exits: Vec<Arc<dyn Backend>>,
    pub(crate) adapters: Vec<Arc<dyn Adapter>>,
    pub(crate) stages: Vec<Arc<dyn Stage>>,
    pub(crate) prices: Option<Arc<dyn PriceBook>>,
    pub(crate) tokenizers: Vec<Arc<dyn Tokenizer>>,
    pub(crate) budgets: BTreeMap<String, Budget>,
    pub(crate) accounts: Option<Arc<dyn Accounts>>,
    pub(crate) notices: Vec<Listener>,
    pub(crate) recorder: Vec<Box<dyn FnOnce(Settings) -> Settings + Send>>,
    pub(crate) detached: bool,
    tables: PhantomData<fn() -> T>,
}

impl<T: Tables> Builder<T> {
    pub(crate) fn new() -> Self {
        Self {
            layer: Layer::default(),
            sources: Sources::default(),
            stores: Vec::new(),
            exits: Vec::new(),
            adapters: Vec::new(),
            stages: Vec::new(),
            prices: None,
            tokenizers: Vec::new(),
            budgets: BTreeMap::new(),
            accounts: None,
            notices: Vec::new(),
            recorder: Vec::new(),
            detached: false,
            tables: PhantomData,
        }
    }

    /// The choices that all other settings change in part.
    pub const fn preset(mut self, preset: Preset) -> Self {
        self.layer.preset = Some(preset);
        self
    }

    /// [`Preset::Development`].
    pub const fn development(self) -> Self {
        self.preset(Preset::Development)
    }

    /// [`Preset::Production`].
    pub const fn production(self) -> Self {
        self.preset(Preset::Production)
    }

    /// Off: nothing is recorded, and every call costs next to nothing.
    pub const fn enabled(mut self, enabled: bool) -> Self {
        self.layer.enabled = Some(enabled);
        self
    }

    /// Name of the service: `service.name`.
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.layer.service = Some(name.into());
        self
    }

    /// A further resource attribute, such as `deployment.environment.name`.
    pub fn resource(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.layer.resource.insert(key.into(), value.into());
        self
    }

    /// Reads this file instead of the `quipu.toml` of the current folder; it must be there.
    pub fn config_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.file = Some(path.into());
        self
    }

    /// Reads no file.
    pub const fn without_file(mut self) -> Self {
        self.sources.no_file = true;
        self
    }

    /// Reads no environment variable.
    pub const fn without_env(mut self) -> Self {
        self.sources.no_env = true;
        self
    }

    /// Takes these variables for the environment.
    pub fn variables<K: Into<String>, V: Into<String>>(
        mut self,
        all: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let all = all.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.sources.variables = Some(all.collect());
        self
    }

    /// Events below this level are not recorded.
    pub const fn level(mut self, level: Level) -> Self {
        self.layer.level = Some(level);
        self
    }

    /// Whether prompts, answers, and arguments and results of tools are recorded.
    pub const fn log_full_prompts(mut self, log: bool) -> Self {
        self.layer.log_full_prompts = Some(log);
        self
    }

    /// Whether a panic becomes an event `system.error`.
    pub const fn panic_events(mut self, record: bool) -> Self {
        self.layer.panic_events = Some(record);
        self
    }

    /// Whether processors, memory and disks are told of by metrics.
    pub const fn system_metrics(mut self, tell: bool) -> Self {
        self.layer.system_metrics = Some(tell);
        self
    }

    /// Whether commit, branch and repository of the working folder are said of everything recorded.
    pub const fn vcs(mut self, tell: bool) -> Self {
        self.layer.vcs = Some(tell);
        self
    }

    /// Folder of everything that backends keep, where their URI names no other.
    pub fn data_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.layer.data_dir = Some(path.into());
        self
    }

    /// Adds a backend by its URI (`sqlite:`, `file:PATH`, `console:`, `prometheus:127.0.0.1:9464` …) to those named by code. If any
    /// is named by code, those of the other sources are not opened.
    pub fn backend(mut self, uri: impl Into<String>) -> Self {
        self.layer.backends.get_or_insert_default().push(uri.into());
        self
    }

    /// No backends but those that are given by code.
    pub fn without_backends(mut self) -> Self {
        self.layer.backends = Some(Vec::new());
        self
    }

    /// Adds a backend of one's own.
    pub fn exit(mut self, backend: Arc<dyn Backend>) -> Self {
        self.exits.push(backend);
        self
    }

    /// Adds a store of one's own. The first store is where the count looks up what has left its memory.
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.stores.push(store);
        self
    }

    /// Adds an adapter of one's own, before those of the build.
    pub fn adapter(mut self, adapter: Arc<dyn Adapter>) -> Self {
        self.adapters.push(adapter);
        self
    }

    /// Adds a stage after the count and the price.
    pub fn stage(mut self, stage: Arc<dyn Stage>) -> Self {
        self.stages.push(stage);
        self
    }

    /// Prices calls from this book instead of the vendored ones.
    pub fn prices(mut self, book: Arc<dyn PriceBook>) -> Self {
        self.prices = Some(book);
        self
    }

    /// Counts tokens by this one where it knows the model, before those that are there.
    pub fn tokenizer(mut self, tokenizer: impl Tokenizer + 'static) -> Self {
        self.tokenizers.insert(0, Arc::new(tokenizer));
        self
    }

    /// Adds a budget.
    pub fn budget(mut self, name: impl Into<String>, budget: Budget) -> Self {
        self.budgets.insert(name.into(), budget);
        self
    }

    /// File in which processes share what budgets have spent and reserved; `memory` for none. By default it is `budgets.db` in the
    /// data folder where the store is SQLite, and none otherwise.
    pub fn budgets_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.layer.budgets_path = Some(path.into());
        self
    }

    /// Writes down here what budgets have spent and reserved.
    pub fn accounts(mut self, accounts: Arc<dyn Accounts>) -> Self {
        self.accounts = Some(accounts);
        self
    }

    /// Has `listener` called for every notice of a budget: a threshold that was passed, a refusal, a loop. It must not block.
    pub fn on_budget_notice(mut self, listener: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        self.notices.push(Box::new(listener));
        self
    }

    /// Keeps this part of the traces, from 0 to 1, decided as each begins. Totals stay exact.
    pub const fn sample_ratio(mut self, ratio: f64) -> Self {
        self.layer.sampling.ratio = Some(ratio);
        self
    }

    /// Keeps failed traces, those that took longer than `slow`, and this part of all others, decided as each ends. Totals stay
    /// exact.
    pub fn keep_errors_and_slow(mut self, slow: Duration, ratio: f64) -> Self {
        self.layer.tail.enabled = Some(true);
        self.layer.tail.slow_ms = Some(u64::try_from(slow.as_millis()).unwrap_or(u64::MAX));
        self.layer.tail.ratio = Some(ratio);
        self
    }

    /// What is masked before anything is kept.
    pub fn redact(mut self, settings: RedactSettings) -> Self {
        self.layer.redact = Some(settings);
        self
    }

    /// How backends are delivered to: queues, retries, breakers.
    pub fn delivery(mut self, settings: ExitSettings) -> Self {
        self.layer.delivery = Some(settings);
        self
    }

    /// How long records wait for others to go with them.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.layer.delay_ms = Some(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// How often all metrics are read.
    pub fn metrics_interval(mut self, interval: Duration) -> Self {
        self.layer.metrics_interval_ms = Some(u64::try_from(interval.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// How long dropping the handle may take.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.layer.shutdown_timeout_ms = Some(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// Changes how the recorder records beyond what has a setting here: filters by predicate, samplers of one's own.
    pub fn recorder(mut self, change: impl FnOnce(Settings) -> Settings + Send + 'static) -> Self {
        self.recorder.push(Box::new(change));
        self
    }

    /// Does not make its recorder that of the whole process: records come from [`Quipu::context`] only. For tests, and for more
    /// than one in a process.
    pub const fn detached(mut self) -> Self {
        self.detached = true;
        self
    }

    /// Starts.
    ///
    /// A backend that does not open stops nobody: [`Quipu::status`] says so.
    ///
    /// # Errors
    /// The configuration is wrong; the process has one already that is not [`Self::detached`], which stays; no thread can be started.
    pub fn init(self) -> Result<Quipu<T>> {
        let detached = self.detached;
        if !detached && INSTALLED.swap(true, Ordering::AcqRel) {
            let why = "quipu is initialised already in this process: the first one stays";
            return Err(Error::new(ErrorKind::Locked, "init", why));
        }
        let started = self.start();
        if started.is_err() && !detached {
            INSTALLED.store(false, Ordering::Release);
        }
        started
    }
}
