//! Tests of the library's public interface.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[cfg(feature = "enable")]
mod afterwards;
mod events;
#[cfg(feature = "enable")]
mod lanes;
#[cfg(feature = "enable")]
mod metrics;
#[cfg(not(feature = "enable"))]
mod off;
mod propagate;
#[cfg(feature = "enable")]
mod roundtrip;
#[cfg(feature = "enable")]
mod sampling;
#[cfg(feature = "enable")]
mod spans;
