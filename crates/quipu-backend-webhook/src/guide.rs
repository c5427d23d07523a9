//! The examples of the guide.

#[doc = include_str!("../../../docs/guide/webhook.md")]
struct Guide;
