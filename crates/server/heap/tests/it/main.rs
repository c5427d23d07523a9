//! Tests that the allocator follows its configuration.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc;
