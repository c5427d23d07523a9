//! Configuration in code, and the start of the library.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use quipu_budget::{Budget, Notice};
use quipu_core::{
    Accounts, Adapter, Backend, Error, ErrorKind, Level, PriceBook, Result, Retention, Stage, Store,
    Tokenizer,
};
use quipu_pipeline::{DeliveryConfig, RedactConfig};
use quipu_sdk::{ManualClock, RecorderConfig};

use crate::config::{CodeBackends, Layer, Preset, Sources};
use crate::installed::Installed;
use crate::quipu::Quipu;
use crate::registry::Registry;
use crate::tables::Tables;

/// Listener for budget notices.
pub(crate) type Listener = Box<dyn Fn(&Notice) + Send + Sync>;

/// Configuration in code. It takes precedence over the environment, then `quipu.toml`, then the preset.
#[must_use = "nothing runs before `init` is called"]
pub struct Builder<T> {
    pub(crate) layer: Layer,
    pub(crate) sources: Sources,
    pub(crate) stores: Vec<Arc<dyn Store>>,
    pub(crate) exporters: Vec<Arc<dyn Backend>>,
    pub(crate) adapters: Vec<Arc<dyn Adapter>>,
    pub(crate) registry: Registry,
    pub(crate) stages: Vec<Arc<dyn Stage>>,
    pub(crate) prices: Option<Arc<dyn PriceBook>>,
    pub(crate) tokenizers: Vec<Arc<dyn Tokenizer>>,
    pub(crate) budgets: BTreeMap<String, Budget>,
    pub(crate) accounts: Option<Arc<dyn Accounts>>,
    pub(crate) notices: Vec<Listener>,
    pub(crate) recorder: Vec<Box<dyn FnOnce(RecorderConfig) -> RecorderConfig + Send>>,
    pub(crate) clock: Option<ManualClock>,
    pub(crate) detached: bool,
    tables: PhantomData<fn() -> T>,
}

impl<T: Tables> Builder<T> {
    pub(crate) fn new() -> Self {
        Self {
            layer: Layer::default(),
            sources: Sources::default(),
            stores: Vec::new(),
            exporters: Vec::new(),
            adapters: Vec::new(),
            registry: Registry::new(),
            stages: Vec::new(),
            prices: None,
            tokenizers: Vec::new(),
            budgets: BTreeMap::new(),
            accounts: None,
            notices: Vec::new(),
            recorder: Vec::new(),
            clock: None,
            detached: false,
            tables: PhantomData,
        }
    }

    /// Sets the preset, which provides the defaults of all other options.
    pub const fn preset(mut self, preset: Preset) -> Self {
        self.layer.preset = Some(preset);
        self
    }

    /// Selects [`Preset::Development`].
    pub const fn development(self) -> Self {
        self.preset(Preset::Development)
    }

    /// Selects [`Preset::Production`].
    pub const fn production(self) -> Self {
        self.preset(Preset::Production)
    }

    /// Switches recording on or off. If it is off, every call costs next to nothing.
    pub const fn enabled(mut self, enabled: bool) -> Self {
        self.layer.enabled = Some(enabled);
        self
    }

