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
///
/// ```
/// quipu_sdk::describe("shop.basket", "{item}", "Items in a basket at checkout.");
/// ```
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
    ($($(#[doc = $doc:literal])* #[$example:literal] $function:ident, $named:ident;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// It belongs to the current recorder; without one it does nothing.
        ///
        #[doc = concat!("```\n", $example, "\n```")]
        #[inline]
        pub fn $function(name: &str) -> $named<'_> {
            $named::of(current(), name)
        }
    )*};
}

named! {
    /// A sum of whole numbers that only grows.
    #[r#"quipu_sdk::counter("shop.orders").add(1, &[("channel", "web")]);"#]
    counter, Counter;
    /// A sum of whole numbers that goes up and down.
    #[r#"quipu_sdk::up_down_counter("shop.carts").add(-1, &[]);"#]
    up_down_counter, UpDownCounter;
    /// The last value.
    #[r#"quipu_sdk::gauge("shop.stock").set(17.0, &[("item", "tea")]);"#]
    gauge, Gauge;
    /// A distribution with explicit bounds.
    #[r#"quipu_sdk::histogram("shop.basket").record(42.5, &[]);"#]
    histogram, Histogram;
    /// A distribution as quantiles.
    #[r#"quipu_sdk::summary("shop.discount").record(0.15, &[]);"#]
    summary, Summary;
    /// A histogram of durations in seconds.
    #[r#"let answer = quipu_sdk::timer("shop.checkout").time(&[], || 42);"#]
    timer, Timer;
}
