//! Fuzz targets: each parser of untrusted bytes, as a function of any bytes.
//!
//! Verb: JUDGE by anything.
//! Takes: bytes.
//! Gives: nothing; the search looks for a panic, and a broken law panics.
//! Never: is part of the product; `cargo xtask fuzz` and the tests are its only callers.
//!
//! The first byte of an input often chooses among the readers of a target, so that one corpus serves all of
//! them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a law that does not hold is a panic"
)]

mod adapters;
mod audit;
mod config;
mod import;
mod language;
mod model_wire;
mod otlp;
mod redact;
mod seeds;
mod spool;
mod store;
mod wires;

pub use seeds::seeds;

/// One fuzz target.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, which is that of the fuzz target.
    pub name: &'static str,
    /// Feeds it.
    pub feed: fn(&[u8]),
    /// Whether one input takes milliseconds rather than microseconds: it opens files.
    pub slow: bool,
}

const fn quick(name: &'static str, feed: fn(&[u8])) -> Target {
    Target { name, feed, slow: false }
}

const fn slow(name: &'static str, feed: fn(&[u8])) -> Target {
    Target { name, feed, slow: true }
}

/// All of them.
pub const TARGETS: &[Target] = &[
    quick("adapters", adapters::feed),
    quick("config", config::feed),
    quick("jaeger", wires::jaeger),
    quick("jsonl", wires::jsonl),
    quick("language", language::feed),
    quick("model_wire", model_wire::feed),
    quick("otlp_json", otlp::json),
    quick("otlp_protobuf", otlp::protobuf),
    quick("prices", config::prices),
    quick("redact", redact::feed),
    slow("audit", audit::feed),
    slow("import", import::feed),
    slow("spool", spool::feed),
    slow("store", store::feed),
];

/// The target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// The first byte, and the rest.
fn choice(bytes: &[u8]) -> Option<(usize, &[u8])> {
    bytes.split_first().map(|(first, rest)| (usize::from(*first), rest))
}
