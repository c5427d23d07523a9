//! Silent sources: their pause is far longer than any before.

use quipu_core::Timestamp;
use serde::{Deserialize, Serialize};

/// A source is judged after this time of activity.
const SEEN_FOR: i64 = Timestamp::DAY;
/// Shortest pause that is a silence.
const SHORTEST: i64 = Timestamp::HOUR;
/// A silence is this many times as long as the longest pause before.
const TIMES: i64 = 5;

/// Arrival times of a source's records, by the server's clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rhythm {
    first: Timestamp,
    last: Timestamp,
    longest_pause: i64,
}

impl Rhythm {
    /// Begins with the first arrival.
    pub(crate) const fn new(at: Timestamp) -> Self {
        Self { first: at, last: at, longest_pause: 0 }
    }

    /// Adds an arrival.
    pub(crate) fn note(&mut self, at: Timestamp) {
        self.longest_pause = self.longest_pause.max(at.since(self.last));
        self.last = self.last.max(at);
    }

    /// Time of the last arrival.
    pub(crate) const fn last(&self) -> Timestamp {
        self.last
    }

    /// The rhythm of both together.
    pub(crate) fn with(self, other: Self) -> Self {
        Self {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
            longest_pause: self.longest_pause.max(other.longest_pause),
        }
    }

    /// Start of the source's silence. The server runs since `up`; downtime is no silence.
    pub(crate) fn silent_since(&self, up: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let pause = now.since(self.last.max(up));
        let usual = self.longest_pause.saturating_mul(TIMES).max(SHORTEST);
        (self.last.since(self.first) >= SEEN_FOR && pause > usual).then_some(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_nanos(hours * Timestamp::HOUR)
    }

    #[test]
    fn a_source_is_silent_after_five_times_its_longest_pause() {
        let mut rhythm = Rhythm::new(at(0));
        for hour in [2, 4, 18, 20, 24] {
            rhythm.note(at(hour));
        }
        assert_eq!(rhythm.silent_since(at(0), at(24 + 70)), None);
        assert_eq!(rhythm.silent_since(at(0), at(24 + 71)), Some(at(24)));
        assert_eq!(rhythm.silent_since(at(24 + 71), at(24 + 72)), None, "the server was down until then");
    }

    #[test]
    fn a_source_seen_for_less_than_a_day_is_not_judged() {
        let mut rhythm = Rhythm::new(at(0));
        rhythm.note(at(23));
        assert_eq!(rhythm.silent_since(at(0), at(10_000)), None);
    }
}
