//! Start of the library: from a configuration to a running thread.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use quipu_budget::Budgets;
use quipu_core::locks::Mutex;
use quipu_core::{Accounts, Adapters, Error, ErrorKind, Meter, PriceBook, Result, Store, SystemClock};
use quipu_mapping::Mapped;
use quipu_pipeline::{
    Pipeline, PipelineParts, Redact, SharedStore, Stages, StandardStages, Steady, Tail, TailSampling,
    Unstored, row_of,
};
use quipu_sdk::metrics::{Derive, SelfMetrics};
use quipu_sdk::{Drain, Pricer, Recorder, RecorderConfig};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::accounts::Reopened;
use crate::agent::Agent;
use crate::backends::Backends;
use crate::basis::Basis;
use crate::builder::Builder;
use crate::config::{Config, TailConfig, settle};
use crate::control::{Command, Shared};
use crate::hook;
use crate::installed::Installed;
use crate::prices;
use crate::quipu::{Quipu, Running};
use crate::retention::watch_retention;
use crate::sharing::tend_shared;
use crate::signals::end_on_signals;
use crate::tables::{Opened, Tables};

/// Longest wait of the start for the budgets' past spending.
const BEGIN: Duration = Duration::from_secs(2);
/// Spans that the count holds in memory, about 2 MiB. A process has few open traces, and the store has the
/// others.
const LEDGER_SPANS: usize = 2_048;
/// Remembered decisions of tail sampling, for late spans.
const REMEMBERED_TRACES: usize = 16_384;

impl<T: Tables> Builder<T> {
    pub(crate) fn start(mut self, installed: Installed) -> Result<Quipu<T>> {
        let mut config = settle(std::mem::take(&mut self.layer), &self.sources)?;
        if !(T::ENABLED && config.enabled) {
            if !self.detached {
                Budgets::off().install();
            }
            return Ok(Quipu::new(None, installed));
        }
        let budgets = self.all_budgets(&config)?;
        let meter = Arc::new(SelfMetrics::new());
        let (basis, notes) = self.basis(&config)?;
        config.problems.extend(notes);
        let prices = Arc::clone(&basis.prices);
        let redact = Redact::new(&config.redact, Arc::clone(&meter) as _)?;
        let (recorder, drain) = Recorder::new(self.settings(&config, &basis)?);
        if config.system_metrics {
            crate::system::observe(recorder.metrics());
        }
        let stages = self.stages(&config, recorder, &budgets, redact, prices, Arc::clone(&meter) as _)?;
        let runtime = runtime()?;
        let shared = {
            // Backends may start tasks while they open.
            let _within = runtime.enter();
            let (shared, stores) = self.shared(&config, recorder, budgets.clone(), meter, stages);
            let shared = Arc::new(shared);
            tend_shared(stores, &shared, runtime.handle());
            shared
        };
        keep_retention(&config, &shared, &runtime);
        let clock = runtime.handle().clone();
        let (commands, asked) = unbounded_channel();
        if config.end_on_signals {
            end_on_signals(&commands, &shared, config.shutdown_timeout, &clock)?;
        }
        let agent = agent(&config, &shared, drain, asked);
        run(agent, runtime, !budgets.is_empty())?;
        if !self.detached {
            // An open recorder stays; the place `Installed` has the same effect.
            let _ = recorder.install();
            budgets.install();
            basis.install();
            if config.panic_events {
                hook::install();
            }
        }
        let commands = Mutex::new(Some(commands));
        let process = std::process::id();
        let shutdown_timeout = config.shutdown_timeout;
        let (backends, known) = (config.backends, self.registry.backends_over(&T::backends()));
        let running = Running { shared, commands, clock, basis, backends, known, shutdown_timeout, process };
        Ok(Quipu::new(Some(running), installed))
    }

