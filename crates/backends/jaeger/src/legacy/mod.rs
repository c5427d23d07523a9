//! Jaeger's own Thrift, for agents and collectors before OTLP: the only module that uses OpenTelemetry 0.23
//! and its exporter.
//!
//! The exporter only converts and encodes; its output is captured and sent by this backend. Its own transport
//! takes its address from the environment despite the config, never retries, trusts other root certificates,
//! and reports no status.

mod agent;
mod caught;
mod collector;
mod convert;
mod fit;
mod groups;
mod value;

use std::sync::Arc;

use quipu_core::{Batch, Error, ErrorKind, Finding, Result};

use crate::fault::NAME;
use crate::state::SenderState;
use crate::{Config, Protocol};
use agent::Agent;
use collector::Collector;

/// An agent or a collector.
pub(crate) enum Legacy {
    Agent(Agent),
    Collector(Collector),
}

impl Legacy {
    pub fn open(config: &Config, state: &Arc<SenderState>) -> Result<Self> {
        match config.protocol() {
            Protocol::Agent => Agent::open(config, state).map(Self::Agent),
            _ => Collector::open(config).map(Self::Collector),
        }
    }

    pub async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        match self {
            Self::Agent(agent) => agent.write(batch).await,
            Self::Collector(collector) => collector.write(batch).await,
        }
    }

    pub async fn probe(&self, check: Batch) -> Vec<Finding> {
        match self {
            Self::Agent(agent) => agent.probe(check).await,
            Self::Collector(collector) => collector.probe(check).await,
        }
    }
}

/// Runs slow work on a blocking thread; it may also look up a host name that the exporter finds in the
/// environment.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => {
            Err(Error::new(ErrorKind::Internal, "write Thrift", "the exporter panicked").of_backend(NAME))
        }
    }
}
