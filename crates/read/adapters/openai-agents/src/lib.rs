//! Enriches spans of the OpenAI Agents SDK that other adapters have read, from any instrumentation.
//!
//! Verb: ENRICH.
//! Takes: spans of the SDK, read by their convention's adapter.
//! Gives: workflows, hand-offs between agents, and the names of those agents.
//! Never: claims a span, or changes tokens and money.

mod adapter;

pub use adapter::OpenaiAgents;
