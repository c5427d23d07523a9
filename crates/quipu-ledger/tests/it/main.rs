//! The count, held against its rules.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod laws;
mod rules;
mod world;
