//! A bound on what strangers make Quipu write down.

use std::collections::HashMap;

use quipu_core::Timestamp;

use crate::{Actor, Entry, Outcome};

const MINUTE: i64 = 60 * Timestamp::SECOND;

/// Counts entries that are not `done`, by action and minute. Actions are words of ours, so there are few.
pub(crate) struct Refusals {
    most: u32,
    minute: Timestamp,
    seen: HashMap<&'static str, u64>,
}

impl Refusals {
    pub(crate) fn new(most: u32) -> Self {
        Self { most: most.max(1), minute: Timestamp::default(), seen: HashMap::new() }
    }

    /// Whether an entry is to be written by itself. Call [`Self::turn`] before.
    pub(crate) fn takes(&mut self, entry: &Entry) -> bool {
        if entry.outcome == Outcome::Done {
            return true;
        }
        let seen = self.seen.entry(entry.action).or_default();
        *seen += 1;
        *seen <= u64::from(self.most)
    }

    /// Begins a new minute when there is one, and gives an entry for each action of which some were not written.
    pub(crate) fn turn(&mut self, now: Timestamp) -> Vec<Entry> {
        let minute = now.floor(MINUTE);
        if minute == self.minute { Vec::new() } else { self.end(minute) }
    }

    /// Ends a minute before its time.
    pub(crate) fn end(&mut self, next: Timestamp) -> Vec<Entry> {
        let minute = std::mem::replace(&mut self.minute, next);
        let most = u64::from(self.most);
        let over = self.seen.drain().filter(|(_, seen)| *seen > most);
        let entry = |(action, seen): (&str, u64)| {
            Entry::new(Actor::system(), "audit.skipped")
                .on(action)
                .with("entries", (seen - most).to_string())
                .with("minute", minute.to_string())
        };
        let mut entries: Vec<Entry> = over.map(entry).collect();
        entries.sort_by(|one, other| one.object.cmp(&other.object));
        entries
    }

    /// Whether entries were not written that are still to be told.
    pub(crate) fn is_owing(&self) -> bool {
        self.seen.values().any(|seen| *seen > u64::from(self.most))
    }
}
