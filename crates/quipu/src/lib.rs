//! The facade: one dependency, its parts chosen by cargo feature.
//!
//! Verb: CHOOSE.
//! Takes: cargo features, and a store's URI.
//! Gives: the adapters and stores that the features name, and the rooms that every user needs.
//! Never: holds logic of its own; its two tables are all there is.

mod adapters;
mod backends;

pub use adapters::adapters;
pub use backends::{Access, open, schemes};
pub use quipu_core as core;
pub use quipu_pipeline as pipeline;
pub use quipu_prices as prices;
