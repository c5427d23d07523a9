//! The judge, judged: good plug-ins pass, and each fault is found by the case that names it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod adapters;
mod backends;
mod reports;
