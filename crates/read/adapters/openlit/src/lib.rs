//! Reads spans of `OpenLIT`'s instrumentations.
//!
//! Verb: NORMALISE.
//! Takes: spans of scopes that begin with `openlit.`, or that name it as their SDK.
//! Gives: their canonical values, messages and lens; estimates are marked.
//! Never: does I/O, keeps state, or changes what was sent.

mod adapter;
mod estimate;

pub use adapter::Openlit;
