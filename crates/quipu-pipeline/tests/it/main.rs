//! The pipeline over the reference store, and over one that fails on demand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod faulty;
mod flow;
