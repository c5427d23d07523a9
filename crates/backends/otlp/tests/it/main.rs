//! The OTLP backend, tested against real servers within the process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod auth;
#[path = "../../../../wire/send/tests/it/certificates.rs"]
mod certificates;
mod conformance;
mod environment;
mod parts;
mod presets;
mod probe;
#[path = "../../../../wire/send/tests/it/server.rs"]
mod server;
mod shared;
mod signals;
