//! Writes a line of comma-separated values for each span.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use quipu_core::{Backend, Batch, Error, ErrorKind, Health, Result, Retry, SignalSet};

/// The table `[backend.csv]`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub path: PathBuf,
}

/// The backend; no file once it is closed.
pub struct Csv(Mutex<Option<File>>);

fn failed(cause: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, "write spans", "csv").of_backend("csv").caused_by(cause)
}

fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "write spans", "closed").of_backend("csv").with_retry(Retry::No)
}

impl Csv {
    pub fn open(config: Config) -> Result<Self> {
        let file = File::options().append(true).create(true).open(config.path).map_err(failed)?;
        Ok(Self(Mutex::new(Some(file))))
    }

    fn file(&self) -> std::sync::MutexGuard<'_, Option<File>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait]
impl Backend for Csv {
    fn name(&self) -> &str {
        "csv"
    }

    fn signals(&self) -> SignalSet {
        SignalSet::SPANS
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        let lines = batch.spans.iter().map(|span| format!("{},{:?}\n", span.trace_id, span.name));
        match &mut *self.file() {
            Some(file) => file.write_all(lines.collect::<String>().as_bytes()).map_err(failed),
            None => Err(closed()),
        }
    }

    fn health(&self) -> Health {
        if self.file().is_some() { Health::Ready } else { Health::Down("closed".to_owned()) }
    }

    async fn close(&self) -> Result<()> {
        *self.file() = None;
        Ok(())
    }
}
