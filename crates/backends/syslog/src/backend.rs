//! The syslog backend: writes messages to one connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use quipu_core::{Backend, Batch, Finding, Health, Result, SignalSet};
use tokio::sync::Mutex;

use crate::connection::{Connection, Dial};
use crate::fault::{NAME, closed};
use crate::{Config, message, probe};

/// Size of a buffer of messages in bytes before it is written.
const CHUNK: usize = 1 << 20;

/// Time to detect a receiver that has closed the connection since the last write.
const NOTICES: Duration = Duration::from_millis(1);

/// Sends records as syslog messages. A successful write has reached the kernel for a connected receiver,
/// because syslog has no acknowledgement. A failed write is repeated as a whole, so some messages may arrive
/// twice.
pub struct Syslog {
    config: Config,
    dial: Dial,
    /// Taken out during a write. A cancelled write drops the connection, and with it half a message.
    connection: Mutex<Option<Connection>>,
    closed: AtomicBool,
}

impl Syslog {
    /// Checks the config and reads certificates; does not connect yet.
    ///
    /// # Errors
    /// A config value is invalid.
    pub fn open(config: Config) -> Result<Self> {
        let dial = Dial::new(&config)?;
        Ok(Self { config, dial, connection: Mutex::new(None), closed: AtomicBool::new(false) })
    }

    async fn connect(&self, had: Option<Connection>) -> Result<Connection> {
        if let Some(mut connection) = had
            && !connection.is_over(NOTICES).await
        {
            return Ok(connection);
        }
        self.dial.secure(self.dial.reach().await?).await
    }

    async fn deliver(&self, batch: &Batch) -> Result<()> {
        let mut place = self.connection.lock().await;
        let mut connection = self.connect(place.take()).await?;
        let mut frames = Vec::new();
        for message in message::messages(&self.config, batch) {
            message::frame(&mut frames, &self.config, message);
            if frames.len() >= CHUNK {
                self.dial.write(&mut connection, &frames).await?;
                frames.clear();
            }
        }
        self.dial.write(&mut connection, &frames).await?;
        *place = Some(connection);
        Ok(())
    }
}

#[async_trait]
impl Backend for Syslog {
    fn name(&self) -> &str {
        NAME
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn signals(&self) -> SignalSet {
        SignalSet::SPANS.and(SignalSet::EVENTS)
    }

    /// A ledger row is sent with its span. Rows of earlier spans, and metrics, are left out.
    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(closed("write messages"));
        }
        if batch.spans.is_empty() && batch.events.is_empty() {
            return Ok(());
        }
        self.deliver(&batch).await
    }

    fn health(&self) -> Health {
        match self.closed.load(Ordering::Relaxed) {
            true => Health::Down("closed".to_owned()),
            false => Health::Ready,
        }
    }

    async fn probe(&self) -> Vec<Finding> {
        probe::findings(&self.dial, &self.config).await
    }

    async fn close(&self) -> Result<()> {
        self.closed.store(true, Ordering::Relaxed);
        if let Some(connection) = self.connection.lock().await.take() {
            connection.end().await;
        }
        Ok(())
    }
}
