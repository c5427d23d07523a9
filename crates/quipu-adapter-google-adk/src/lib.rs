//! Adds what Google ADK tells to what its convention's adapter read: agents, workflows, nodes and transfers.
//!
//! Verb: NORMALISE.
//! Takes: a span of Google ADK and what was read from it.
//! Gives: the same, and what only the framework's own attributes tell.
//! Never: claims a span, or touches its tokens and money.

mod adapter;

pub use adapter::GoogleAdk;
