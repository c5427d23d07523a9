//! Adds to what other adapters read of the OpenAI Agents SDK, whichever instrumentation sent it.
//!
//! Verb: ENRICH.
//! Takes: spans of the SDK, read by their convention's adapter.
//! Gives: workflows, hand-offs between agents, and the names of those agents.
//! Never: claims a span, or touches tokens and money.

mod adapter;

pub use adapter::OpenaiAgents;