    fn all_budgets(&mut self, config: &Config) -> Result<Budgets> {
        let accounts = self.accounts.take().or_else(|| self.books(config));
        let mut builder =
            Budgets::builder().resource(Arc::new(config.resource.clone())).configs(&config.budgets)?;
        for (name, budget) in std::mem::take(&mut self.budgets) {
            builder = builder.budget(name, budget);
        }
        if let Some(accounts) = accounts {
            builder = builder.accounts(accounts);
        }
        if let Some(clock) = &self.clock {
            builder = builder.clock(Arc::new(clock.clone()));
        }
        let budgets = builder.build()?;
        std::mem::take(&mut self.notices).into_iter().for_each(|listener| budgets.on_notice(listener));
        Ok(budgets)
    }

    /// The file of shared budget accounts, if there is one.
    fn books(&self, config: &Config) -> Option<Arc<dyn Accounts>> {
        let open = T::accounts()?;
        let path = match &config.budgets_path {
            Some(path) if path.as_os_str() == "memory" => return None,
            Some(path) => path.clone(),
            None => {
                let path = config.data_dir.join("budgets.db");
                let kept = config.backends.list.iter().any(|uri| uri.split(':').next() == Some("sqlite"));
                let wanted = !(config.budgets.is_empty() && self.budgets.is_empty()) || path.exists();
                (kept && wanted).then_some(path)?
            }
        };
        Some(Arc::new(Reopened::new(path, open)))
    }

    /// The price book from code, else the books of the data folder, with notes about unused ones.
    fn basis(&mut self, config: &Config) -> Result<(Basis, Vec<String>)> {
        let tokenizers = std::mem::take(&mut self.tokenizers);
        if let Some(prices) = self.prices.take() {
            return Ok((Basis { prices, books: None, tokenizers }, Vec::new()));
        }
        let (books, notes) = prices::open(&config.data_dir)?;
        Ok((Basis { prices: Arc::new(books.clone()), books: Some(books), tokenizers }, notes))
    }

    fn settings(&mut self, config: &Config, basis: &Basis) -> Result<RecorderConfig> {
        let (adapters, prices) = (self.adapters(config)?, Arc::clone(&basis.prices));
        let settings = RecorderConfig {
            clock: self.clock.clone(),
            pricer: Some(Pricer::new(move |span| row_of(&adapters, &*prices, span))),
            resource: Arc::new(config.resource.clone()),
            level: config.level,
            events: config.events.clone(),
            propagate: config.propagate.clone(),
            log_full_prompts: config.log_full_prompts,
            sampler: config.sampler.clone(),
            ring_bytes: config.ring_bytes,
            large_bytes: config.large_bytes,
        };
        let changes = std::mem::take(&mut self.recorder).into_iter();
        Ok(changes.fold(settings, |settings, change| change(settings)))
    }

    /// Adapters from the configuration, then those from code, then the built-in ones.
    fn adapters(&self, config: &Config) -> Result<Adapters> {
        let mapped = Mapped::new(config.map.clone())?;
        let adapters = self.registry.adapters_over(T::adapters()).after(self.adapters.clone());
        Ok(if mapped.is_empty() { adapters } else { adapters.after(vec![Arc::new(mapped)]) })
    }

    fn stages(
        &mut self,
        config: &Config,
        recorder: Recorder,
        budgets: &Budgets,
        redact: Redact,
        prices: Arc<dyn PriceBook>,
        meter: Arc<dyn Meter>,
    ) -> Result<Stages> {
        Ok(Stages::standard(StandardStages {
            adapters: self.adapters(config)?,
            watch: Some(Arc::new(budgets.watch())),
            estimate: None,
            redact: Some(Arc::new(redact)),
            prices,
            budgets: Some(Arc::new(budgets.clone())),
            derive: Some(Arc::new(Derive::new(recorder.metrics()))),
            own: std::mem::take(&mut self.stages),
            drop_unsampled: Some(meter),
        }))
    }

