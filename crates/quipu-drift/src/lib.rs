//! Drift and completeness of sources: which fields stopped coming, which spans, roots and records are missing, who fell silent.
//!
//! Verb: WATCH the sources.
//! Takes: batches that the store committed, after the adapters read them.
//! Gives: changes of a field's share by source and version, and what of a source's telemetry is missing.
//! Never: keeps contents, ids of users, or attributes; reads the store.
//!
//! The statistical rule is laid down in `docs/adr/0066-drift.md`.

mod counts;
mod field;
mod rule;
mod seen;
mod sequence;
mod shares;
mod silence;
mod source;
mod traces;
mod watch;

pub use field::{FIELDS, Field, Presence};
pub use seen::{Mask, Seen};
pub use shares::Change;
pub use source::Source;
pub use watch::{Completeness, Report, Saved, Watch};
