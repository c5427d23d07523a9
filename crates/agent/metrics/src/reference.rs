//! References in handles; zero-sized without the feature `enable`.

#[cfg(feature = "enable")]
mod on {
    use std::time::Duration;

    use crate::kind::InstrumentKind;
    use crate::registry::Registry;
    use crate::registry::Series;

    /// A reference to a value that lives as long as the process.
    pub(crate) type Reference<T> = &'static T;
    /// An instrument's name as given.
    pub(crate) type Name<'a> = &'a str;
    #[cfg(feature = "fast-clock")]
    pub(crate) use fastant::Instant;
    #[cfg(not(feature = "fast-clock"))]
    pub(crate) use std::time::Instant;

    #[inline]
    pub(crate) const fn name(name: &str) -> Name<'_> {
        name
    }

    #[inline]
    pub(crate) fn series(
        registry: Option<Reference<Registry>>,
        kind: InstrumentKind,
        name: Name<'_>,
        labels: &[(&str, &str)],
    ) -> Option<Reference<Series>> {
        registry?.series(kind, name, labels)
    }

    /// The current time, if there is a series.
    #[inline]
    pub(crate) fn start(series: Option<Reference<Series>>) -> Option<Instant> {
        series.map(|_| Instant::now())
    }

    #[inline]
    pub(crate) fn elapsed(since: Instant) -> Duration {
        since.elapsed()
    }

    #[inline]
    pub(crate) const fn reference<T>(to: Option<&'static T>) -> Option<Reference<T>> {
        to
    }
}

#[cfg(not(feature = "enable"))]
mod off {
    use std::convert::Infallible;
    use std::marker::PhantomData;
    use std::ops::Deref;
    use std::time::Duration;

    use crate::kind::InstrumentKind;
    use crate::registry::Registry;
    use crate::registry::Series;

    /// An unused name.
    pub(crate) type Name<'a> = PhantomData<&'a str>;

    pub(crate) const fn name(_: &str) -> Name<'_> {
        PhantomData
    }

    pub(crate) const fn series(
        _: Option<Reference<Registry>>,
        _: InstrumentKind,
        _: Name<'_>,
        _: &[(&str, &str)],
    ) -> Option<Reference<Series>> {
        None
    }

    /// A reference that never exists.
    pub(crate) struct Reference<T>(Infallible, PhantomData<fn() -> T>);

    impl<T> Clone for Reference<T> {
        fn clone(&self) -> Self {
            *self
        }
    }

    impl<T> Copy for Reference<T> {}

    impl<T> Deref for Reference<T> {
        type Target = T;

        fn deref(&self) -> &T {
            match self.0 {}
        }
    }

    /// A time that never exists.
    #[derive(Debug, Clone, Copy)]
    pub(crate) enum Instant {}

    pub(crate) const fn start(_: Option<Reference<Series>>) -> Option<Instant> {
        None
    }

    pub(crate) const fn elapsed(since: Instant) -> Duration {
        match since {}
    }

    pub(crate) const fn reference<T>(_: Option<&'static T>) -> Option<Reference<T>> {
        None
    }
}

#[cfg(not(feature = "enable"))]
pub(crate) use off::*;
#[cfg(feature = "enable")]
pub(crate) use on::*;

#[cfg(all(test, not(feature = "enable")))]
mod tests {
    use std::mem::size_of;

    use crate::{Counter, CounterSeries, HistogramSeries, Running, Timer, TimerSeries};

    #[test]
    fn without_the_feature_handles_are_nothing() {
        assert_eq!(size_of::<(Counter<'_>, CounterSeries, HistogramSeries)>(), 0);
        assert_eq!(size_of::<(Timer<'_>, TimerSeries, Running)>(), 0);
    }
}
