//! The Elasticsearch backend: sends the `_bulk` requests of a batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use quipu_core::{Backend, Batch, ErrorKind, Finding, Health, Result, Retry};
use tokio::sync::OnceCell;

use crate::answer::verdicts;
use crate::bulk::{Bulk, Bulks, records};
use crate::fault::{NAME, closed};
use crate::outcome::Outcome;
use crate::server::{Server, refusal};
use crate::{Config, probe, setup};

/// HTTP status of a body that is too large.
const TOO_LARGE: u16 = 413;

/// Writes records to data streams of Elasticsearch or OpenSearch. A write succeeds once the cluster has
/// acknowledged every record. A repeated write of the same records changes nothing.
pub struct Elasticsearch {
    config: Config,
    server: Server,
    /// Set once templates and policies exist.
    ready: OnceCell<()>,
    closed: AtomicBool,
}

impl Elasticsearch {
    /// Checks the config; does not connect yet.
    ///
    /// # Errors
    /// A config value is invalid.
    pub fn open(config: Config) -> Result<Self> {
        config.check()?;
        let server = Server::new(&config)?;
        Ok(Self { config, server, ready: OnceCell::new(), closed: AtomicBool::new(false) })
    }

    async fn prepare(&self) -> Result<()> {
        let install = || async { setup::install(&self.server, &self.config).await.map(drop) };
        self.ready.get_or_try_init(install).await.map(drop)
    }

    /// Sends one body, and splits it if it is too large. `false` means that no further request is to be sent
    /// now.
    async fn send(&self, bulk: Bulk, outcome: &mut Outcome) -> bool {
        let mut parts = vec![bulk];
        while let Some(part) = parts.pop() {
            let error = match self.server.bulk(part.body.clone()).await {
                Ok(answer) if answer.is_success() => match verdicts(&answer.body, part.records.len()) {
                    Ok(verdicts) => {
                        outcome.add(&part.records, verdicts);
                        continue;
                    }
                    Err(error) => error,
                },
                Ok(answer) if answer.status == TOO_LARGE => match part.split() {
                    Ok((first, second)) => {
                        parts.extend([second, first]);
                        continue;
                    }
                    Err(whole) => {
                        outcome.refuse(&whole.records, refusal(&answer));
                        continue;
                    }
                },
                Ok(answer) => refusal(&answer),
                Err(error) => error,
            };
            if error.retry() == Retry::No && error.kind() == ErrorKind::Invalid {
                outcome.refuse(&part.records, error);
                continue;
            }
            let left = parts.into_iter().rev().flat_map(|part| part.records);
            outcome.stop(part.records.into_iter().chain(left), error);
            return false;
        }
        true
    }
}

#[async_trait]
impl Backend for Elasticsearch {
    fn name(&self) -> &str {
        NAME
    }

    fn is_remote(&self) -> bool {
        true
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(closed("write records"));
        }
        if batch.is_empty() {
            return Ok(());
        }
        self.prepare().await?;
        let (mut outcome, mut sent) = (Outcome::default(), 0);
        for bulk in Bulks::new(&batch, &self.config, records(&batch)) {
            sent += bulk.records.len();
            if !self.send(bulk, &mut outcome).await {
                outcome.postpone(records(&batch).skip(sent));
                break;
            }
        }
        outcome.judged(&batch)
    }

    fn health(&self) -> Health {
        match self.closed.load(Ordering::Relaxed) {
            true => Health::Down("closed".to_owned()),
            false => Health::Ready,
        }
    }

    async fn probe(&self) -> Vec<Finding> {
        probe::findings(&self.server, &self.config).await
    }

    async fn close(&self) -> Result<()> {
        self.closed.store(true, Ordering::Relaxed);
        Ok(())
    }
}
