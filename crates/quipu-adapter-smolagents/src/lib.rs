//! Adds what smolagents tells to what its convention's adapter read: steps of agents.
//!
//! Verb: NORMALISE.
//! Takes: a span of smolagents and what was read from it.
//! Gives: the same, and what only the framework's own attributes tell.
//! Never: claims a span, or touches its tokens and money.

mod adapter;

pub use adapter::Smolagents;
