//! Access to instruments by name.

use std::time::Duration;

use crate::held::*;
use crate::kind::InstrumentKind;
use crate::reference::{Name, Reference, name, reference, series};
use crate::registry::Registry;
use crate::timer::Running;

macro_rules! named {
    ($($(#[doc = $doc:literal])* $function:ident, $named:ident -> $held:ident;)*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Clone, Copy)]
            pub struct $named<'a> {
                registry: Option<Reference<Registry>>,
                name: Name<'a>,
            }

            impl std::fmt::Debug for $named<'_> {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.debug_struct(stringify!($named)).field("name", &self.name).finish_non_exhaustive()
                }
            }

            impl<'a> $named<'a> {
                /// The instrument of a registry. Without a registry it does nothing.
                #[inline]
                pub fn of(registry: Option<&'static Registry>, given: &'a str) -> Self {
                    Self { registry: reference(registry), name: name(given) }
                }

                /// A handle of the series with these labels, for frequent recording.
                #[inline]
                pub fn with(&self, labels: &[(&str, &str)]) -> $held {
                    $held(series(self.registry, InstrumentKind::$named, self.name, labels))
                }
            }

            impl Registry {
                $(#[doc = $doc])*
                #[inline]
                pub fn $function<'a>(&'static self, name: &'a str) -> $named<'a> {
                    $named::of(Some(self), name)
                }
            }
        )*
    };
}

named! {
    /// A sum of whole numbers that only grows.
    counter, Counter -> CounterSeries;
    /// A sum of whole numbers that goes up and down.
    up_down_counter, UpDownCounter -> UpDownCounterSeries;
    /// The last value.
    gauge, Gauge -> GaugeSeries;
    /// A distribution with explicit bounds.
    histogram, Histogram -> HistogramSeries;
    /// A distribution as quantiles.
    summary, Summary -> SummarySeries;
    /// A histogram of durations in seconds.
    timer, Timer -> TimerSeries;
}

impl Counter<'_> {
    /// Adds `n` to the series with these labels.
    #[inline]
    pub fn add(&self, n: u64, labels: &[(&str, &str)]) {
        self.with(labels).add(n);
    }
}

impl UpDownCounter<'_> {
    /// Adds `n`, which can be negative, to the series with these labels.
    #[inline]
    pub fn add(&self, n: i64, labels: &[(&str, &str)]) {
        self.with(labels).add(n);
    }
}

impl Gauge<'_> {
    /// Sets the series with these labels.
    #[inline]
    pub fn set(&self, value: f64, labels: &[(&str, &str)]) {
        self.with(labels).set(value);
    }

    /// Adds `by`, which can be negative, to the series with these labels.
    pub fn add(&self, by: f64, labels: &[(&str, &str)]) {
        self.with(labels).add(by);
    }
}

impl Histogram<'_> {
    /// Adds an observation to the series with these labels.
    #[inline]
    pub fn record(&self, value: f64, labels: &[(&str, &str)]) {
        self.with(labels).record(value);
    }
}

impl Summary<'_> {
    /// Adds an observation to the series with these labels.
    #[inline]
    pub fn record(&self, value: f64, labels: &[(&str, &str)]) {
        self.with(labels).record(value);
    }
}

impl Timer<'_> {
    /// Records a duration in the series with these labels.
    pub fn record(&self, duration: Duration, labels: &[(&str, &str)]) {
        self.with(labels).record_duration(duration);
    }

    /// Starts a measurement; the drop of the returned guard records it in the series with these labels.
    pub fn start(&self, labels: &[(&str, &str)]) -> Running {
        self.with(labels).start()
    }

    /// Runs `work` and records its duration, even if it panics.
    pub fn time<T>(&self, labels: &[(&str, &str)], work: impl FnOnce() -> T) -> T {
        self.with(labels).time(work)
    }

    /// Runs a future and records its duration, from its first poll to its end or drop.
    pub fn time_future<F: Future>(
        &self,
        labels: &[(&str, &str)],
        work: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        self.with(labels).time_future(work)
    }
}
