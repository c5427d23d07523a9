//! Records as JSON Lines, and back.
//!
//! Verb: SPELL.
//! Takes: records, and lines.
//! Gives: one line of JSON for each record, in the words of the HTTP API, and the same record from it.
//! Never: loses a value of a record, or puts a control character into a line.

mod canonical;
mod cost;
mod event;
mod fields;
mod json;
mod metric;
mod object;
mod record;
mod span;
mod usage;
mod value;
mod words;

pub use object::{Object, list, print, quoted};
pub use record::{Record, batch, cost, event, metric, read, span};
