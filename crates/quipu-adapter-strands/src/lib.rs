//! Adds what Strands Agents tells to what its convention's adapter read: cycles, swarms, hand-offs, and that an agent's usage is that of its lifetime.
//!
//! Verb: NORMALISE.
//! Takes: a span of Strands Agents and what was read from it.
//! Gives: the same, and what only the framework's own attributes tell.
//! Never: claims a span, or changes a figure; what is a sum over other spans it only marks as such.

mod adapter;

pub use adapter::Strands;
