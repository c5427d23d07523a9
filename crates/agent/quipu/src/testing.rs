//! Capture of telemetry in unit tests, with assertions.
//!
//! ```
//! use quipu::Usd;
//!
//! #[quipu::observe(kind = "tool")]
//! fn search(query: &str) -> usize {
//!     quipu::llm("openai", "gpt-5").usage((1_000, 100)).end();
//!     query.len()
//! }
//!
//! let capture = quipu::testing::capture()?;
//! capture.scope(|| search("knots"));
//! let cent = Usd::cents(1);
//! capture.finished()?.assert_calls_at_most(3).assert_cost_at_most(cent).assert_tools(&["search"]);
//! # Ok::<(), quipu::Error>(())
//! ```

use quipu_core::Result;
pub use quipu_runtime::testing::{Captured, ManualClock};

use crate::library::{Build, Builder};

/// A library of one unit test; see [`quipu_runtime::testing::Capture`].
pub type Capture = quipu_runtime::testing::Capture<Build>;

/// Starts a library for one unit test.
///
/// # Errors
/// No thread can be started.
pub fn capture() -> Result<Capture> {
    capture_with(|builder| builder)
}

/// Starts a library for one unit test, with changes to its configuration: budgets, prices, a clock.
///
/// ```
/// use std::time::Duration;
///
/// use quipu::core::Timestamp;
/// use quipu::testing::{ManualClock, capture_with};
///
/// let clock = ManualClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>()?);
/// let capture = capture_with(|builder| builder.clock(clock.clone()))?;
/// capture.scope(|| {
///     let _tool = quipu::tool("search");
///     clock.advance(Duration::from_secs(3));
/// });
/// let seen = capture.finished()?;
/// assert_eq!(seen.span("execute_tool search").and_then(|span| span.duration()), Some(3_000_000_000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The configuration is invalid, or no thread can be started.
pub fn capture_with(change: impl FnOnce(Builder) -> Builder) -> Result<Capture> {
    Capture::start(change)
}
