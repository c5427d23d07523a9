//! Metrics of the current recorder, by name.
//!
//! ```
//! use quipu_sdk::{Recorder, RecorderConfig, counter, timer};
//!
//! let (recorder, drain) = Recorder::new(RecorderConfig::default());
//! recorder.context().scope(|| {
//!     counter("shop.orders").add(1, &[("channel", "web")]);
//!     let answers = timer("shop.answer.duration").with(&[]);
//!     answers.time(|| { /* work */ });
//!     assert_eq!(answers.stats().map(|stats| stats.count), Some(1));
//! });
//! assert_eq!(recorder.metrics().total("shop.orders"), Some(1.0));
//! # drop(drain);
//! ```

pub use quipu_metrics::*;

/// Registry of the thread's recorder.
#[cfg(feature = "enable")]
#[inline]
fn current() -> Option<&'static Registry> {
    crate::context::recorder().map(crate::Recorder::metrics)
}

#[cfg(not(feature = "enable"))]
const fn current() -> Option<&'static Registry> {
    None
}

/// Sets unit and description of an instrument of the current recorder: see [`Registry::describe`].
pub fn describe(name: &str, unit: &str, help: &str) {
    if let Some(registry) = current() {
        registry.describe(name, unit, help);
    }
}

/// Sets the bounds of a histogram or timer of the current recorder: see [`Registry::bounds`].
pub fn bounds(name: &str, bounds: &[f64]) {
    if let Some(registry) = current() {
        registry.bounds(name, bounds);
    }
}

macro_rules! named {
    ($($(#[doc = $doc:literal])* $function:ident, $named:ident;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// It belongs to the current recorder; without one it does nothing.
        #[inline]
        pub fn $function(name: &str) -> $named<'_> {
            $named::of(current(), name)
        }
    )*};
}

named! {
    /// A sum of whole numbers that only grows.
    counter, Counter;
    /// A sum of whole numbers that goes up and down.
    up_down_counter, UpDownCounter;
    /// The last value.
    gauge, Gauge;
    /// A distribution with explicit bounds.
    histogram, Histogram;
    /// A distribution as quantiles.
    summary, Summary;
    /// A histogram of durations in seconds.
    timer, Timer;
}
