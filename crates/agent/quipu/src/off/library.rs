//! Handle of a library that does not run.

use std::fmt;
use std::time::Duration;

use quipu_sdk::{Context, Recorder};

use super::{BudgetRef, Budgets, Builder};
use crate::Error;

/// The library. This build records nothing.
#[derive(Debug)]
#[must_use = "with recording, dropping it ends the recording at once: `let _quipu = quipu::init()?;`"]
pub struct Quipu(pub(super) ());

/// Status of the library.
#[derive(Debug, Clone, Default)]
pub struct Status {
    /// Whether records are accepted: never.
    pub running: bool,
    /// Problems: none.
    pub problems: Vec<String>,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("quipu is not in this build: it lacks the feature `enable`\n")
    }
}

impl Quipu {
    /// A configuration in code, which is not read.
    pub const fn builder() -> Builder {
        super::builder()
    }

    /// Whether recording is on: never.
    pub const fn is_enabled(&self) -> bool {
        false
    }

    /// Status of the library.
    pub fn status(&self) -> Status {
        Status::default()
    }

    /// Reads the status, also after the handle is gone.
    pub fn status_reader(&self) -> impl Fn() -> Status + Send + Sync + use<> {
        Status::default
    }

    /// The recorder: none.
    pub const fn recorder(&self) -> Option<Recorder> {
        None
    }

    /// An empty context.
    pub fn context(&self) -> Context {
        Context::default()
    }

    /// The budget with this name, which every call passes.
    pub const fn budget(&self, _name: &str) -> BudgetRef {
        BudgetRef(())
    }

    /// All budgets, which every call passes.
    pub const fn budgets(&self) -> Budgets {
        Budgets(())
    }

    /// Quipu's own metrics: none.
    pub const fn own_metrics(&self) -> String {
        String::new()
    }

    /// Writes nothing.
    ///
    /// # Errors
    /// Never.
    pub const fn flush(&self, _timeout: Duration) -> Result<(), Error> {
        Ok(())
    }

    /// Writes nothing.
    ///
    /// # Errors
    /// Never.
    pub async fn flush_async(&self, _timeout: Duration) -> Result<(), Error> {
        Ok(())
    }

    /// Ends nothing.
    ///
    /// # Errors
    /// Never.
    pub const fn shutdown(&self, _timeout: Duration) -> Result<(), Error> {
        Ok(())
    }

    /// Ends nothing.
    ///
    /// # Errors
    /// Never.
    pub async fn shutdown_async(&self, _timeout: Duration) -> Result<(), Error> {
        Ok(())
    }

    /// Adds no backend, as with recording switched off.
    ///
    /// # Errors
    /// Always: this build has no backends.
    pub fn add_backend(&self, uri: &str) -> Result<(), Error> {
        let context = format!("the backend {uri:?} is not in this build: it lacks the feature `enable`");
        Err(Error::new(quipu_core::ErrorKind::Unsupported, "add backend", context))
    }

    /// Removes no exporter.
    ///
    /// # Errors
    /// Always: this build has no backends.
    pub async fn remove_exporter(&self, name: &str) -> Result<(), Error> {
        let context = format!("the exporter {name:?} is not in this build: it lacks the feature `enable`");
        Err(Error::new(quipu_core::ErrorKind::Unsupported, "remove exporter", context))
    }
}
