//! The guide's examples, compiled as documentation tests.

/// docs/guide/file.md
#[doc = include_str!("../../../../docs/guide/file.md")]
pub struct Files;
