//! The page, read back; the server, asked over sockets; the backend, judged by the list that every backend is judged by.

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
