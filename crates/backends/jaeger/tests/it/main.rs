//! Tests of the Jaeger backend against sockets that read its output, and the conformance suite.

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
