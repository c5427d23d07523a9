//! Adds what Microsoft's agent framework tells to what its convention's adapter read: workflows, executors, edges and hand-offs.
//!
//! Verb: NORMALISE.
//! Takes: a span of Microsoft's agent framework and what was read from it.
//! Gives: the same, and what only the framework's own attributes tell.
//! Never: claims a span, or touches its tokens and money.

mod adapter;

pub use adapter::MsAgentFramework;