    fn shared(
        &mut self,
        config: &Config,
        recorder: Recorder,
        budgets: Budgets,
        meter: Arc<SelfMetrics>,
        stages: Stages,
    ) -> (Shared, Vec<Arc<SharedStore>>) {
        let delivery = &config.backends.delivery;
        let known = self.registry.backends_over(&T::backends());
        let mut named = config.backends.clone();
        if self.stores.is_empty() && self.exporters.is_empty() {
            named.stand_in(&known);
        }
        let mut backends = Backends::default();
        std::mem::take(&mut self.stores)
            .into_iter()
            .for_each(|store| backends.add(Opened::Store(store), delivery));
        backends.open(&named, &known, T::is_optional);
        std::mem::take(&mut self.exporters)
            .into_iter()
            .for_each(|exporter| backends.add(Opened::Exporter(exporter), delivery));
        let failed = backends.failures();
        let nowhere = backends.nowhere().into_iter().collect();
        let problems = [config.problems.clone(), std::mem::take(&mut backends.notes), nowhere].concat();
        let down = failed.iter().filter_map(|status| status.last_error.as_ref());
        down.chain(&problems).for_each(|problem| loudly(problem));
        let counts = Arc::clone(&meter) as Arc<dyn Meter>;
        let steady = backends
            .store
            .clone()
            .map(|store| Arc::new(Steady::new(store, delivery.clone(), Arc::clone(&counts))));
        let store: Arc<dyn Store> = match &steady {
            Some(steady) => Arc::clone(steady) as _,
            None => Arc::new(Unstored),
        };
        let pipeline = Pipeline::start(PipelineParts {
            exporters: backends.exporters,
            stages,
            meter: counts,
            ledger_spans: LEDGER_SPANS,
            ..PipelineParts::new(store)
        });
        let shared = Shared {
            recorder,
            pipeline,
            steady,
            store: backends.store,
            failed,
            problems: Mutex::new(problems),
            budgets,
            meter,
            dropped: Mutex::default(),
            held_spans: AtomicU64::new(0),
            running: AtomicBool::new(true),
            exit_code: AtomicI32::new(0),
        };
        (shared, backends.shared)
    }
}

/// Starts the runs of retention, if the rules remove anything.
fn keep_retention(config: &Config, shared: &Shared, runtime: &Runtime) {
    let Some(store) = shared.store.clone().filter(|_| config.retention.removes()) else { return };
    let (rules, metrics) = (Arc::new(config.retention.clone()), Arc::clone(&shared.meter));
    let (name, clock) = ("library".to_owned(), Arc::new(SystemClock));
    runtime.spawn(watch_retention(name, store, rules, metrics, clock, Duration::ZERO));
}

fn runtime() -> Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let built = builder.enable_all().thread_name("quipu-wait").build();
    built.map_err(|cause| Error::new(ErrorKind::Io, "init", "cannot make a runtime").caused_by(cause))
}

fn agent(config: &Config, shared: &Arc<Shared>, drain: Drain, commands: UnboundedReceiver<Command>) -> Agent {
    Agent {
        shared: Arc::clone(shared),
        drain: Some(drain),
        tail: config.tail.map(|tail| {
            let recorder = shared.recorder;
            let tail = Tail::new(tail_settings(tail), Arc::clone(&shared.meter) as _);
            tail.keeping(move || recorder.keeps_all())
        }),
        commands,
        delay: config.delay,
        metrics_interval: config.metrics_interval,
        shown: HashSet::new(),
    }
}

fn tail_settings(tail: TailConfig) -> TailSampling {
    TailSampling {
        slow: i64::try_from(tail.slow.as_nanos()).unwrap_or(i64::MAX),
        ratio: tail.ratio,
        spans: tail.spans,
        hold: tail.hold,
        remembered: REMEMBERED_TRACES,
    }
}

/// Tells of a problem at the start where a developer looks: `init` itself succeeds without a backend.
#[allow(clippy::print_stderr, reason = "a program without a tracing subscriber would see nothing")]
fn loudly(problem: &str) {
    tracing::warn!(problem, "quipu starts with a problem");
    eprintln!("quipu: {problem}");
}

/// Starts the thread. With budgets it waits until their past spending is known.
fn run(agent: Agent, runtime: Runtime, wait: bool) -> Result<()> {
    let (ready, begun) = sync_channel(1);
    let thread = std::thread::Builder::new().name("quipu".into());
    thread
        .spawn(move || agent.run(runtime, ready))
        .map_err(|cause| Error::new(ErrorKind::Io, "init", "cannot start a thread").caused_by(cause))?;
    if wait {
        let _ = begun.recv_timeout(BEGIN);
    }
    Ok(())
}
