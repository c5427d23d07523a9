//! What is asked of the allocator happens.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc;
