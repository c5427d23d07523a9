//! Reads what Quipu's own library records, in the process or exported from it.
//!
//! Verb: NORMALISE.
//! Takes: spans and events of the scope `quipu`.
//! Gives: what they mean and what was said in them.
//! Never: does I/O, keeps state, or changes what was sent.

mod adapter;

pub use adapter::Quipu;
