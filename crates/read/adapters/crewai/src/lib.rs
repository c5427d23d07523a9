//! Enriches CrewAI spans after their convention's adapter: crews, flows, tasks, guardrails and delegation.
//!
//! Verb: NORMALISE.
//! Takes: a span of CrewAI and its canonical values.
//! Gives: the same values, plus those of the framework's own attributes.
//! Never: claims a span, or changes a figure; it only marks sums over other spans as sums.

mod adapter;

pub use adapter::Crewai;
