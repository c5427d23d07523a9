//! The guide's examples, compiled as documentation tests.

/// docs/guide/otlp-out.md
#[doc = include_str!("../../../../docs/guide/otlp-out.md")]
pub struct OtlpOut;
