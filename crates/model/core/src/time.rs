//! Time in nanoseconds since the Unix epoch, UTC.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Nanoseconds in a millisecond.
const MILLISECOND: i64 = 1_000_000;

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
        let (_, _, day) = self.civil_date();
        self.floor(Self::DAY).plus((1 - day) * Self::DAY)
    }

    /// Year, month and day of this time in the proleptic Gregorian calendar, UTC.
    ///
    /// The algorithm counts days from 0000-03-01, because a leap day is then the last day of its year: Howard
    /// Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
    const fn civil_date(self) -> (i64, i64, i64) {
        let days = self.0.div_euclid(Self::DAY) + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        (year, month, day)
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
        let (year, month, day) = self.civil_date();
        let (second, nanos) = (self.0.div_euclid(Self::SECOND), self.0.rem_euclid(Self::SECOND));
        let (hour, minute) = (second.div_euclid(3_600).rem_euclid(24), second.div_euclid(60).rem_euclid(60));
        let second = second.rem_euclid(60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z")
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
        std::time::SystemTime::now().into()
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
    fn every_time_is_written_as_jiff_writes_it() {
        let day = |number: i64| Timestamp::from_nanos(number * Timestamp::DAY + 1);
        let days = (-106_750..106_750).map(day);
        let ends =
            [i64::MIN, i64::MAX, -1, 0, 1, -Timestamp::SECOND, 59_999_999_999].map(Timestamp::from_nanos);
        for time in days.chain(ends) {
            let other = jiff::Timestamp::from_nanosecond(i128::from(time.nanos())).unwrap();
            assert_eq!(time.to_string(), format!("{other:.9}"));
        }
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
