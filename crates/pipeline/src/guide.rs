//! The guide's examples, compiled as documentation tests.

/// docs/guide/delivery.md
#[doc = include_str!("../../../docs/guide/delivery.md")]
pub struct Delivery;
