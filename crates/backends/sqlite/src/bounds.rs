//! The times that a day's file covers.

use quipu_core::Timestamp;
use rusqlite::Connection;

use crate::fault::Result;

/// Earliest and latest time, both included.
pub(crate) type Range = Option<(i64, i64)>;

/// Times that a day's file covers. Traces and their calls may extend beyond the day itself.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bounds {
    pub(crate) traces: Range,
    pub(crate) calls: Range,
}

impl Bounds {
    /// Reads the bounds: four index seeks.
    pub(crate) fn load(conn: &Connection) -> Result<Self> {
        let mut look = conn.prepare_cached(
            "SELECT (SELECT MIN(start) FROM traces), (SELECT MAX(start) FROM traces), \
             (SELECT MIN(time) FROM calls), (SELECT MAX(time) FROM calls)",
        )?;
        let bounds = look.query_row([], |row| {
            let range = |low: Option<i64>, high: Option<i64>| low.zip(high);
            Ok(Self { traces: range(row.get(0)?, row.get(1)?), calls: range(row.get(2)?, row.get(3)?) })
        })?;
        Ok(bounds)
    }
}

/// Whether a range overlaps `since..until`.
pub(crate) fn meets(range: Range, since: Option<Timestamp>, until: Option<Timestamp>) -> bool {
    range.is_some_and(|(low, high)| {
        since.is_none_or(|since| high >= since.nanos()) && until.is_none_or(|until| low < until.nanos())
    })
}
