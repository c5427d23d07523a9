//! Enriches Google ADK spans after their convention's adapter: agents, workflows, nodes and transfers.
//!
//! Verb: NORMALISE.
//! Takes: a span of Google ADK and its canonical values.
//! Gives: the same values, plus those of the framework's own attributes.
//! Never: claims a span, or touches its tokens and money.

mod adapter;

pub use adapter::GoogleAdk;
