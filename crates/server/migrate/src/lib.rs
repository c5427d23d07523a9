//! Copy of a store into another one, in passes, with a comparison of both at the end.
//!
//! Verb: MOVE.
//! Takes: two stores, and a file with the progress.
//! Gives: a target with the records of the source, and every difference by name.
//! Never: counts or prices a span again, or writes to the source.

mod migration;
mod points;
mod progress;
mod same;
mod totals;
mod traces;
mod walk;

pub use migration::{Copied, Migration};
pub use progress::Progress;
