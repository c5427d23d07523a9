//! From the entrances to the backends.
//!
//! Verb: MOVE and CHANGE.
//! Takes: batches, from any entrance, through [`quipu_core::Intake`].
//! Gives: the same batches, counted and priced, to the store; then a word to those who watch.
//! Never: acknowledges what the store has not committed, or knows where a batch came from.

mod meter;
mod pipeline;
mod priced;
mod worker;

pub use meter::SelfMetrics;
pub use pipeline::{Parts, Pipeline};
pub use priced::Priced;
