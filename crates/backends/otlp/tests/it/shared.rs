//! Helpers shared by the tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use quipu_backend_otlp::{Config, Otlp};
use quipu_conformance::sample::{at, counter, draft, event, priced};
use quipu_core::{Backend as _, Batch, Clock as _, Level, Limits, Result, SystemClock};
use quipu_otlp::{Encoding, Signal, decode};

use crate::server::Seen;

/// An environment without variables.
pub fn nothing(_: &str) -> Option<String> {
    None
}

/// An environment with these variables.
pub fn variables<const N: usize>(said: [(&str, &str); N]) -> impl Fn(&str) -> Option<String> + use<N> {
    let said: BTreeMap<String, String> = said.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    move |name| said.get(name).cloned()
}

/// Config from its TOML text.
pub fn config(text: &str) -> Config {
    toml::from_str(text).unwrap()
}

/// A backend from its TOML text.
pub fn open(text: &str) -> Otlp {
    Otlp::open(config(text), &nothing).unwrap()
}

/// Two spans with a ledger row, an event and a metric.
pub fn batch() -> Batch {
    let spans = vec![draft(1, 1).named("root").span(), draft(1, 2).below(1).llm("gpt-5", 10, 5).span()];
    let costs = vec![priced(&spans[1], "0.5")];
    Batch {
        events: vec![event(at(1), Level::Info, "said", "hello")],
        metrics: vec![counter("calls", "a", &[(at(1), 2.0)])],
        spans,
        costs,
    }
}

/// A batch with this number of spans.
pub fn spans(count: u64) -> Batch {
    Batch { spans: (1..=count).map(|number| draft(1, number).span()).collect(), ..Batch::default() }
}

pub async fn write(backend: &Otlp, batch: Batch) -> Result<()> {
    backend.write(Arc::new(batch)).await
}

/// The records of a request, decoded like in Quipu's own receiver.
pub fn records(seen: &Seen) -> Batch {
    let (signal, encoding) = kind(seen);
    decode(signal, &seen.body, encoding, &Limits::of_any_age(), SystemClock.now()).unwrap().batch
}

fn kind(seen: &Seen) -> (Signal, Encoding) {
    let signal = [Signal::Traces, Signal::Metrics, Signal::Logs];
    let signal = signal.into_iter().find(|signal| seen.path.ends_with(signal.as_str())).unwrap();
    let json = seen.headers.get("content-type").is_some_and(|kind| kind == "application/json");
    (signal, if json { Encoding::Json } else { Encoding::Protobuf })
}
