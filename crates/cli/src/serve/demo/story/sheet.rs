//! Circumstances of a run: its time, and the state of the company's world at that time.

use quipu::core::Timestamp;

/// Times at which the world of the demo changed, as seen from the start of the server.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Facts {
    /// Start of the server.
    pub(in super::super) now: Timestamp,
}

/// Age of the desk's release 2.5.0, whose longer prompt made each answer slower and more expensive.
const RELEASE_AGE: i64 = 3 * Timestamp::DAY;
/// Age of the change that made the classifier's prompts cacheable.
const CACHE_AGE: i64 = 4 * Timestamp::DAY;
/// Time of the incident: 14:05 UTC, for 45 minutes, yesterday.
const INCIDENT_AT: i64 = 14 * Timestamp::HOUR + 5 * MINUTE;
const INCIDENT: i64 = 45 * MINUTE;
const MINUTE: i64 = 60 * Timestamp::SECOND;

impl Facts {
    /// Version of the desk at this time.
    pub(super) fn version(&self, at: Timestamp) -> &'static str {
        if self.has_new_release(at) { "2.5.0" } else { "2.4.1" }
    }

    /// Whether the desk runs its new release.
    pub(super) fn has_new_release(&self, at: Timestamp) -> bool {
        self.now.since(at) < RELEASE_AGE
    }

    /// Percent of the classifier's input that comes from the provider's cache.
    pub(super) fn cached_percent(&self, at: Timestamp) -> i64 {
        if self.now.since(at) < CACHE_AGE { 78 } else { 9 }
    }

    /// Begin of yesterday's incident: the database of orders took no connections.
    pub(in super::super) fn incident(&self) -> Timestamp {
        self.now.floor(Timestamp::DAY).plus(INCIDENT_AT - Timestamp::DAY)
    }

    /// Whether the database of orders is down at this time.
    pub(super) fn is_down(&self, at: Timestamp) -> bool {
        (0..INCIDENT).contains(&at.since(self.incident()))
    }

    /// A time within the incident, `step` of `steps`.
    pub(in super::super) fn during_incident(&self, step: i64, steps: i64) -> Timestamp {
        self.incident().plus(INCIDENT / steps.max(1) * step + MINUTE)
    }
}
