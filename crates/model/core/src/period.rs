//! Retention periods and sizes in their text form.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Timestamp;

/// Retention period. Written `forever`, or as a whole number of hours, days or weeks: `12h`, `3d`, `2w`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Keep {
    /// Until a user deletes the records.
    #[default]
    Forever,
    /// A number of hours after the end of the record's day (UTC), at least one.
    Hours(u32),
}

impl Keep {
    /// A number of days.
    pub const fn days(days: u32) -> Self {
        Self::Hours(days.saturating_mul(24))
    }

    /// Whether records of a day that ended at `end` are expired at `now`.
    pub const fn is_past(self, end: Timestamp, now: Timestamp) -> bool {
        match self {
            Self::Forever => false,
            Self::Hours(hours) => {
                end.plus((hours as i64).saturating_mul(Timestamp::HOUR)).nanos() <= now.nanos()
            }
        }
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forever => f.write_str("forever"),
            Self::Hours(hours) if hours % 24 == 0 => write!(f, "{}d", hours / 24),
            Self::Hours(hours) => write!(f, "{hours}h"),
        }
    }
}

/// Parse error of a period or size, with the expected form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodError {
    found: String,
    expected: &'static str,
}

impl fmt::Display for PeriodError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "found {:?}, expected {}", self.found, self.expected)
    }
}

impl std::error::Error for PeriodError {}

impl FromStr for Keep {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let refused = || PeriodError {
            found: text.chars().take(40).collect(),
            expected: "`forever`, or a whole number of hours, days or weeks such as 12h, 3d or 2w",
        };
        if text == "forever" {
            return Ok(Self::Forever);
        }
        let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).ok_or_else(refused)?);
        let number: u32 = digits.parse().map_err(|_| refused())?;
        let hours = match unit {
            "h" => Some(1),
            "d" => Some(24),
            "w" => Some(168),
            _ => None,
        };
        let hours = hours.and_then(|hours| number.checked_mul(hours)).filter(|hours| *hours > 0);
        hours.map(Self::Hours).ok_or_else(refused)
    }
}

/// Bytes on disk. Written as a whole number, or with a unit: `500MB`, `20GiB` (1 GB is 10^9 bytes, 1 GiB is
/// 2^30).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DiskBytes(pub u64);

/// Largest unit first; a size is printed in the first unit that divides it.
const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

impl fmt::Display for DiskBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, unit): &&(&str, u64)| self.0 > 0 && self.0.is_multiple_of(*unit);
        let (name, unit) = UNITS.iter().find(fits).unwrap_or(&("B", 1));
        write!(f, "{}{name}", self.0 / unit)
    }
}

impl FromStr for DiskBytes {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let refused = || PeriodError {
            found: text.chars().take(40).collect(),
            expected: "bytes such as 500MB or 20GiB",
        };
        let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
        let number: u64 = digits.parse().map_err(|_| refused())?;
        let unit = unit.trim_start();
        let of =
            |(name, _): &&(&str, u64)| name.eq_ignore_ascii_case(unit) || (unit.is_empty() && *name == "B");
        let (_, unit) = UNITS.iter().find(of).ok_or_else(refused)?;
        number.checked_mul(*unit).map(Self).ok_or_else(refused)
    }
}

/// Serializes the types as their texts.
macro_rules! as_text {
    ($($type:ty),+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(de::Error::custom)
            }
        }
    )+};
}

as_text!(Keep, DiskBytes);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_and_sizes_are_read_and_written_alike() {
        for text in ["forever", "5h", "3d", "30d"] {
            assert_eq!(text.parse::<Keep>().unwrap().to_string(), text);
        }
        assert_eq!("2w".parse(), Ok(Keep::days(14)));
        for text in ["", "3", "d", "0d", "-1d", "3m", "1.5d", "4294967295w", "3 d", "３d"] {
            assert!(text.parse::<Keep>().is_err(), "{text}");
        }
        for text in ["20GiB", "500MB", "7B"] {
            assert_eq!(text.parse::<DiskBytes>().unwrap().to_string(), text);
        }
        assert_eq!("1024".parse(), Ok(DiskBytes(1024)));
        assert_eq!("20 gib".parse(), Ok(DiskBytes(20 << 30)));
        for text in ["", "GiB", "-1B", "1.5GB", "99999999999TiB", "5 apples"] {
            assert!(text.parse::<DiskBytes>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_period_begins_with_the_end_of_the_day() {
        let end = Timestamp::from_nanos(5 * Timestamp::DAY);
        assert!(!Keep::days(1).is_past(end, end.plus(Timestamp::DAY - 1)));
        assert!(Keep::days(1).is_past(end, end.plus(Timestamp::DAY)));
        assert!(!Keep::Forever.is_past(end, Timestamp::from_nanos(i64::MAX)));
    }
}