    /// Sets the name of the service: `service.name`.
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.layer.service = Some(name.into());
        self
    }

    /// Adds a resource attribute, such as `deployment.environment.name`.
    pub fn resource(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.layer.resource.insert(key.into(), value.into());
        self
    }

    /// Reads this file, which must exist, instead of `quipu.toml` in the current folder.
    pub fn config_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.file = Some(path.into());
        self
    }

    /// Reads no file.
    pub const fn without_file(mut self) -> Self {
        self.sources.no_file = true;
        self
    }

    /// Reads no environment variables.
    pub const fn without_env(mut self) -> Self {
        self.sources.no_env = true;
        self
    }

    /// Uses these variables instead of the environment.
    pub fn variables<K: Into<String>, V: Into<String>>(
        mut self,
        all: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let all = all.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.sources.variables = Some(all.collect());
        self
    }

    /// Sets the minimum level of recorded events.
    pub const fn level(mut self, level: Level) -> Self {
        self.layer.level = Some(level);
        self
    }

    /// Sets whether prompts, answers, and arguments and results of tools are recorded.
    pub const fn log_full_prompts(mut self, log: bool) -> Self {
        self.layer.log_full_prompts = Some(log);
        self
    }

    /// Sets whether a panic becomes an event `system.error`.
    pub const fn panic_events(mut self, record: bool) -> Self {
        self.layer.panic_events = Some(record);
        self
    }

    /// Sets whether metrics of CPU, memory and disks are recorded.
    pub const fn system_metrics(mut self, tell: bool) -> Self {
        self.layer.system_metrics = Some(tell);
        self
    }

    /// Sets whether all records carry commit, branch and repository of the working folder.
    pub const fn vcs(mut self, tell: bool) -> Self {
        self.layer.vcs = Some(tell);
        self
    }

    /// Sets the data folder of all backends whose URI names no other.
    pub fn data_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.layer.data_dir = Some(path.into());
        self
    }

    /// Adds a backend by its URI (`sqlite:`, `file:PATH`, `console:`, `prometheus:127.0.0.1:9464` …) to those
    /// of the environment, the file or the preset. It replaces the one with the same name.
    /// [`Builder::only_backends`] leaves out the others.
    pub fn backend(mut self, uri: impl Into<String>) -> Self {
        self.sources.backends.added.push(uri.into());
        self
    }

    /// Opens only the backends that code names, not those of the environment, the file and the preset.
    pub const fn only_backends(mut self) -> Self {
        self.sources.backends.only = true;
        self
    }

    /// Opens no backend by URI, only stores and exporters that are passed in code. A later
    /// [`Builder::backend`] adds to them.
    pub fn without_backends(mut self) -> Self {
        self.sources.backends = CodeBackends { added: Vec::new(), only: true };
        self
    }

    /// Sets the retention of the store, in place of `[retention]` in the file. Default: everything is kept.
    pub fn retention(mut self, rules: Retention) -> Self {
        self.layer.retention = Some(rules);
        self
    }

    /// Former name of [`Builder::exporter`].
    #[deprecated(note = "use `exporter`")]
    pub fn exit(self, backend: Arc<dyn Backend>) -> Self {
        self.exporter(backend)
    }

    /// Adds a custom exporter.
    pub fn exporter(mut self, backend: Arc<dyn Backend>) -> Self {
        self.exporters.push(backend);
        self
    }

    /// Adds a custom store. The count uses the first store for look-ups beyond its memory.
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.stores.push(store);
        self
    }

    /// Adds a custom adapter, before the built-in ones.
    pub fn adapter(mut self, adapter: Arc<dyn Adapter>) -> Self {
        self.adapters.push(adapter);
        self
    }

    /// Adds plug-ins of other crates: adapters, and kinds of backends that the configuration can then name.
    pub fn register(mut self, plug_ins: Registry) -> Self {
        self.registry.append(plug_ins);
        self
    }

    /// Adds a stage after count and price.
    pub fn stage(mut self, stage: Arc<dyn Stage>) -> Self {
        self.stages.push(stage);
        self
    }

    /// Prices calls by this book instead of the vendored ones.
    pub fn prices(mut self, book: Arc<dyn PriceBook>) -> Self {
        self.prices = Some(book);
        self
    }

    /// Adds a tokenizer for the models that it supports, before the existing ones.
    pub fn tokenizer(mut self, tokenizer: impl Tokenizer + 'static) -> Self {
        self.tokenizers.insert(0, Arc::new(tokenizer));
        self
    }

    /// Adds a budget.
    pub fn budget(mut self, name: impl Into<String>, budget: Budget) -> Self {
        self.budgets.insert(name.into(), budget);
        self
    }

    /// Sets the file in which processes share budget accounts; `memory` for none. Default: `budgets.db` in
    /// the data folder if the store is SQLite, otherwise none.
    pub fn budgets_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.layer.budgets_path = Some(path.into());
        self
    }

    /// Sets the account books of budgets.
    pub fn accounts(mut self, accounts: Arc<dyn Accounts>) -> Self {
        self.accounts = Some(accounts);
        self
    }

    /// Adds a listener for budget notices: a passed threshold, a rejection, a loop. It must not block.
    pub fn on_budget_notice(mut self, listener: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        self.notices.push(Box::new(listener));
        self
    }

    /// Samples this share of traces, 0 to 1, at their start. Totals stay exact.
    pub const fn sample_ratio(mut self, ratio: f64) -> Self {
        self.layer.sampling.ratio = Some(ratio);
        self
    }

    /// Keeps failed traces, traces slower than `slow`, and this share of the others; the decision falls at
    /// the end of a trace. Totals stay exact.
    pub fn keep_errors_and_slow(mut self, slow: Duration, ratio: f64) -> Self {
        self.layer.tail.enabled = Some(true);
        self.layer.tail.slow_ms = Some(u64::try_from(slow.as_millis()).unwrap_or(u64::MAX));
        self.layer.tail.ratio = Some(ratio);
        self
    }

    /// Sets the redaction config.
    pub fn redact(mut self, settings: RedactConfig) -> Self {
        self.layer.redact = Some(settings);
        self
    }

    /// Sets the delivery config: queues, retries, circuit breakers.
    pub fn delivery(mut self, settings: DeliveryConfig) -> Self {
        self.layer.delivery = Some(settings);
        self
    }

    /// Sets the time for which records wait for a larger batch.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.layer.delay_ms = Some(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// Sets the interval of metric collections.
    pub fn metrics_interval(mut self, interval: Duration) -> Self {
        self.layer.metrics_interval_ms = Some(u64::try_from(interval.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// Sets the time limit for the drop of the handle.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.layer.shutdown_timeout_ms = Some(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// Ends the process in order at SIGINT (Ctrl-C) and SIGTERM: waiting records are written, open spans
    /// are stored as unfinished, and the exit code is 130 or 143. A second signal ends it at once. It is
    /// off by default, because a program with a shutdown of its own must not be ended early. Signals that
    /// the program handled before the start are left to it.
    pub const fn end_on_signals(mut self, end: bool) -> Self {
        self.layer.end_on_signals = Some(end);
        self
    }

    /// Changes further settings of the recorder: predicates as filters, custom samplers.
    pub fn recorder(
        mut self,
        change: impl FnOnce(RecorderConfig) -> RecorderConfig + Send + 'static,
    ) -> Self {
        self.recorder.push(Box::new(change));
        self
    }

    /// Takes the time of spans, events and budgets from this clock, for tests.
    pub fn clock(mut self, clock: ManualClock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Does not install the recorder for the process; records come from [`Quipu::context`] only. This is for
    /// tests, and for several libraries in one process.
    pub const fn detached(mut self) -> Self {
        self.detached = true;
        self
    }

    /// Starts the library.
    ///
    /// A backend that fails to open does not stop the start: [`Quipu::status`] reports it.
    ///
    /// # Errors
    /// The configuration is invalid, or no thread can be started. It also fails if the process already has a
    /// library that is not [`Self::detached`] and not shut down; that one stays.
    pub fn init(self) -> Result<Quipu<T>> {
        let installed = if self.detached { Some(Installed::default()) } else { Installed::take() };
        let Some(installed) = installed else {
            let why = "quipu is already initialised in this process; the first instance stays until it is \
                       shut down";
            return Err(Error::new(ErrorKind::Locked, "init", why));
        };
        self.start(installed)
    }
}

impl<T: Tables> Quipu<T> {
    /// Starts a configuration in code. Other options come from the environment, the file and the preset.
    pub fn builder() -> Builder<T> {
        Builder::new()
    }
}
