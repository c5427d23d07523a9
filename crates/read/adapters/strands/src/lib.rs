//! Enriches Strands Agents spans after their convention's adapter: cycles, swarms, hand-offs, and an agent's
//! lifetime usage.
//!
//! Verb: NORMALISE.
//! Takes: a span of Strands Agents and its canonical values.
//! Gives: the same values, plus those of the framework's own attributes.
//! Never: claims a span, or changes a figure; it only marks sums over other spans as sums.

mod adapter;

pub use adapter::Strands;
