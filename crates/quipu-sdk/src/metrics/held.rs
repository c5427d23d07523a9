//! Handles of one series: held where the same one is recorded often, as it costs a few nanoseconds only.

use super::reference::Reference;
use super::series::Series;
use super::{Stats, timer::Running};

macro_rules! held {
    ($($(#[doc = $doc:literal])* $held:ident;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// It is copied and sent freely. Made where nobody recorded, it does nothing for ever: make handles after the
        /// library has been started.
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
    /// A distribution in quantiles, with its labels.
    SummarySeries;
    /// A histogram of durations in seconds, with its labels.
    TimerSeries;
}

impl CounterSeries {
    /// Adds to it.
    #[inline]
    pub fn add(&self, n: u64) {
        if let Some(series) = &self.0 {
            series.add(n);
        }
    }
}

impl UpDownCounterSeries {
    /// Adds to it, or takes from it.
    #[inline]
    pub fn add(&self, n: i64) {
        if let Some(series) = &self.0 {
            series.add(n as u64);
        }
    }
}

impl GaugeSeries {
    /// Sets it.
    #[inline]
    pub fn set(&self, value: f64) {
        if let Some(series) = &self.0 {
            series.set(value);
        }
    }

    /// Adds to it, or takes from it; one that was never set counts from 0.
    pub fn add(&self, by: f64) {
        if let Some(series) = &self.0 {
            series.shift(by);
        }
    }
}

macro_rules! records {
    ($($held:ident),*) => {$(
        impl $held {
            /// Adds an observation. One that is infinite or not a number is left out and counted.
            #[inline]
            pub fn record(&self, value: f64) {
                if let Some(series) = &self.0 {
                    series.record(value);
                }
            }

            /// Its figures so far; `None` where nothing is recorded.
            pub fn stats(&self) -> Option<Stats> {
                self.0.as_ref().map(|series| series.stats())
            }
        }
    )*};
}
records!(HistogramSeries, SummarySeries, TimerSeries);

impl TimerSeries {
    /// Starts the clock; dropping the answer records.
    pub fn start(&self) -> Running {
        Running::new(*self)
    }

    /// Runs `work` and records how long it took, even if it panics.
    pub fn time<T>(&self, work: impl FnOnce() -> T) -> T {
        let _running = self.start();
        work()
    }

    /// Runs a future and records how long it took, from its first poll to its end or to where it is dropped.
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
