//! Durations in configuration: `90s`, `5m`, `2h`, `30d`.

use quipu_core::Timestamp;

const UNITS: [(char, i64); 4] =
    [('d', Timestamp::DAY), ('h', Timestamp::HOUR), ('m', 60 * Timestamp::SECOND), ('s', Timestamp::SECOND)];

/// Reads a duration in nanoseconds: a whole number and one of `s`, `m`, `h`, `d`. `None` for another text or
/// one beyond 292 years.
pub fn read_span(text: &str) -> Option<i64> {
    let (unit, nanos) = UNITS.into_iter().find(|(unit, _)| text.ends_with(*unit))?;
    let digits = text.strip_suffix(unit)?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return None;
    }
    digits.parse::<i64>().ok()?.checked_mul(nanos)
}

/// Writes a duration with the largest unit that leaves no remainder.
pub fn span_text(nanos: i64) -> String {
    let fits = |(_, unit): &&(char, i64)| nanos != 0 && nanos % unit == 0;
    match UNITS.iter().find(fits) {
        Some((letter, unit)) => format!("{}{letter}", nanos / unit),
        None => format!("{}s", nanos / Timestamp::SECOND),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_whole_number_and_a_unit() {
        for (text, seconds) in [("0s", 0), ("90s", 90), ("5m", 300), ("2h", 7_200), ("30d", 2_592_000)] {
            assert_eq!(read_span(text), Some(seconds * Timestamp::SECOND), "{text}");
        }
        for text in ["", "5", "m", "-5m", "1.5h", "5 m", "99999999999999d", "5w"] {
            assert_eq!(read_span(text), None, "{text}");
        }
    }

    #[test]
    fn a_written_duration_reads_back() {
        for text in ["0s", "90s", "5m", "2h", "30d", "61s"] {
            assert_eq!(span_text(read_span(text).unwrap()), text);
        }
    }
}
