//! The gateway between a client and a provider that does as it is told.

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
