//! Enriches Semantic Kernel spans after their convention's adapter: functions without their plugins, loops
//! and hand-offs.
//!
//! Verb: NORMALISE.
//! Takes: a span of Semantic Kernel and its canonical values.
//! Gives: the same values, plus those of the framework's own attributes.
//! Never: claims a span, or touches its tokens and money.

mod adapter;

pub use adapter::SemanticKernel;
