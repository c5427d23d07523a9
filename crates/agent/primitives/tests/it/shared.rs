//! Shared fixtures of the tests.

use std::future::Future;
use std::time::Duration;

use quipu_core::{Span, Status};
use quipu_sdk::{FutureExt, Recorder, RecorderConfig};

/// The records of some work.
pub struct Seen {
    recorder: Recorder,
    pub spans: Vec<Span>,
}

/// Runs work on a runtime with paused time; returns its output and its records.
pub fn watch<F: Future>(work: F) -> (F::Output, Seen) {
    let (recorder, mut drain) = Recorder::new(RecorderConfig::default());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let output = runtime.block_on(work.in_context(recorder.context()));
    drop(runtime);
    let spans = drain.collect(Duration::ZERO).spans;
    (output, Seen { recorder, spans })
}

impl Seen {
    pub fn span(&self, name: &str) -> &Span {
        self.spans
            .iter()
            .find(|span| span.name == name)
            .unwrap_or_else(|| panic!("no {name} in {:?}", self.names()))
    }

    /// Names of the spans, ordered by their ends.
    pub fn names(&self) -> Vec<&str> {
        self.spans.iter().map(|span| span.name.as_str()).collect()
    }

    /// Names of a span's direct children.
    pub fn below(&self, name: &str) -> Vec<&str> {
        let parent = self.span(name).span_id;
        self.spans
            .iter()
            .filter(|span| span.parent_id == Some(parent))
            .map(|span| span.name.as_str())
            .collect()
    }

    pub fn text(&self, span: &str, key: &str) -> Option<&str> {
        self.span(span).attributes.text(key)
    }

    pub fn failed(&self, span: &str) -> bool {
        self.span(span).status == Status::Error
    }

    pub fn cancelled(&self) -> Vec<&str> {
        let gone = |span: &&Span| span.attributes.text("error.type") == Some("cancelled");
        self.spans.iter().filter(gone).map(|span| span.name.as_str()).collect()
    }

    pub fn total(&self, counter: &str) -> u64 {
        self.recorder.metrics().total(counter).unwrap_or(0.0) as u64
    }

    pub fn count(&self, counter: &str, labels: &[(&str, &str)]) -> u64 {
        self.recorder.metrics().value(counter, labels).unwrap_or(0.0) as u64
    }
}

/// An error that only this module creates, so an equal error is an unchanged one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("failure {0}")]
    Number(u64),
    #[error(transparent)]
    TimedOut(#[from] quipu_primitives::TimedOut),
}

pub async fn after(millis: u64, value: u64) -> u64 {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    value
}

pub async fn good(millis: u64, value: u64) -> Result<u64, Failure> {
    Ok(after(millis, value).await)
}

pub async fn bad(millis: u64, number: u64) -> Result<u64, Failure> {
    Err(Failure::Number(after(millis, number).await))
}
