//! Reads spans of `OpenLIT`'s instrumentations.
//!
//! Verb: NORMALISE.
//! Takes: spans of scopes that begin with `openlit.`, or that name it as their SDK.
//! Gives: what they mean, what was said in them, and how they were read; estimates are marked.
//! Never: does I/O, keeps state, or changes what was sent.

mod adapter;
mod estimate;

pub use adapter::Openlit;
