//! Tests of `#[observe]`, from functions to records.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod asynchronous;
mod captured;
mod effects;
mod outputs;
mod shapes;
mod ui;

use std::time::Duration;

use quipu_core::{Batch, Span, Value};
use quipu_sdk::{Recorder, RecorderConfig};

/// The records of `work`.
fn recorded(work: impl FnOnce()) -> (Recorder, Batch) {
    let (recorder, mut drain) = Recorder::new(RecorderConfig::default());
    recorder.context().scope(work);
    (recorder, drain.collect(Duration::from_millis(20)))
}

/// The span of the function with this name.
fn span<'a>(batch: &'a Batch, function: &str) -> &'a Span {
    let is = |span: &&Span| {
        span.attributes
            .text("code.function.name")
            .is_some_and(|path| path.ends_with(&format!("::{function}")))
    };
    let mut found = batch.spans.iter().filter(is);
    let span = found.next().unwrap_or_else(|| panic!("no span of {function}: {:?}", batch.spans));
    assert!(found.next().is_none(), "{function} is there twice");
    span
}

fn value(span: &Span, key: &str) -> Value {
    span.attributes.get(key).cloned().unwrap_or_default()
}

fn run<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}
