//! State machine of one group of a rule, without I/O or a clock of its own.

use quipu_core::Timestamp;
use serde::{Deserialize, Serialize};

/// Side of the threshold that is wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Values above it.
    Above(f64),
    /// Values below it.
    Below(f64),
}

impl Bound {
    /// The threshold.
    pub const fn threshold(self) -> f64 {
        match self {
            Self::Above(threshold) | Self::Below(threshold) => threshold,
        }
    }

    /// Whether a value is on the wrong side.
    pub fn is_broken(self, value: f64) -> bool {
        match self {
            Self::Above(threshold) => value > threshold,
            Self::Below(threshold) => value < threshold,
        }
    }

    /// The bound on the same side with another threshold.
    pub const fn at(self, threshold: f64) -> Self {
        match self {
            Self::Above(_) => Self::Above(threshold),
            Self::Below(_) => Self::Below(threshold),
        }
    }

    /// The one of two values that is further on the wrong side.
    pub fn worse(self, one: f64, other: f64) -> f64 {
        match self {
            Self::Above(_) => one.max(other),
            Self::Below(_) => one.min(other),
        }
    }
}

/// Meaning of a window without records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NoData {
    /// As a value on the right side.
    Ok,
    /// The group keeps its phase.
    #[default]
    Keep,
    /// As a value on the wrong side, for the rule's waiting time.
    Alert,
}

/// The part of a rule that the state machine applies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Law {
    /// Threshold.
    pub bound: Bound,
    /// Further threshold on the same side, beyond which an episode is critical.
    pub critical: Option<f64>,
    /// Threshold below which a firing group recovers; never stricter than the bound.
    pub recover: Option<f64>,
    /// Nanoseconds that a value has to be wrong before the group fires.
    pub hold: i64,
    /// Nanoseconds that a group fires on after its last wrong value.
    pub keep: i64,
    /// Evaluations that have to be wrong one after another before the group fires; at least 1.
    pub runs: u32,
    /// Meaning of missing data.
    pub no_data: NoData,
    /// Nanoseconds without data after which [`NoData::Alert`] fires; `None` waits like a wrong value.
    pub no_data_hold: Option<i64>,
}

/// Observation of a group at one evaluation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Seen {
    /// Its value.
    Value(f64),
    /// The window has no records.
    NoData,
    /// The figures could not be read.
    Error,
}

/// Phase of a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// On the right side.
    #[default]
    Ok,
    /// Wrong since some time, and not yet long enough.
    Pending,
    /// In an episode.
    Firing,
}

/// State of a group between two evaluations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct GroupState {
    /// Phase.
    pub phase: Phase,
    /// When the phase began; in a pending or firing group, the first wrong value.
    pub since: Timestamp,
    /// When the group began to fire.
    pub fired_at: Timestamp,
    /// Latest evaluation with a wrong value.
    pub wrong_at: Timestamp,
    /// Latest value.
    pub value: Option<f64>,
    /// Value that is furthest on the wrong side since the episode began.
    pub peak: Option<f64>,
    /// Whether the latest window had no records.
    pub empty: bool,
    /// Whether the latest evaluation failed.
    pub failed: bool,
    /// First of the latest windows without records; `None` if the latest one had some.
    #[serde(default)]
    pub empty_since: Option<Timestamp>,
    /// Wrong values one after another.
    #[serde(default)]
    pub runs: u32,
    /// First of the latest values beyond the critical threshold; `None` if the latest one is not.
    #[serde(default)]
    pub critical_since: Option<Timestamp>,
    /// Whether the episode reached the critical threshold for long enough. It stays so until it ends.
    #[serde(default)]
    pub is_critical: bool,
}

/// Result of an evaluation that begins or ends an episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// An episode begins.
    Fired,
    /// The open episode became critical.
    Raised,
    /// The episode ends.
    Resolved,
}

