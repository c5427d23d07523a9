//! Reads records of Quipu's own library, in the process or exported from it.
//!
//! Verb: NORMALISE.
//! Takes: spans and events of the scope `quipu`.
//! Gives: their canonical values and messages.
//! Never: does I/O, keeps state, or changes what was sent.

mod adapter;

pub use adapter::Quipu;
