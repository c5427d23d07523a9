//! Handles of a single series, for frequent recording in a few nanoseconds.

use crate::reference::Reference;
use crate::registry::Series;
use crate::{Stats, timer::Running};

macro_rules! held {
    ($($(#[doc = $doc:literal])* $held:ident;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// It can be copied and sent freely. A handle that was created without a recorder never records, so
        /// create handles after the library has started.
        #[derive(Clone, Copy)]
        pub struct $held(pub(crate) Option<Reference<Series>>);

        impl std::fmt::Debug for $held {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let name = self.0.as_ref().map(|series| series.instrument.name.as_str());
                f.debug_tuple(stringify!($held)).field(&name).finish()
            }
        }

        impl $held {
            /// Whether anything is recorded.
            pub const fn is_recording(&self) -> bool {
                self.0.is_some()
            }
        }
    )*};
}

held! {
    /// A sum that only grows, with its labels.
    CounterSeries;
    /// A sum that goes up and down, with its labels.
    UpDownCounterSeries;
    /// A value that is set, with its labels.
    GaugeSeries;
    /// A distribution with explicit bounds, with its labels.
    HistogramSeries;
    /// A distribution as quantiles, with its labels.
    SummarySeries;
    /// A histogram of durations in seconds, with its labels.
    TimerSeries;
}

impl CounterSeries {
    /// Adds `n`.
    #[inline]
    pub fn add(&self, n: u64) {
        if let Some(series) = &self.0 {
            series.add(n);
        }
    }
}

impl UpDownCounterSeries {
    /// Adds `n`, which can be negative.
    #[inline]
    pub fn add(&self, n: i64) {
        if let Some(series) = &self.0 {
            series.add(n as u64);
        }
    }
}

impl GaugeSeries {
    /// Sets the value.
    #[inline]
    pub fn set(&self, value: f64) {
        if let Some(series) = &self.0 {
            series.set(value);
        }
    }

    /// Adds `by`, which can be negative; an unset gauge starts at 0.
    pub fn add(&self, by: f64) {
        if let Some(series) = &self.0 {
            series.shift(by);
        }
    }
}

macro_rules! records {
    ($($held:ident),*) => {$(
        impl $held {
            /// Adds an observation. Infinite values and NaN are rejected and counted.
            #[inline]
            pub fn record(&self, value: f64) {
                if let Some(series) = &self.0 {
                    series.record(value);
                }
            }

            /// Statistics so far; `None` if nothing is recorded.
            pub fn stats(&self) -> Option<Stats> {
                self.0.as_ref().map(|series| series.stats())
            }
        }
    )*};
}
records!(HistogramSeries, SummarySeries, TimerSeries);

impl TimerSeries {
    /// Starts a measurement; the drop of the returned guard records it.
    pub fn start(&self) -> Running {
        Running::new(*self)
    }

    /// Runs `work` and records its duration, even if it panics.
    pub fn time<T>(&self, work: impl FnOnce() -> T) -> T {
        let _running = self.start();
        work()
    }

    /// Runs a future and records its duration, from its first poll to its end or drop.
    pub fn time_future<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        let series = *self;
        async move {
            let _running = series.start();
            work.await
        }
    }

    /// Records a duration that was measured elsewhere.
    pub fn record_duration(&self, duration: std::time::Duration) {
        self.record(duration.as_secs_f64());
    }
}
