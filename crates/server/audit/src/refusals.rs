//! A limit of entries that strangers can cause.

use std::collections::HashMap;

use quipu_core::Timestamp;

use crate::{Actor, Entry, Outcome};

const MINUTE: i64 = 60 * Timestamp::SECOND;

/// Counts entries that are not `done`, by action and minute. Actions are constants of Quipu, so there are
/// few.
pub(crate) struct Refusals {
    most: u32,
    minute: Timestamp,
    seen: HashMap<&'static str, u64>,
}

impl Refusals {
    pub(crate) fn new(most: u32) -> Self {
        Self { most: most.max(1), minute: Timestamp::default(), seen: HashMap::new() }
    }

    /// Returns whether an entry gets a line of its own. Call [`Self::turn`] first.
    pub(crate) fn takes(&mut self, entry: &Entry) -> bool {
        if entry.outcome == Outcome::Done {
            return true;
        }
        let seen = self.seen.entry(entry.action).or_default();
        *seen += 1;
        *seen <= u64::from(self.most)
    }

    /// Begins a new minute if it is due, and returns an entry for each action with entries left out.
    pub(crate) fn turn(&mut self, now: Timestamp) -> Vec<Entry> {
        let minute = now.floor(MINUTE);
        if minute == self.minute { Vec::new() } else { self.end(minute) }
    }

    /// Ends a minute early.
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

    /// Returns whether entries were left out and not yet reported.
    pub(crate) fn is_owing(&self) -> bool {
        self.seen.values().any(|seen| *seen > u64::from(self.most))
    }
}
