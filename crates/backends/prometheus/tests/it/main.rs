//! Tests of the Prometheus backend: the page, the server, remote write, and the conformance suite.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod conformance;
mod golden;
mod keeping;
mod meters;
mod reading;
mod remote;
mod sample;
mod serving;
mod sources;
mod unkind;
