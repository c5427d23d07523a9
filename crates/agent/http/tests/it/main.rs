//! Tests of servers and clients over real sockets, and of readers with chunks of any size.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::too_many_lines, reason = "tables of cases are long, and are read from top to bottom")]

mod answers;
mod client;
mod faults;
mod mock;
mod propagation;
mod reader;
mod rig;
mod server;
