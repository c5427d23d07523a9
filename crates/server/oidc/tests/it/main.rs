//! Tests of logins at an issuer that runs within the test and signs real tokens.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod config;
mod forged;
mod issuer;
mod login;
mod sign;
