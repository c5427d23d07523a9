//! The guide's examples, compiled as documentation tests.

/// docs/guide/jaeger.md
#[doc = include_str!("../../../../docs/guide/jaeger.md")]
pub struct Guide;
