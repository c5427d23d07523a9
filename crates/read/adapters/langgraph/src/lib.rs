//! Enriches LangGraph spans after their convention's adapter: graphs, nodes, threads and hand-offs.
//!
//! Verb: NORMALISE.
//! Takes: a span of LangGraph and its canonical values.
//! Gives: the same values, plus those of the framework's own attributes.
//! Never: claims a span, or touches its tokens and money.

mod adapter;
mod metadata;
mod openlit;

pub use adapter::Langgraph;
