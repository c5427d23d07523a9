//! TimeRange of the week and the year in which a route sends nothing, or only in which it sends.

use jiff::Zoned;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use quipu_core::Timestamp;
use serde::{Deserialize, Serialize};

/// Most time ranges of one name.
pub(crate) const MOST: usize = 20;
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// A time range. All keys must match; a key without values matches always.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeRangeConfig {
    /// Days of the week, such as `sat` or `mon:fri`.
    pub weekdays: Vec<String>,
    /// TimeRange of the day, such as `09:00-17:30`, without the end; `24:00` ends a day.
    pub times: Vec<String>,
    /// Days of the month, such as `1:7`; `-1` is the last one.
    pub days: Vec<String>,
    /// Months, such as `dec` or `jan:mar`.
    pub months: Vec<String>,
    /// IANA name of the time zone; default UTC.
    pub time_zone: Option<String>,
}

/// A checked time range.
#[derive(Debug, Clone)]
pub(crate) struct TimeRange {
    weekdays: Vec<(i64, i64)>,
    /// Minutes of the day.
    times: Vec<(i64, i64)>,
    days: Vec<(i64, i64)>,
    months: Vec<(i64, i64)>,
    zone: TimeZone,
}

impl TimeRange {
    /// Checks a time range. The error names key and value.
    pub(crate) fn new(config: &TimeRangeConfig) -> Result<Self, String> {
        let word = |words: &'static [&'static str]| {
            move |text: &str| {
                let place = words.iter().position(|word| *word == text.to_ascii_lowercase())?;
                i64::try_from(place).ok()
            }
        };
        let day = |text: &str| text.parse::<i64>().ok().filter(|day| *day != 0 && (-31..=31).contains(day));
        let zone = match &config.time_zone {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name)
                .map_err(|_| format!("time_zone: {name:?} is no IANA time zone such as Europe/Vienna"))?,
        };
        Ok(Self {
            weekdays: ranges("weekdays", &config.weekdays, "mon or mon:fri", ':', word(&WEEKDAYS))?,
            times: ranges("times", &config.times, "09:00-17:30", '-', minute)?,
            days: ranges("days", &config.days, "1:7 or -1", ':', day)?,
            months: ranges("months", &config.months, "dec or jan:mar", ':', word(&MONTHS))?,
            zone,
        })
    }

    /// Whether a time is in the range.
    pub(crate) fn contains(&self, at: Timestamp) -> bool {
        let Ok(instant) = jiff::Timestamp::from_nanosecond(i128::from(at.nanos())) else { return false };
        let time = instant.to_zoned(self.zone.clone());
        let within = |ranges: &[(i64, i64)], value: i64| {
            ranges.is_empty() || ranges.iter().any(|(first, last)| (*first..=*last).contains(&value))
        };
        let minute = i64::from(time.hour()) * 60 + i64::from(time.minute());
        // The end of a time of the day is not in it.
        let in_times =
            self.times.is_empty() || self.times.iter().any(|(from, to)| (*from..*to).contains(&minute));
        in_times
            && within(&self.weekdays, weekday(time.weekday()))
            && within(&self.months, i64::from(time.month()) - 1)
            && self.has_day(&time)
    }

    /// Negative days count from the end of the month.
    fn has_day(&self, time: &Zoned) -> bool {
        let (day, length) = (i64::from(time.day()), i64::from(time.days_in_month()));
        let from_start = |day: i64| if day < 0 { length + 1 + day } else { day };
        let fits = |(first, last): &(i64, i64)| (from_start(*first)..=from_start(*last)).contains(&day);
        self.days.is_empty() || self.days.iter().any(fits)
    }
}

fn weekday(day: Weekday) -> i64 {
    i64::from(day.to_monday_zero_offset())
}

/// Minutes since midnight.
fn minute(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str| text.parse::<i64>().ok().filter(|_| text.len() == 2);
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let at = hours * 60 + minutes;
    (minutes < 60 && at <= 24 * 60 && hours >= 0 && minutes >= 0).then_some(at)
}

fn ranges(
    key: &str,
    texts: &[String],
    form: &str,
    between: char,
    read: impl Fn(&str) -> Option<i64>,
) -> Result<Vec<(i64, i64)>, String> {
    let range = |text: &String| {
        let wrong = || format!("{key}: expected {form}, got {text:?}");
        let (first, last) = match text.split_once(between) {
            Some(both) => both,
            None if between == ':' => (text.as_str(), text.as_str()),
            None => return Err(wrong()),
        };
        let (first, last) = (read(first.trim()).ok_or_else(wrong)?, read(last.trim()).ok_or_else(wrong)?);
        let is_mixed = (first < 0) != (last < 0);
        let is_backwards = first > last || (between == '-' && first == last);
        if is_backwards && !is_mixed {
            return Err(format!("{key}: {text:?} ends before it begins; write two ranges"));
        }
        Ok((first, last))
    };
    texts.iter().map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(text: &str) -> Result<TimeRange, String> {
        TimeRange::new(&toml::from_str(text).unwrap())
    }

    fn at(text: &str) -> Timestamp {
        quipu_query::parse_time(text, Timestamp::from_nanos(0)).unwrap()
    }

    #[test]
    fn a_range_has_its_begin_and_not_its_end() {
        let office = times("weekdays = [\"mon:fri\"]\ntimes = [\"09:00-17:30\"]").unwrap();
        for (time, wanted) in [
            ("2026-11-25T09:00:00Z", true),
            ("2026-11-25T17:29:59Z", true),
            ("2026-11-25T17:30:00Z", false),
            ("2026-11-25T08:59:59Z", false),
            ("2026-11-28T10:00:00Z", false),
        ] {
            assert_eq!(office.contains(at(time)), wanted, "{time}");
        }
    }

    #[test]
    fn days_count_from_both_ends_of_a_month() {
        let last = times("days = [\"-2:-1\", \"1\"]\nmonths = [\"feb\"]").unwrap();
        for (time, wanted) in [
            ("2026-02-28T10:00:00Z", true),
            ("2026-02-27T10:00:00Z", true),
            ("2026-02-26T10:00:00Z", false),
            ("2028-02-29T10:00:00Z", true),
            ("2028-02-27T10:00:00Z", false),
            ("2026-02-01T10:00:00Z", true),
            ("2026-03-31T10:00:00Z", false),
        ] {
            assert_eq!(last.contains(at(time)), wanted, "{time}");
        }
    }

    #[test]
    fn a_time_zone_moves_the_day() {
        let night = times("times = [\"22:00-24:00\"]\ntime_zone = \"Europe/Vienna\"").unwrap();
        assert!(night.contains(at("2026-07-01T20:30:00Z")) && !night.contains(at("2026-12-01T20:30:00Z")));
    }

    #[test]
    fn a_wrong_range_is_rejected_with_its_value() {
        for text in [
            "weekdays = [\"monday\"]",
            "weekdays = [\"fri:mon\"]",
            "times = [\"22:00-06:00\"]",
            "times = [\"9-17\"]",
            "times = [\"09:00\"]",
            "days = [\"0\"]",
            "days = [\"32\"]",
            "months = [\"13\"]",
            "time_zone = \"Mars/Olympus\"",
        ] {
            let error = times(text).unwrap_err();
            let value = text.split('"').nth(1).unwrap();
            assert!(error.contains(value), "{text}: {error}");
        }
    }
}
