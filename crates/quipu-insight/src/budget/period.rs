//! When spending starts from zero again.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use quipu_core::Timestamp;
use serde::{Deserialize, Serialize};

/// How long a limit holds before it starts anew. Periods are those of UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// The hour.
    Hour,
    /// The day.
    #[default]
    Day,
    /// The calendar month.
    Month,
    /// For ever.
    Total,
}

impl Period {
    /// The first moment of the period that `now` is in, and the first moment after it; no end for [`Period::Total`].
    pub(crate) fn around(self, now: Timestamp) -> (Timestamp, Option<Timestamp>) {
        let whole = |width: i64| (now.floor(width), Some(now.floor(width).plus(width)));
        match self {
            Self::Hour => whole(Timestamp::HOUR),
            Self::Day => whole(Timestamp::DAY),
            // Where the calendar ends, at the bounds of `Timestamp`, a month is taken as 31 days.
            Self::Month => month_around(now).unwrap_or_else(|| whole(31 * Timestamp::DAY)),
            Self::Total => (Timestamp::from_nanos(i64::MIN), None),
        }
    }
}

fn month_around(now: Timestamp) -> Option<(Timestamp, Option<Timestamp>)> {
    let zoned = jiff::Timestamp::from_nanosecond(i128::from(now.nanos())).ok()?.to_zoned(TimeZone::UTC);
    let first = zoned.date().first_of_month();
    let next = first.checked_add(jiff::Span::new().months(1)).ok()?;
    let time = |start: DateTime| {
        let nanos = start.to_zoned(TimeZone::UTC).ok()?.timestamp().as_nanosecond();
        i64::try_from(nanos).ok().map(Timestamp::from_nanos)
    };
    Some((time(first.into())?, Some(time(next.into())?)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn periods_are_those_of_the_calendar() {
        let now: Timestamp = "2024-02-29T23:30:00Z".parse().unwrap();
        let around = |period: Period| {
            let (start, end) = period.around(now);
            (start.to_string()[..13].to_owned(), end.map(|end| end.to_string()[..13].to_owned()))
        };
        assert_eq!(around(Period::Hour), ("2024-02-29T23".into(), Some("2024-03-01T00".into())));
        assert_eq!(around(Period::Day), ("2024-02-29T00".into(), Some("2024-03-01T00".into())));
        assert_eq!(around(Period::Month), ("2024-02-01T00".into(), Some("2024-03-01T00".into())));
        assert_eq!(Period::Total.around(now).1, None);
        let last = Timestamp::from_nanos(i64::MAX);
        assert!(Period::Month.around(last).0 <= last, "the end of time has a month too");
    }
}
