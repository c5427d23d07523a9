//! Drift and completeness of sources: changed fields, missing spans, roots and records, silent sources.
//!
//! Verb: WATCH the sources.
//! Takes: batches that the store committed, after the adapters read them.
//! Gives: changes of a field's share by source and version, and the missing telemetry of each source.
//! Never: keeps contents, ids of users, or attributes; reads the store.
//!
//! `docs/adr/0066-drift.md` states the statistical rule.

mod counts;
mod field;
mod known;
mod rule;
mod seen;
mod sequence;
mod shares;
mod silence;
mod source;
mod traces;
mod watch;

pub use field::{FIELDS, Field, Presence};
pub use known::Completeness;
pub use seen::BatchCounts;
pub use shares::Change;
pub use source::{Mask, Source};
pub use watch::{Report, Saved, Watch};
