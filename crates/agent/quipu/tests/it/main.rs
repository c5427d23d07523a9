//! Tests of the library's public interface.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[cfg(all(feature = "tokens", feature = "adapters"))]
mod estimates;
#[cfg(feature = "adapters")]
mod failures;
mod features;
#[cfg(feature = "adapters")]
mod identity;
mod installed;
#[cfg(feature = "opentelemetry")]
mod otel;
mod run;
mod testing;
