//! Recordings of real sources for tests: the requests, the adapters' results, and the expected results.
//!
//! Verb: JUDGE by recordings.
//! Takes: the name of a recording, such as `langgraph--openinference`.
//! Gives: its requests, spans and truth, and assertions that more than one crate's tests make.
//! Never: is part of the product; it is a dev-dependency only. Every error is a panic.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod alone;
mod body;
mod facts;
mod folder;
mod framework;
mod read;

pub use alone::{Sums, agents, alone, assert_made_again, assert_one_meeting, sums, tools};
pub use body::{Body, NOW, bodies, bodies_in};
pub use facts::{Facts, assert_counts, assert_tokens, facts};
pub use folder::{folder, names, root, truth, want};
pub use framework::{assert_laws, assert_owners, enriched, of_kind, steps, steps_of, workflows};
pub use quipu_otlp::{Encoding, Signal};
pub use read::{claimed, load, read, sent};
