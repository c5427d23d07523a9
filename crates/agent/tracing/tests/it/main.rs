//! Tests of the bridge to `tracing` and `log`, from their macros to Quipu's records.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod events;
mod log;
mod mirror;
mod odd;
mod order;
mod rig;
mod spans;

use std::time::Duration;

use quipu_core::{Batch, Event, Span, Value};
use quipu_sdk::{Recorder, RecorderConfig};
use quipu_tracing::{QuipuLayer, layer};
use tracing_subscriber::layer::SubscriberExt;

/// The records of `work`.
fn recorded(work: impl FnOnce()) -> Batch {
    recorded_by(layer(), RecorderConfig::default(), work)
}

fn recorded_by(layer: QuipuLayer, settings: RecorderConfig, work: impl FnOnce()) -> Batch {
    let (recorder, mut drain) = Recorder::new(settings);
    let subscriber = tracing_subscriber::registry().with(layer.with_recorder(recorder));
    tracing::subscriber::with_default(subscriber, || recorder.context().scope(work));
    drain.collect(Duration::from_millis(20))
}

fn full() -> RecorderConfig {
    RecorderConfig { log_full_prompts: true, ..RecorderConfig::default() }
}

fn span<'a>(batch: &'a Batch, name: &str) -> &'a Span {
    let mut found = batch.spans.iter().filter(|span| span.name == name);
    let span = found.next().unwrap_or_else(|| panic!("no span {name}: {:?}", names(batch)));
    assert!(found.next().is_none(), "{name} is there twice");
    span
}

fn event<'a>(batch: &'a Batch, body: &str) -> &'a Event {
    let mut found = batch.events.iter().filter(|event| event.body.as_str() == Some(body));
    let event = found.next().unwrap_or_else(|| panic!("no event {body}: {:?}", batch.events));
    assert!(found.next().is_none(), "{body} is there twice");
    event
}

fn names(batch: &Batch) -> Vec<&str> {
    batch.spans.iter().map(|span| span.name.as_str()).collect()
}

fn value(span: &Span, key: &str) -> Value {
    span.attributes.get(key).cloned().unwrap_or_default()
}
