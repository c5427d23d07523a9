//! Adds what Semantic Kernel tells to what its convention's adapter read: functions without their plugins, loops and hand-offs.
//!
//! Verb: NORMALISE.
//! Takes: a span of Semantic Kernel and what was read from it.
//! Gives: the same, and what only the framework's own attributes tell.
//! Never: claims a span, or touches its tokens and money.

mod adapter;

pub use adapter::SemanticKernel;
