//! Recordings as sent, and as read by adapters.

use quipu_conformance::Recording;
use quipu_core::{Adapter, Adapters, Batch, Span};
use quipu_otlp::Signal;

use crate::body::bodies;

/// Sent records of one signal, not yet read by any adapter.
pub fn sent(name: &str, signal: Signal) -> Batch {
    let mut batch = Batch::default();
    bodies(name).iter().filter(|body| body.signal == signal).for_each(|body| batch.append(body.decode()));
    batch
}

/// The spans of a recording, not yet read by any adapter.
pub fn load(name: &str) -> Recording {
    Recording { name: name.to_owned(), spans: sent(name, Signal::Traces).spans }
}

/// The spans as the adapters read them.
pub fn read(adapters: &Adapters, name: &str) -> Vec<Span> {
    let mut spans = load(name).spans;
    spans.iter_mut().for_each(|span| adapters.read(span));
    spans
}

/// The spans that one adapter claims, as it reads them.
pub fn claimed(adapter: &dyn Adapter, name: &str) -> Vec<Span> {
    let mut spans = load(name).spans;
    spans.retain(|span| adapter.claims(span));
    spans.iter_mut().for_each(|span| *span.canonical = adapter.canonical(span));
    spans
}
