//! Tests of every example as its reader runs it: a separate program in its own folder. The tests read the
//! store that it leaves.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod guide;
mod loop_joined;
mod other;
mod recording;
mod run;
mod samples;
