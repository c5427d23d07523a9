//! Start and end of a budget's period by the calendar of a time zone.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use quipu_core::Timestamp;
use quipu_core::budget::Period;

/// The first moment of the period that `time` is in by the calendar of `zone`, and the first moment after
/// it; no end for [`Period::Total`].
pub(crate) fn around(period: Period, zone: &TimeZone, time: Timestamp) -> (Timestamp, Option<Timestamp>) {
    let whole = |width: i64| (time.floor(width), Some(time.floor(width).plus(width)));
    match period {
        Period::Total => (Timestamp::from_nanos(i64::MIN), None),
        Period::Hour => hour(zone, time).unwrap_or_else(|| whole(Timestamp::HOUR)),
        // Beyond the calendar, at the bounds of `Timestamp`, periods are those of UTC, and a month is 31
        // days.
        Period::Day => days(zone, time, |date| (date, 1, 0)).unwrap_or_else(|| whole(Timestamp::DAY)),
        Period::Week => days(zone, time, monday).unwrap_or_else(|| whole(7 * Timestamp::DAY)),
        Period::Month => days(zone, time, |date| (date.first_of_month(), 0, 1))
            .unwrap_or_else(|| whole(31 * Timestamp::DAY)),
    }
}

/// An hour by the clock on the wall: where the clock is put back, the hour that comes twice is two of them.
fn hour(zone: &TimeZone, time: Timestamp) -> Option<(Timestamp, Option<Timestamp>)> {
    let at = jiff::Timestamp::from_nanosecond(i128::from(time.nanos())).ok()?;
    let offset = i64::from(zone.to_offset(at).seconds()) * Timestamp::SECOND;
    let start = time.plus(offset).floor(Timestamp::HOUR).plus(-offset);
    Some((start, Some(start.plus(Timestamp::HOUR))))
}

fn monday(date: Date) -> (Date, i32, i32) {
    let back = i64::from(date.weekday().to_monday_zero_offset());
    (date.checked_sub(jiff::Span::new().days(back)).unwrap_or(date), 7, 0)
}

/// A period of whole days: from the first moment of its first day, which is not midnight everywhere, to that
/// of the day after it.
fn days(
    zone: &TimeZone,
    time: Timestamp,
    first: impl Fn(Date) -> (Date, i32, i32),
) -> Option<(Timestamp, Option<Timestamp>)> {
    let at = jiff::Timestamp::from_nanosecond(i128::from(time.nanos())).ok()?;
    let (start, days, months) = first(zone.to_datetime(at).date());
    let end = start.checked_add(jiff::Span::new().months(months).days(days)).ok()?;
    let moment = |date: Date| {
        let midnight: DateTime = date.into();
        let nanos = zone.to_ambiguous_zoned(midnight).compatible().ok()?.timestamp().as_nanosecond();
        i64::try_from(nanos).ok().map(Timestamp::from_nanos)
    };
    Some((moment(start)?, Some(moment(end)?)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn around(period: Period, zone: &str, time: &str) -> (String, Option<String>) {
        let zone = TimeZone::get(zone).unwrap();
        let (start, end) = super::around(period, &zone, time.parse().unwrap());
        let short = |time: Timestamp| time.to_string()[..16].to_owned();
        (short(start), end.map(short))
    }

    fn pair(start: &str, end: &str) -> (String, Option<String>) {
        (start.into(), Some(end.into()))
    }

    #[test]
    fn periods_are_those_of_the_calendar() {
        let now = "2024-02-29T23:30:00Z";
        assert_eq!(around(Period::Hour, "UTC", now), pair("2024-02-29T23:00", "2024-03-01T00:00"));
        assert_eq!(around(Period::Day, "UTC", now), pair("2024-02-29T00:00", "2024-03-01T00:00"));
        assert_eq!(around(Period::Week, "UTC", now), pair("2024-02-26T00:00", "2024-03-04T00:00"));
        assert_eq!(around(Period::Month, "UTC", now), pair("2024-02-01T00:00", "2024-03-01T00:00"));
        assert_eq!(around(Period::Total, "UTC", now).1, None);
        for last in [i64::MAX, i64::MIN] {
            let last = Timestamp::from_nanos(last);
            assert!(
                super::around(Period::Month, &TimeZone::UTC, last).0 <= last,
                "the ends of time have a month too"
            );
        }
    }

    #[test]
    fn days_have_as_many_hours_as_the_clock_on_the_wall_says() {
        let vienna = "Europe/Vienna";
        // 2026-03-29 has 23 hours there, 2026-10-25 has 25.
        assert_eq!(
            around(Period::Day, vienna, "2026-03-29T12:00:00Z"),
            pair("2026-03-28T23:00", "2026-03-29T22:00")
        );
        assert_eq!(
            around(Period::Day, vienna, "2026-10-25T12:00:00Z"),
            pair("2026-10-24T22:00", "2026-10-25T23:00")
        );
        assert_eq!(
            around(Period::Day, vienna, "2026-10-24T21:59:59Z"),
            pair("2026-10-23T22:00", "2026-10-24T22:00")
        );
        // The week and the month that the clock is put back in.
        assert_eq!(
            around(Period::Week, vienna, "2026-10-25T22:59:59Z"),
            pair("2026-10-18T22:00", "2026-10-25T23:00")
        );
        assert_eq!(
            around(Period::Month, vienna, "2026-10-31T12:00:00Z"),
            pair("2026-09-30T22:00", "2026-10-31T23:00")
        );
        // The hour from two to three comes twice, and is two.
        assert_eq!(
            around(Period::Hour, vienna, "2026-10-25T00:30:00Z"),
            pair("2026-10-25T00:00", "2026-10-25T01:00")
        );
        assert_eq!(
            around(Period::Hour, vienna, "2026-10-25T01:30:00Z"),
            pair("2026-10-25T01:00", "2026-10-25T02:00")
        );
        // Hours of a zone that is off by a part of an hour.
        assert_eq!(
            around(Period::Hour, "Asia/Kolkata", "2026-10-25T01:10:00Z"),
            pair("2026-10-25T00:30", "2026-10-25T01:30")
        );
        // Midnight did not exist on this day: it began at one o'clock.
        assert_eq!(
            around(Period::Day, "America/Sao_Paulo", "2018-11-04T12:00:00Z"),
            pair("2018-11-04T03:00", "2018-11-05T02:00")
        );
    }
}
