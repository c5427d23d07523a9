//! Tests of cost explanation, re-pricing and analysis.

mod analysis;
mod explain;
mod plans;
mod reprice;
mod speed;
mod unpriced;
mod world;
