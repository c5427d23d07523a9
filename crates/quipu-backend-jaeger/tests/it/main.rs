//! Jaeger's side is played by sockets that read what comes; the laws judge the backend as any other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[cfg(feature = "legacy-agent")]
mod agent;
#[cfg(feature = "legacy-agent")]
mod collector;
mod config;
mod conformance;
mod otlp;
mod sample;
mod server;
#[cfg(feature = "legacy-agent")]
mod thrift;
