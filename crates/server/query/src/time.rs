//! Times and durations as users write them.

use quipu_core::Timestamp;

/// The expected form of a time, for error texts.
pub(crate) const EXPECTED: &str = "an RFC 3339 time such as 2026-11-21T08:00:00Z, Unix seconds, milliseconds, \
     microseconds or nanoseconds as a whole number, `now`, or an age such as -15m, -1h or -7d";

const SECONDS_END: i64 = 100_000_000_000;
const MILLIS_END: i64 = SECONDS_END * 1_000;
const MICROS_END: i64 = MILLIS_END * 1_000;

/// Reads a time. The absolute forms are RFC 3339 (a date alone is its midnight, UTC) and a Unix time as a
/// whole number. The relative forms are `now`, and `-` with a number and `s`, `m`, `h`, `d` or `w`. The size
/// of a Unix time tells seconds from milliseconds, microseconds and nanoseconds.
///
/// A number below 1e11 is seconds, below 1e14 milliseconds, below 1e17 microseconds, else nanoseconds: each
/// reading covers the years 1973 to 2261 without overlap.
pub fn parse_time(text: &str, now: Timestamp) -> Option<Timestamp> {
    if text == "now" {
        return Some(now);
    }
    if let Some(ago) = text.strip_prefix('-') {
        return Some(now.plus(-parse_span(ago)?));
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return unix(text.parse().ok()?);
    }
    rfc3339(text)
}

fn unix(number: i64) -> Option<Timestamp> {
    let scale = match number {
        ..SECONDS_END => 1_000_000_000,
        SECONDS_END..MILLIS_END => 1_000_000,
        MILLIS_END..MICROS_END => 1_000,
        _ => 1,
    };
    number.checked_mul(scale).map(Timestamp::from_nanos)
}

fn rfc3339(text: &str) -> Option<Timestamp> {
    let whole_day = || (text.len() == 10).then(|| format!("{text}T00:00:00Z").parse().ok()).flatten();
    // In a query string an unescaped `+` of an offset arrives as a space.
    let offset = || text.rsplit_once(' ').and_then(|(time, offset)| format!("{time}+{offset}").parse().ok());
    text.parse().ok().or_else(whole_day).or_else(offset)
}

/// Nanoseconds of a span such as `30s`, `15m`, `1h`, `7d`, `2w`.
pub(crate) fn parse_span(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => Timestamp::SECOND,
        "m" => 60 * Timestamp::SECOND,
        "h" => Timestamp::HOUR,
        "d" => Timestamp::DAY,
        "w" => 7 * Timestamp::DAY,
        _ => return None,
    };
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if digits { number.parse::<i64>().ok()?.checked_mul(unit) } else { None }
}

/// Nanoseconds of a `time_range`: one of `1h`, `24h`, `7d`, `30d`.
pub fn parse_time_range(text: &str) -> Option<i64> {
    matches!(text, "1h" | "24h" | "7d" | "30d").then(|| parse_span(text)).flatten()
}

/// Nanoseconds of a decimal number of milliseconds, exactly, rounded down below one nanosecond. `None` for an
/// invalid or negative number, or one beyond 292 years.
pub(crate) fn parse_millis(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + part.len() == 0 || !digits(whole) || !digits(part) {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: String = part.bytes().chain(std::iter::repeat(b'0')).take(6).map(char::from).collect();
    whole.checked_mul(1_000_000)?.checked_add(part.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_nanos(1_795_000_000_000_000_000);

    #[test]
    fn every_way_to_write_a_time() {
        let noon = "2026-11-21T12:00:00Z".parse().unwrap();
        for text in [
            "2026-11-21T12:00:00Z",
            "2026-11-21T14:00:00+02:00",
            "2026-11-21T14:00:00 02:00",
            "1795262400",
            "1795262400000",
            "1795262400000000",
            "1795262400000000000",
        ] {
            assert_eq!(parse_time(text, NOW), Some(noon), "{text}");
        }
        assert_eq!(parse_time("2026-11-21", NOW), "2026-11-21T00:00:00Z".parse().ok());
    }

    #[test]
    fn relative_times_count_from_now() {
        for (text, seconds) in
            [("now", 0), ("-30s", 30), ("-15m", 900), ("-1h", 3600), ("-7d", 604_800), ("-2w", 1_209_600)]
        {
            assert_eq!(parse_time(text, NOW), Some(NOW.plus(-seconds * Timestamp::SECOND)), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_time_is_none() {
        for text in [
            "",
            "-",
            "-5",
            "-h",
            "--1h",
            "-1x",
            "yesterday",
            "1.5",
            "2026-13-01",
            "99999999999999999999",
            "-9999999999999d",
            "-é",
        ] {
            assert_eq!(parse_time(text, NOW), None, "{text}");
        }
    }

    #[test]
    fn milliseconds_are_exact() {
        for (text, nanos) in
            [("0", 0), ("1.5", 1_500_000), (".000001", 1), ("12.", 12_000_000), ("0.1234567", 123_456)]
        {
            assert_eq!(parse_millis(text), Some(nanos), "{text}");
        }
        for text in ["", ".", "-1", "1e3", "1,5", "NaN", "99999999999999"] {
            assert_eq!(parse_millis(text), None, "{text}");
        }
    }

    #[test]
    fn time_ranges_are_four_words() {
        assert_eq!(parse_time_range("24h"), Some(Timestamp::DAY));
        assert_eq!(parse_time_range("30d"), Some(30 * Timestamp::DAY));
        assert_eq!(parse_time_range("2h"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,40}") {
            let _ = (parse_time(&text, NOW), parse_millis(&text), parse_span(&text));
        }
    }
}
