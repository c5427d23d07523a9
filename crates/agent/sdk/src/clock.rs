//! Timestamps from the CPU's time stamp counter, if it is reliable. Without the feature `fast-clock`, they
//! are from the system's clock.

use quipu_core::{Clock as _, SystemClock, Timestamp};

/// Current ticks of the time stamp counter. Without a reliable counter, nanoseconds of the system's clock.
#[cfg(all(feature = "enable", feature = "fast-clock"))]
#[inline]
pub(crate) fn ticks() -> u64 {
    raw(fastant::Instant::now())
}

/// Nanoseconds since the first reading, plus one: 0 is no time.
#[cfg(all(feature = "enable", not(feature = "fast-clock")))]
#[inline]
pub(crate) fn ticks() -> u64 {
    use std::sync::OnceLock;
    use std::time::Instant;

    static FIRST: OnceLock<Instant> = OnceLock::new();
    let first = FIRST.get_or_init(Instant::now);
    u64::try_from(first.elapsed().as_nanos()).unwrap_or(u64::MAX).saturating_add(1)
}

/// Builds without recording never read it.
#[cfg(not(feature = "enable"))]
pub(crate) fn ticks() -> u64 {
    0
}

/// Extracts the tick count of an instant. The public interface only returns nanoseconds. That conversion
/// costs half as much as the reading, and is left to the drain. The test below checks this.
#[cfg(all(feature = "enable", feature = "fast-clock"))]
#[inline]
fn raw(instant: fastant::Instant) -> u64 {
    use std::hash::{Hash, Hasher};

    struct Number(u64);

    impl Hasher for Number {
        fn write(&mut self, _: &[u8]) {}

        fn write_u64(&mut self, number: u64) {
            self.0 = number;
        }

        fn finish(&self) -> u64 {
            self.0
        }
    }

    let mut number = Number(0);
    instant.hash(&mut number);
    number.finish()
}

/// Conversion from ticks to time. The counter drifts against the system's clock by some parts per million, so
/// the scale is renewed regularly.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    ticks: u64,
    nanos: i64,
    nanos_per_tick: f64,
}

impl Scale {
    /// The scale at this moment.
    pub fn now() -> Self {
        Self { ticks: ticks(), nanos: SystemClock.now().nanos(), nanos_per_tick: nanos_per_tick() }
    }

    /// Nanoseconds between two readings.
    pub fn between(&self, from: u64, to: u64) -> f64 {
        to.saturating_sub(from) as f64 * self.nanos_per_tick
    }

    /// Nanoseconds since the Unix epoch.
    pub fn nanos(&self, ticks: u64) -> i64 {
        let from_here = ticks.wrapping_sub(self.ticks).cast_signed() as f64 * self.nanos_per_tick;
        self.nanos.saturating_add(from_here as i64)
    }

    pub fn time(&self, ticks: u64) -> Timestamp {
        Timestamp::from_nanos(self.nanos(ticks))
    }
}

#[cfg(all(feature = "enable", feature = "fast-clock"))]
fn nanos_per_tick() -> f64 {
    let now = fastant::Instant::now();
    let nanos = now.duration_since(fastant::Instant::ZERO).as_nanos() as f64;
    if raw(now) == 0 { 1.0 } else { nanos / raw(now) as f64 }
}

#[cfg(not(all(feature = "enable", feature = "fast-clock")))]
fn nanos_per_tick() -> f64 {
    1.0
}

#[cfg(all(test, feature = "enable"))]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn ticks_go_on_as_the_time_does() {
        let scale = Scale::now();
        let (before, begin) = (ticks(), Instant::now());
        std::thread::sleep(Duration::from_millis(50));
        let (nanos, real) = (scale.between(before, ticks()), begin.elapsed().as_nanos() as f64);
        assert!((nanos / real - 1.0).abs() < 0.05, "{nanos} ns by ticks, {real} ns by the clock");
        let off = SystemClock.now().since(scale.time(ticks()));
        assert!(off.abs() < 20_000_000, "{off} ns apart");
        assert_eq!(scale.time(scale.ticks).nanos(), scale.nanos);
        assert!(scale.time(scale.ticks - 1_000) < scale.time(scale.ticks + 1_000));
    }
}
