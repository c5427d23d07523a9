//! Adds what LangGraph tells to what its convention's adapter read: graphs, nodes, threads and hand-offs.
//!
//! Verb: NORMALISE.
//! Takes: a span of LangGraph and what was read from it.
//! Gives: the same, and what only the framework's own attributes tell.
//! Never: claims a span, or touches its tokens and money.

mod adapter;
mod metadata;
mod openlit;

pub use adapter::Langgraph;
