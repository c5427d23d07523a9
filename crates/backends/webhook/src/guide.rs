//! Documentation tests of the guide's examples.

#[doc = include_str!("../../../../docs/guide/webhook.md")]
struct Guide;
