//! A store in memory: plain data, every answer computed on request. Tests compare other stores with its
//! answers.
//!
//! Verb: KEEP.
//! Takes: batches.
//! Gives: answers to every query of a store, until the process ends.
//! Never: writes a file, or keeps an index that could disagree with the records.

mod answers;
mod apply;
mod copies;
mod held;
mod memory;
mod owned;
mod retain;

pub use memory::Memory;
