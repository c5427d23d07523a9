//! Months and quarters in UTC.

use quipu_core::Timestamp;

use crate::AlertError;

/// A month or quarter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlaPeriod {
    /// `2026-11` or `2026-Q4`.
    pub name: String,
    /// Begin.
    pub since: Timestamp,
    /// End.
    pub until: Timestamp,
}

impl SlaPeriod {
    /// Reads `2026-11`, `2026-Q4`, `month`, `last-month`, `quarter` or `last-quarter`.
    ///
    /// # Errors
    /// The text is none of them.
    pub fn read(text: &str, now: Timestamp) -> Result<Self, AlertError> {
        let wrong = || AlertError::Config {
            table: "report".to_owned(),
            key: "period",
            expected: "a month such as 2026-11, a quarter such as 2026-Q4, or one of month, last-month, \
                quarter, last-quarter"
                .to_owned(),
            found: format!("{:?}", text.chars().take(40).collect::<String>()),
        };
        let today = now.to_string();
        let year: i32 = today.get(..4).and_then(|year| year.parse().ok()).ok_or_else(wrong)?;
        let month: i32 = today.get(5..7).and_then(|month| month.parse().ok()).ok_or_else(wrong)?;
        // Months are counted from year 0, so a step over the end of a year needs no case of its own.
        let here = year * 12 + month - 1;
        let (first, months) = match text {
            "month" => (here, 1),
            "last-month" => (here - 1, 1),
            "quarter" => (here - here % 3, 3),
            "last-quarter" => (here - here % 3 - 3, 3),
            _ => dated(text).ok_or_else(wrong)?,
        };
        let begin = |month: i32| {
            format!("{:04}-{:02}-01T00:00:00Z", month / 12, month % 12 + 1).parse::<Timestamp>().ok()
        };
        let (year, month) = (first / 12, first % 12);
        let name = match months {
            3 => format!("{year:04}-Q{}", month / 3 + 1),
            _ => format!("{year:04}-{:02}", month + 1),
        };
        match (begin(first), begin(first + months)) {
            (Some(since), Some(until)) => Ok(Self { name, since, until }),
            _ => Err(wrong()),
        }
    }
}

/// First month and number of months of `2026-11` or `2026-Q4`.
fn dated(text: &str) -> Option<(i32, i32)> {
    let (year, part) = text.split_once('-')?;
    let digits = |text: &str, count: usize| {
        (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<i32>().ok())?
    };
    let year = digits(year, 4)?;
    match part.strip_prefix('Q') {
        Some(quarter) => {
            let quarter = digits(quarter, 1).filter(|quarter| (1..=4).contains(quarter))?;
            Some((year * 12 + (quarter - 1) * 3, 3))
        }
        None => {
            let month = digits(part, 2).filter(|month| (1..=12).contains(month))?;
            Some((year * 12 + month - 1, 1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_quarters_have_their_bounds() {
        let now: Timestamp = "2026-01-15T12:00:00Z".parse().unwrap();
        for (text, name, since, until) in [
            ("2026-11", "2026-11", "2026-11-01", "2026-12-01"),
            ("2026-12", "2026-12", "2026-12-01", "2027-01-01"),
            ("2026-Q4", "2026-Q4", "2026-10-01", "2027-01-01"),
            ("month", "2026-01", "2026-01-01", "2026-02-01"),
            ("last-month", "2025-12", "2025-12-01", "2026-01-01"),
            ("quarter", "2026-Q1", "2026-01-01", "2026-04-01"),
            ("last-quarter", "2025-Q4", "2025-10-01", "2026-01-01"),
        ] {
            let found = SlaPeriod::read(text, now).unwrap();
            let day = |at: Timestamp| at.to_string()[..10].to_owned();
            assert_eq!(
                (found.name.as_str(), day(found.since), day(found.until)),
                (name, since.into(), until.into())
            );
        }
        for text in [
            "",
            "2026",
            "2026-13",
            "2026-00",
            "2026-Q5",
            "26-11",
            "2026-1",
            "2026-11-01",
            "yesterday",
            "+026-11",
        ] {
            let error = SlaPeriod::read(text, now).unwrap_err().to_string();
            assert!(error.contains("period") && error.contains("2026-Q4"), "{text}: {error}");
        }
    }
}