impl GroupState {
    /// The word for it: `firing`, `error`, `no_data`, `pending` or `ok`, the first that applies.
    pub const fn word(&self) -> &'static str {
        match (self.phase, self.failed, self.empty) {
            (Phase::Firing, ..) => "firing",
            (_, true, _) => "error",
            (_, _, true) => "no_data",
            (Phase::Pending, ..) => "pending",
            (Phase::Ok, ..) => "ok",
        }
    }

    /// Whether the open episode is critical by its value.
    pub fn is_raised(&self) -> bool {
        self.phase == Phase::Firing && self.is_critical
    }

    /// Whether the group is in no phase, so that its state can be dropped.
    pub fn is_idle(&self) -> bool {
        self.phase == Phase::Ok && !self.failed && self.empty_since.is_none()
    }

    /// Applies one observation at `now`, which must not be before the previous one.
    pub fn step(&mut self, law: &Law, seen: Seen, now: Timestamp) -> Option<Change> {
        self.failed = seen == Seen::Error;
        self.empty = seen == Seen::NoData;
        let wrong = match seen {
            // A failed evaluation says nothing about the group.
            Seen::Error => return None,
            Seen::NoData if law.no_data == NoData::Keep => return None,
            Seen::NoData => {
                self.value = None;
                match (law.no_data, law.no_data_hold) {
                    (NoData::Alert, Some(hold)) => {
                        let since = *self.empty_since.get_or_insert(now);
                        return if now.since(since) < hold { None } else { self.wrong(law, now, true) };
                    }
                    (no_data, _) => no_data == NoData::Alert,
                }
            }
            Seen::Value(value) => {
                (self.value, self.empty_since) = (Some(value), None);
                self.is_wrong(law, value)
            }
        };
        if wrong { self.wrong(law, now, false) } else { self.right(law, now) }
    }

    fn is_wrong(&self, law: &Law, value: f64) -> bool {
        let eased = law.recover.filter(|_| self.phase == Phase::Firing);
        law.bound.is_broken(value) || eased.is_some_and(|threshold| law.bound.at(threshold).is_broken(value))
    }

    /// `has_waited` skips the waiting time, because missing data had one of its own.
    fn wrong(&mut self, law: &Law, now: Timestamp, has_waited: bool) -> Option<Change> {
        (self.wrong_at, self.runs) = (now, self.runs.saturating_add(1));
        if self.phase == Phase::Ok {
            (self.phase, self.since, self.peak) = (Phase::Pending, now, None);
        }
        self.peak = match (self.peak, self.value) {
            (Some(peak), Some(value)) => Some(law.bound.worse(peak, value)),
            (peak, value) => value.or(peak),
        };
        let is_raised = self.raise(law, now);
        let is_due = has_waited || (now.since(self.since) >= law.hold && self.runs >= law.runs);
        if self.phase == Phase::Pending && is_due {
            (self.phase, self.fired_at, self.is_critical) = (Phase::Firing, now, is_raised);
            return Some(Change::Fired);
        }
        if self.phase == Phase::Firing && is_raised && !self.is_critical {
            self.is_critical = true;
            return Some(Change::Raised);
        }
        None
    }

    /// Whether the value has been beyond the critical threshold for the waiting time.
    fn raise(&mut self, law: &Law, now: Timestamp) -> bool {
        let beyond = law
            .critical
            .zip(self.value)
            .is_some_and(|(critical, value)| law.bound.at(critical).is_broken(value));
        self.critical_since = beyond.then(|| self.critical_since.unwrap_or(now));
        self.critical_since.is_some_and(|since| now.since(since) >= law.hold)
    }

    fn right(&mut self, law: &Law, now: Timestamp) -> Option<Change> {
        (self.runs, self.critical_since) = (0, None);
        match self.phase {
            Phase::Ok => None,
            Phase::Firing if now.since(self.wrong_at) < law.keep => None,
            phase => {
                (self.phase, self.since) = (Phase::Ok, now);
                (phase == Phase::Firing).then_some(Change::Resolved)
            }
        }
    }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
