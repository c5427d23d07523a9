//! Reads spans of VoltAgent.
//!
//! Verb: NORMALISE.
//! Takes: spans of the scope `@voltagent/core`.
//! Gives: their canonical values and messages; the usage of a turn on the agent's span.
//! Never: does I/O, keeps state, or changes what was sent.

mod adapter;

pub use adapter::Voltagent;
