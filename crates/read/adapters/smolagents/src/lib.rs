//! Enriches smolagents spans after their convention's adapter: steps of agents.
//!
//! Verb: NORMALISE.
//! Takes: a span of smolagents and its canonical values.
//! Gives: the same values, plus those of the framework's own attributes.
//! Never: claims a span, or touches its tokens and money.

mod adapter;

pub use adapter::Smolagents;
