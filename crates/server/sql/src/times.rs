//! Ranges of time from comparisons with texts, and durations such as `15m`.

use quipu_core::Timestamp;

/// Length of each prefix of a time that names a period: year, month, day, hour, minute, second.
const PREFIXES: [usize; 6] = [4, 7, 10, 13, 16, 19];
/// Text that completes a prefix to the start of its period.
const REST: &str = "0000-01-01T00:00:00Z";
/// Digits of a fraction.
const FRACTION: usize = 9;

/// The period that the longest prefix of a text names: its start, and the start of the next one. Every stored
/// time whose text begins with that prefix lies in the period.
fn period(text: &str) -> Option<(Timestamp, Timestamp, usize)> {
    if let Some(found) = fraction(text) {
        return Some(found);
    }
    PREFIXES.iter().enumerate().rev().find_map(|(unit, length)| {
        let prefix = text.get(..*length)?;
        let start: Timestamp = format!("{prefix}{}", &REST[*length..]).parse().ok()?;
        // The parser accepts other spellings, whose texts have another order.
        (start.to_string().starts_with(prefix)).then_some((start, next(start, unit), *length))
    })
}

/// The period of a text with a fraction of a second.
fn fraction(text: &str) -> Option<(Timestamp, Timestamp, usize)> {
    let digits = text.get(20..)?.bytes().take_while(u8::is_ascii_digit).count().min(FRACTION);
    let length = 20 + digits;
    let prefix = text.get(..length).filter(|_| digits > 0)?;
    let start: Timestamp = format!("{prefix}Z").parse().ok()?;
    let width = 10_i64.pow(u32::try_from(FRACTION - digits).ok()?);
    start.to_string().starts_with(prefix).then(|| (start, start.plus(width), length))
}

fn next(start: Timestamp, unit: usize) -> Timestamp {
    match unit {
        0 => start.plus(366 * Timestamp::DAY),
        1 => start.plus(31 * Timestamp::DAY),
        2 => start.plus(Timestamp::DAY),
        3 => start.plus(Timestamp::HOUR),
        4 => start.plus(60 * Timestamp::SECOND),
        _ => start.plus(Timestamp::SECOND),
    }
}

/// A time such that no time before it has a text at or above `text`; `None` if none is known.
pub(crate) fn since(text: &str) -> Option<Timestamp> {
    period(text).map(|(start, _, _)| start)
}

/// A time such that no time at or after it has a text at or below `text`; `None` if none is known.
pub(crate) fn until(text: &str) -> Option<Timestamp> {
    period(text).map(|(start, end, length)| if length == text.len() { start } else { end })
}

/// The earliest time whose text is at or above `text`, or above it if `above`; `None` if no text is.
pub(crate) fn first(text: &str, above: bool) -> Option<Timestamp> {
    // The order of times is that of their texts.
    let fits = |nanos: i64| {
        let shown = Timestamp::from_nanos(nanos).to_string();
        shown.as_str() > text || (!above && shown == text)
    };
    let (mut low, mut high) = (i64::MIN, i64::MAX);
    if !fits(high) {
        return None;
    }
    while low < high {
        let middle = (i128::from(low) + i128::from(high)).div_euclid(2);
        let middle = i64::try_from(middle).unwrap_or(low);
        if fits(middle) {
            high = middle;
        } else {
            low = middle.saturating_add(1);
        }
    }
    Some(Timestamp::from_nanos(high))
}

/// The earlier of two bounds, of which each may be missing.
pub(crate) fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.zip(other).map(|(one, other)| one.min(other)).or(one).or(other)
}

/// Reads a duration such as `90s`, `15m`, `1h`, `7d` or `2w`.
pub(crate) fn span(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => Timestamp::SECOND,
        "m" => 60 * Timestamp::SECOND,
        "h" => Timestamp::HOUR,
        "d" => Timestamp::DAY,
        "w" => 7 * Timestamp::DAY,
        _ => return None,
    };
    let number: i64 = number.parse().ok().filter(|number| *number > 0)?;
    number.checked_mul(unit)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn ranges_never_exclude_a_time_whose_text_compares_so() {
        let mut dice = fastrand::Rng::with_seed(7);
        let around: Timestamp = "2026-02-28T23:59:59.5Z".parse().unwrap();
        for _ in 0..20_000 {
            let time =
                around.plus(dice.i64(-3 * Timestamp::DAY..3 * Timestamp::DAY) / dice.i64(1..1_000_000));
            let other = around.plus(dice.i64(-3 * Timestamp::DAY..3 * Timestamp::DAY)).to_string();
            let mut text = other[..dice.usize(0..=other.len())].to_owned();
            if dice.u8(..4) == 0 {
                text.push_str(["x", " 10:00", "Z", "-1h", "9", "T"][dice.usize(..6)]);
            }
            let shown = time.to_string();
            if shown >= text {
                assert!(since(&text).is_none_or(|since| time >= since), "{shown} {text}");
            }
            if shown <= text {
                assert!(until(&text).is_none_or(|until| time < until), "{shown} {text}");
            }
            for above in [false, true] {
                let fits = if above { shown > text } else { shown >= text };
                assert_eq!(first(&text, above).is_some_and(|first| time >= first), fits, "{shown} {text}");
            }
        }
    }

    #[test]
    fn prefixes_of_times_are_understood() {
        let day: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
        assert_eq!((since("2026-11-24"), until("2026-11-24")), (Some(day), Some(day)));
        assert_eq!(since("2026-11-24 10:00:00"), Some(day));
        assert_eq!(until("2026-11-24 10:00:00"), Some(day.plus(Timestamp::DAY)));
        assert_eq!(until(&day.to_string()), Some(day.plus(1)));
        assert_eq!((since("yesterday"), until("")), (None, None));
        assert_eq!(
            (first("2026-11-24", false), first(&day.to_string(), true)),
            (Some(day), Some(day.plus(1)))
        );
        assert_eq!(
            (first("yesterday", false), first("", true)),
            (None, Some(Timestamp::from_nanos(i64::MIN)))
        );
        assert_eq!(
            (span("15m"), span("2w"), span("m"), span("-1h")),
            (Some(900_000_000_000), Some(14 * Timestamp::DAY), None, None)
        );
    }
}
