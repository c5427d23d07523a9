//! Configuration of a library that does not run.

use std::path::PathBuf;
use std::time::Duration;

use quipu_sdk::{Level, ManualClock, RecorderConfig};

use super::{Budget, Notice, Quipu};
use crate::Error;

/// Preset: the defaults of all other options.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Preset {
    /// The standard.
    #[default]
    Standard,
    /// For development.
    Development,
    /// For production.
    Production,
}

/// Configuration in code. This build records nothing, so no option has an effect.
#[derive(Debug, Clone, Copy)]
#[must_use = "nothing runs before `init` is called"]
pub struct Builder(pub(super) ());

macro_rules! options {
    ($($(#[doc = $doc:literal])* $name:ident($($kind:ty),*);)*) => {
        impl Builder {
            $(
                $(#[doc = $doc])*
                pub fn $name(self, $(_: $kind),*) -> Self {
                    self
                }
            )*
        }
    };
}

options! {
    /// Sets the preset.
    preset(Preset);
    /// Selects [`Preset::Development`].
    development();
    /// Selects [`Preset::Production`].
    production();
    /// Switches recording on or off.
    enabled(bool);
    /// Sets the name of the service.
    service(impl Into<String>);
    /// Adds a resource attribute.
    resource(impl Into<String>, impl Into<String>);
    /// Reads this file instead of `quipu.toml` in the current folder.
    config_file(impl Into<PathBuf>);
    /// Reads no file.
    without_file();
    /// Reads no environment variables.
    without_env();
    /// Uses these variables instead of the environment.
    variables(impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>);
    /// Sets the minimum level of recorded events.
    level(Level);
    /// Sets whether prompts and answers are recorded.
    log_full_prompts(bool);
    /// Sets whether a panic becomes an event.
    panic_events(bool);
    /// Sets whether metrics of CPU, memory and disks are recorded.
    system_metrics(bool);
    /// Sets whether all records carry commit, branch and repository.
    vcs(bool);
    /// Sets the data folder.
    data_dir(impl Into<PathBuf>);
    /// Adds a backend by its URI.
    backend(impl Into<String>);
    /// Opens only the backends that code names.
    only_backends();
    /// Opens no backend by URI.
    without_backends();
    /// Adds a budget.
    budget(impl Into<String>, Budget);
    /// Sets custom budget accounts.
    accounts(impl Sized);
    /// Sets the file in which processes share budget accounts.
    budgets_path(impl Into<PathBuf>);
    /// Adds a listener for budget notices.
    on_budget_notice(impl Fn(&Notice) + Send + Sync + 'static);
    /// Samples this share of traces.
    sample_ratio(f64);
    /// Keeps failed and slow traces, and a share of the others.
    keep_errors_and_slow(Duration, f64);
    /// Sets the time for which records wait for a larger batch.
    delay(Duration);
    /// Sets the interval of metric collections.
    metrics_interval(Duration);
    /// Sets the time limit for the drop of the handle.
    shutdown_timeout(Duration);
    /// Ends the process in order at signals.
    end_on_signals(bool);
    /// Changes further settings of the recorder.
    recorder(impl FnOnce(RecorderConfig) -> RecorderConfig + Send + 'static);
    /// Takes the time from this clock.
    clock(ManualClock);
    /// Does not install the recorder for the process.
    detached();
    /// Sets the retention of the store.
    retention(impl Sized);
    /// Adds a custom exporter.
    exporter(impl Sized);
    /// Adds a custom store.
    store(impl Sized);
    /// Adds a custom adapter.
    adapter(impl Sized);
    /// Adds plug-ins of other crates.
    register(impl Sized);
    /// Adds a stage after count and price.
    stage(impl Sized);
    /// Prices calls by this book.
    prices(impl Sized);
    /// Adds a tokenizer.
    tokenizer(impl Sized);
    /// Sets the redaction config.
    redact(impl Sized);
    /// Sets the delivery config.
    delivery(impl Sized);
}

impl Builder {
    /// Starts nothing.
    ///
    /// # Errors
    /// Never.
    pub const fn init(self) -> Result<Quipu, Error> {
        Ok(Quipu(()))
    }
}
