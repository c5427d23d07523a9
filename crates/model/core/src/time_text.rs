//! Reading of times from text.

use std::fmt;
use std::str::FromStr;

use crate::Timestamp;

/// Parse error: the text is not an RFC 3339 time, or the time is outside of the years 1678 to 2261, the range
/// of [`Timestamp`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeError(String);

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not an RFC 3339 time such as 2026-11-21T08:00:00Z", self.0)
    }
}

impl std::error::Error for TimeError {}

impl FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let time: jiff::Timestamp = text.parse().map_err(|_| TimeError(text.to_owned()))?;
        let nanos = i64::try_from(time.as_nanosecond()).map_err(|_| TimeError(text.to_owned()))?;
        Ok(Self::from_nanos(nanos))
    }
}
