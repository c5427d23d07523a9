//! Enriches Microsoft's agent framework spans after their convention's adapter: workflows, executors, edges
//! and hand-offs.
//!
//! Verb: NORMALISE.
//! Takes: a span of Microsoft's agent framework and its canonical values.
//! Gives: the same values, plus those of the framework's own attributes.
//! Never: claims a span, or touches its tokens and money.

mod adapter;

pub use adapter::MsAgentFramework;
