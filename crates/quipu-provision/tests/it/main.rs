//! What the texts say, held against what Quipu really shows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod names;
mod shape;
