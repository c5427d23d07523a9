//! Cost of pricing, budgets, token counting and the gateway.
//!
//! Verb: MEASURE.
//! Takes: nothing, or the binary whose gateway is driven.
//! Gives: one JSON document of figures a program.
//! Never: is part of the product.

pub mod clock;
pub mod drive;
pub mod upstream;
