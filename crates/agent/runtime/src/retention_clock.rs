//! Bounded clock of retention: never later than stored records and a steady clock allow.

use std::time::{Duration, Instant};

use quipu_core::Timestamp;

/// A wall clock that runs further ahead of the steady clock than this has jumped.
const JUMP: i64 = Timestamp::HOUR;
/// Time after which a clock that jumped is trusted: an operator would have corrected it.
const BELIEVED: Duration = Duration::from_secs(24 * 3_600);

/// Why the wall clock is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// No record is as new as the clock says.
    Records,
    /// The clock has jumped ahead while this process ran.
    Jump,
}

impl Doubt {
    /// In words, for the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Records => "the clock is ahead of the newest record",
            Self::Jump => "the clock has jumped ahead",
        }
    }
}

/// Bounds of the time.
#[derive(Debug)]
pub struct Trusted {
    /// The wall clock when it was last believed, and when that was.
    anchor: (Timestamp, Instant),
    /// Since when it has been ahead of that.
    jumped: Option<Instant>,
    /// The end of the newest day that has records, and when it was first seen.
    newest: Option<(Timestamp, Instant)>,
}

impl Trusted {
    /// Believes the wall clock as far as jumps go.
    pub const fn new(wall: Timestamp, steady: Instant) -> Self {
        Self { anchor: (wall, steady), jumped: None, newest: None }
    }

    /// The wall clock, with two upper bounds. The first is the end of the newest day that has records, plus
    /// the time since that day was first seen. The second is the expected wall clock by the steady clock.
    pub fn now(
        &mut self,
        wall: Timestamp,
        steady: Instant,
        newest: Option<Timestamp>,
    ) -> (Timestamp, Option<Doubt>) {
        let since = |(time, seen): (Timestamp, Instant)| {
            let nanos = steady.saturating_duration_since(seen).as_nanos();
            time.plus(i64::try_from(nanos).unwrap_or(i64::MAX))
        };
        let expected = since(self.anchor);
        let mut bound = (wall, None);
        let jumped = wall.since(expected) > JUMP;
        let is_new = |since: &mut Option<Instant>| {
            steady.saturating_duration_since(*since.get_or_insert(steady)) < BELIEVED
        };
        if jumped && is_new(&mut self.jumped) {
            bound = (expected, Some(Doubt::Jump));
        } else {
            (self.anchor, self.jumped) = ((wall, steady), None);
        }
        if let Some(newest) = newest
            && self.newest.is_none_or(|(known, _)| known < newest)
        {
            self.newest = Some((newest, steady));
        }
        match self.newest.map(since).filter(|latest| *latest < bound.0) {
            Some(latest) => (latest, Some(Doubt::Records)),
            None => bound,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_nanos(1_795_000_000_000_000_000);

    fn hours(hours: i64) -> Timestamp {
        START.plus(hours * Timestamp::HOUR)
    }

    fn after(start: Instant, hours: u64) -> Instant {
        start + Duration::from_secs(hours * 3_600)
    }

    #[test]
    fn a_clock_that_records_bear_out_is_believed() {
        let begun = Instant::now();
        let mut trusted = Trusted::new(START, begun);
        assert_eq!(trusted.now(hours(0), begun, None), (hours(0), None), "an empty store");
        assert_eq!(trusted.now(hours(2), after(begun, 2), Some(hours(10))), (hours(2), None));
        assert_eq!(trusted.now(hours(9), after(begun, 9), Some(hours(10))), (hours(9), None));
    }

    #[test]
    fn a_clock_that_was_a_year_ahead_at_the_start_goes_by_the_newest_record() {
        let begun = Instant::now();
        let mut trusted = Trusted::new(hours(9_000), begun);
        let doubt = Some(Doubt::Records);
        assert_eq!(trusted.now(hours(9_000), begun, Some(hours(10))), (hours(10), doubt));
        assert_eq!(trusted.now(hours(9_005), after(begun, 5), Some(hours(10))), (hours(15), doubt));
        assert_eq!(trusted.now(hours(5), after(begun, 5), Some(hours(10))), (hours(5), None), "set right");
    }

    #[test]
    fn a_jump_while_running_is_not_believed_though_records_have_its_time() {
        let begun = Instant::now();
        let mut trusted = Trusted::new(START, begun);
        let doubt = Some(Doubt::Jump);
        assert_eq!(trusted.now(hours(9_000), after(begun, 1), Some(hours(9_010))), (hours(1), doubt));
        assert_eq!(trusted.now(hours(9_020), after(begun, 21), Some(hours(9_030))), (hours(21), doubt));
        let later = trusted.now(hours(9_024), after(begun, 25), Some(hours(9_030)));
        assert_eq!(later, (hours(9_024), None), "for a day now");
    }
}
