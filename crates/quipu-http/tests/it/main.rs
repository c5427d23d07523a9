//! Servers and clients over real sockets, and readers of answers cut anywhere.

// Tables of cases are long, and are read from top to bottom.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::too_many_lines)]

mod answers;
mod client;
mod faults;
mod mock;
mod propagation;
mod reader;
mod rig;
mod server;
