//! Integration tests of the alert engine: delivery to real servers, and evaluation under a manual clock.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod channels;
mod engine;
mod incidents;
mod receiver;
mod reports;
mod smtp;
mod world;
