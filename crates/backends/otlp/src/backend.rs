//! The OTLP backend: maps a batch and sends each signal.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use quipu_core::locks::Mutex;
use quipu_core::{Backend, Batch, Error, ErrorKind, Finding, Health, Leftover, Result, Retry, SignalSet};
use quipu_otlp::outgoing::map;
use quipu_otlp::{Signal, encode_logs, encode_metrics, encode_traces};
use quipu_send::OtlpSender;

use crate::config::Config;
use crate::deliver::{Outcome, deliver, keep};
use crate::outgoing::{Resources, originals};
use crate::probe;

/// Name of this backend in errors and tables.
pub(crate) const NAME: &str = "otlp";

/// Sends records to a program that speaks OTLP. A write succeeds once that program has acknowledged the
/// records.
pub struct Otlp {
    sender: OtlpSender,
    config: Config,
    state: Mutex<SenderState>,
}

#[derive(Default)]
struct SenderState {
    closed: bool,
    /// Error of the last write.
    trouble: Option<String>,
}

impl Otlp {
    /// Creates the backend; does not connect yet. `environment` returns a variable of the environment.
    ///
    /// # Errors
    /// A config value is invalid, or a required variable of the preset is missing: the error names it.
    pub fn open(config: Config, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let config = config.settle(environment)?;
        let sender = config.sender().map_err(|error| error.of_backend(NAME))?;
        Ok(Self { sender, config, state: Mutex::default() })
    }

    fn takes(&self, signal: Signal) -> bool {
        self.sender.encoding(signal).is_some()
    }

    /// Sends each signal, and sorts unaccepted records by whether a retry can help.
    async fn send(&self, batch: &Batch) -> Result<()> {
        let mut resources = Resources::new(&self.config.resource);
        let mut rest = Rest::default();
        if self.takes(Signal::Traces) && !batch.spans.is_empty() {
            let spans = resources.add(map(batch, self.config.mapping.unwrap_or_default()));
            let outcome = deliver(&self.sender, Signal::Traces, &spans, encode_traces).await;
            rest.take(outcome, |leftover, spans| leftover.append(originals(batch, spans)));
        }
        if self.takes(Signal::Logs) && !batch.events.is_empty() {
            let events = resources.add(Cow::Borrowed(batch.events.as_slice()));
            if rest.is_interrupted() {
                rest.leftover.again.events.clone_from(&batch.events);
            } else {
                let outcome = deliver(&self.sender, Signal::Logs, &events, encode_logs).await;
                rest.take(outcome, |leftover, events| leftover.events.extend_from_slice(events));
            }
        }
        if self.takes(Signal::Metrics) && !batch.metrics.is_empty() {
            let metrics = resources.add(Cow::Borrowed(batch.metrics.as_slice()));
            if rest.is_interrupted() {
                rest.leftover.again.metrics.clone_from(&batch.metrics);
            } else {
                let outcome = deliver(&self.sender, Signal::Metrics, &metrics, encode_metrics).await;
                rest.take(outcome, |leftover, metrics| leftover.metrics.extend_from_slice(metrics));
            }
        }
        rest.verdict()
    }
}

/// The unaccepted rest of a batch.
#[derive(Default)]
struct Rest {
    leftover: Leftover,
    error: Option<Error>,
}

impl Rest {
    fn take<T>(&mut self, outcome: Outcome<'_, T>, add: impl Fn(&mut Batch, &[T])) {
        outcome.again.into_iter().for_each(|part| add(&mut self.leftover.again, part));
        outcome.refused.into_iter().for_each(|part| add(&mut self.leftover.refused, part));
        self.leftover.unnamed += outcome.unnamed;
        keep(&mut self.error, outcome.error);
    }

    /// Whether a temporary error occurred; the other signals would fail too.
    fn is_interrupted(&self) -> bool {
        !self.leftover.again.is_empty()
    }

    fn verdict(self) -> Result<()> {
        match self.error {
            None => Ok(()),
            Some(error) => Err(error.of_backend(NAME).leaving(self.leftover)),
        }
    }
}

#[async_trait]
impl Backend for Otlp {
    fn name(&self) -> &str {
        NAME
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn signals(&self) -> SignalSet {
        let taken = [
            (Signal::Traces, SignalSet::SPANS),
            (Signal::Logs, SignalSet::EVENTS),
            (Signal::Metrics, SignalSet::METRICS),
        ];
        let taken = taken.into_iter().filter(|(signal, _)| self.takes(*signal));
        taken.fold(SignalSet::NONE, |all, (_, signal)| all.and(signal))
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        if self.state.lock().closed {
            let error = Error::new(ErrorKind::Unavailable, "deliver", "it is closed").of_backend(NAME);
            return Err(error.with_retry(Retry::No));
        }
        let done = self.send(&batch).await;
        self.state.lock().trouble = done.as_ref().err().map(ToString::to_string);
        done
    }

    fn health(&self) -> Health {
        let state = self.state.lock();
        match (&state.trouble, state.closed) {
            (_, true) => Health::Down("it is closed".to_owned()),
            (Some(trouble), false) => Health::Degraded(trouble.clone()),
            (None, false) => Health::Ready,
        }
    }

    /// Sends a span and a log record called `quipu check`, and no metric, each to its endpoint.
    async fn probe(&self) -> Vec<Finding> {
        probe::look(&self.sender, &self.config).await
    }

    async fn close(&self) -> Result<()> {
        self.state.lock().closed = true;
        Ok(())
    }
}
