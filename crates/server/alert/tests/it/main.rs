//! Integration tests of the alert engine: delivery to real servers, and evaluation under a manual clock.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod actions;
mod beyond;
mod channels;
mod engine;
mod incidents;
mod kinds;
mod receiver;
mod reports;
mod routing;
mod smtp;
mod statements;
mod states;
mod unread;
mod world;
