//! Frames of every view, and the monitor in a real terminal.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod figures;
mod frames;
mod keys;
mod pty;
mod recorded;
mod terminal;
