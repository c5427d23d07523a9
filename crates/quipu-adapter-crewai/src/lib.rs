//! Adds what CrewAI tells to what its convention's adapter read: crews, flows, tasks, guardrails and delegation.
//!
//! Verb: NORMALISE.
//! Takes: a span of CrewAI and what was read from it.
//! Gives: the same, and what only the framework's own attributes tell.
//! Never: claims a span, or changes a figure; what is a sum over other spans it only marks as such.

mod adapter;

pub use adapter::Crewai;
