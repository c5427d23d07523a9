//! Tests of the library's public interface.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[cfg(feature = "alerts")]
mod alerts;
mod ended;
#[cfg(all(feature = "tokens", feature = "adapters"))]
mod estimates;
mod examples;
#[cfg(feature = "adapters")]
mod failures;
mod features;
#[cfg(feature = "adapters")]
mod identity;
mod installed;
#[cfg(feature = "opentelemetry")]
mod otel;
#[cfg(feature = "reports")]
mod reports;
mod run;
mod same;
mod shared;
mod testing;
mod told;
