//! A store in memory: plain data, every answer computed when asked. Other stores are held against its answers.
//!
//! Verb: KEEP.
//! Takes: batches.
//! Gives: answers to every question that a store can be asked, until the process ends.
//! Never: writes a file, or keeps an index that could disagree with the records.

mod answers;
mod apply;
mod events;
mod held;
mod matching;
mod memory;
mod metrics;
mod owned;
mod retain;
mod summary;
mod terms;
mod text;
mod traces;
mod usage;
mod work;

pub use memory::Memory;
