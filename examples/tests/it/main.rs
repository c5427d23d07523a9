//! Every example as its reader runs it: a program of its own in a folder of its own. What counts is the store that it leaves.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod loop_joined;
mod other;
mod recording;
mod run;
