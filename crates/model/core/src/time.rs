//! Time in nanoseconds since the Unix epoch, UTC.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Nanoseconds in a millisecond.
const MILLISECOND: i64 = 1_000_000;

/// Parse error: the text is not an RFC 3339 time, or the time is outside of the years 1678 to 2261, the range
/// of [`Timestamp`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an RFC 3339 time such as 2026-11-21T08:00:00Z")]
pub struct TimeError(String);

/// A point in time: nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Nanoseconds in a second.
    pub const SECOND: i64 = 1_000_000_000;
    /// Nanoseconds in an hour.
    pub const HOUR: i64 = 3_600 * Self::SECOND;
    /// Nanoseconds in a day.
    pub const DAY: i64 = 24 * Self::HOUR;

    /// Converts nanoseconds since the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the epoch.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Creates a time from milliseconds since the Unix epoch; a time out of range is cut to the nearest one.
    pub const fn from_millis(millis: i64) -> Self {
        Self::from_nanos(millis.saturating_mul(MILLISECOND))
    }

    /// Whole milliseconds since the Unix epoch, rounded down.
    pub const fn millis(self) -> i64 {
        self.nanos().div_euclid(MILLISECOND)
    }

    /// The start of the bucket of `width` nanoseconds that contains this time.
    pub const fn floor(self, width: i64) -> Self {
        Self(self.0.saturating_sub(self.0.rem_euclid(width)))
    }

    /// The Monday that begins the week of this time, UTC (ISO 8601).
    pub const fn week(self) -> Self {
        // 1970-01-01 was a Thursday, the fourth day of its week.
        let into = (self.0.div_euclid(Self::DAY) + 3).rem_euclid(7);
        self.floor(Self::DAY).plus(-into * Self::DAY)
    }

    /// The first day of the calendar month of this time, UTC.
    pub fn month(self) -> Self {
        let days = jiff::Timestamp::from_nanosecond(i128::from(self.0))
            .map_or(0, |time| i64::from(time.to_zoned(jiff::tz::TimeZone::UTC).day()) - 1);
        self.floor(Self::DAY).plus(-days * Self::DAY)
    }

    /// Nanoseconds from `earlier` to this time; negative when it is later. Saturates.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This time moved by `nanos`. Saturates.
    pub const fn plus(self, nanos: i64) -> Self {
        Self(self.0.saturating_add(nanos))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339, UTC, with exactly nine fractional digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(time) => write!(f, "{time:.9}"),
            Err(_) => write!(f, "{}ns", self.0),
        }
    }
}

impl From<std::time::SystemTime> for Timestamp {
    /// Saturates at the years 1677 and 2262.
    fn from(time: std::time::SystemTime) -> Self {
        let nanos = |apart: std::time::Duration| i64::try_from(apart.as_nanos()).unwrap_or(i64::MAX);
        match time.duration_since(std::time::UNIX_EPOCH) {
            Ok(since) => Self(nanos(since)),
            Err(before) => Self(nanos(before.duration()).saturating_neg()),
        }
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let time: jiff::Timestamp = text.parse().map_err(|_| TimeError(text.to_owned()))?;
        i64::try_from(time.as_nanosecond()).map(Self).map_err(|_| TimeError(text.to_owned()))
    }
}

/// A source of the current time; tests use their own.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp(i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_nine_digits_and_round_trips() {
        let time = Timestamp::from_nanos(1_795_000_000_000_000_007);
        assert_eq!(time.to_string(), "2026-11-18T11:06:40.000000007Z");
        assert_eq!(time.to_string().parse::<Timestamp>().unwrap(), time);
        assert!("yesterday".parse::<Timestamp>().is_err());
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        for (time, week, month) in [
            ("2026-11-21T22:20:51Z", "2026-11-16", "2026-11-01"),
            ("2026-11-16T00:00:00Z", "2026-11-16", "2026-11-01"),
            ("2024-02-29T23:59:59.999999999Z", "2024-02-26", "2024-02-01"),
            ("1969-12-31T23:00:00Z", "1969-12-29", "1969-12-01"),
        ] {
            let time: Timestamp = time.parse().unwrap();
            let start = |day: &str| format!("{day}T00:00:00.000000000Z");
            assert_eq!((time.week().to_string(), time.month().to_string()), (start(week), start(month)));
        }
    }

    #[test]
    fn floor_works_before_the_epoch() {
        assert_eq!(Timestamp::from_nanos(-1).floor(10), Timestamp::from_nanos(-10));
    }
}
