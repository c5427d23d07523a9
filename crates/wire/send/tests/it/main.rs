//! Tests of senders against real servers within the process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod certificates;
mod grpc;
mod http;
mod server;
mod tls;
