//! The guide's examples, compiled as documentation tests.

/// docs/guide/primitives.md
#[doc = include_str!("../../../../docs/guide/primitives.md")]
pub struct Primitives;
