//! Records as lines, and back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod errors;
mod lines;
mod round;
