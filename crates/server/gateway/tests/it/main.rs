//! Tests of the gateway between a client and a scripted provider.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod budgets;
mod coding;
mod context;
mod faults;
mod house;
mod memory;
mod passing;
mod provider;
mod raw;
mod streams;
mod unclear;
