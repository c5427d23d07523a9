//! Expiry of a day's records by the retention rules.

use quipu_core::{Retention, RetentionSignal, RetiredFor, Timestamp};

use crate::folder::Day;

const SIGNALS: [RetentionSignal; 4] =
    [RetentionSignal::Traces, RetentionSignal::Logs, RetentionSignal::Metrics, RetentionSignal::Costs];

/// Removal forced by the size limit, regardless of the periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Force {
    /// No forced removal.
    No,
    /// Everything except costs.
    Content,
    /// Everything.
    All,
}

/// The retention rules for one day at one time.
#[derive(Debug, Clone)]
pub(crate) struct Past<'r> {
    rules: &'r Retention,
    now: Timestamp,
    end: Timestamp,
    force: Force,
}

impl<'r> Past<'r> {
    pub(crate) fn of(rules: &'r Retention, day: Day, now: Timestamp, force: Force) -> Self {
        Self { rules, now, end: day.plus(1).start(), force }
    }

    /// Whether a record is expired that ended at `end`, or with its day if that is later.
    pub(crate) fn is(
        &self,
        signal: RetentionSignal,
        service: Option<&str>,
        project: Option<&str>,
        end: Timestamp,
    ) -> bool {
        match self.force {
            Force::All => true,
            Force::Content if signal != RetentionSignal::Costs => true,
            _ => self.rules.keep(signal, service, project).is_past(end.max(self.end), self.now),
        }
    }

    /// Whether a record is expired that ended with its day.
    pub(crate) fn of_day(
        &self,
        signal: RetentionSignal,
        service: Option<&str>,
        project: Option<&str>,
    ) -> bool {
        self.is(signal, service, project, self.end)
    }

    /// Whether any record of the signal may be expired.
    pub(crate) fn may(&self, signal: RetentionSignal) -> bool {
        self.force == Force::All
            || (self.force == Force::Content && signal != RetentionSignal::Costs)
            || self.rules.shortest(signal).is_past(self.end, self.now)
    }

    /// Whether any record may be expired. Costs expire with their traces, never before.
    pub(crate) fn may_any(&self) -> bool {
        SIGNALS[..3].iter().any(|signal| self.may(*signal))
    }

    /// Which periods are over, in the order of the rules. As long as this is unchanged, so are the expired
    /// records.
    pub(crate) fn over(&self) -> Vec<bool> {
        let usual = SIGNALS.map(|signal| self.rules.usual(signal).is_past(self.end, self.now));
        let of_rules = self.rules.rule.iter().flat_map(|rule| {
            [rule.traces, rule.logs, rule.metrics, rule.costs]
                .map(|keep| keep.is_some_and(|keep| keep.is_past(self.end, self.now)))
        });
        usual.into_iter().chain(of_rules).collect()
    }

    pub(crate) fn why(&self) -> RetiredFor {
        if self.force == Force::No { RetiredFor::Age } else { RetiredFor::Size }
    }
}
