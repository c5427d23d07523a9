//! Incoming events for the live feed.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use quipu_core::{Event, EventQuery, Result, Store};
use tokio::time::Instant;

/// Limit of events per look, the newest.
const LOOK: usize = 100;

/// Reported events, so the next look recognises those of the last one.
#[derive(Default)]
pub(super) struct Arrivals {
    known: Option<HashSet<u64>>,
    /// Events since the last look.
    pub(super) waiting: u64,
    /// Events that a look found before their commit was reported.
    ahead: u64,
    /// A look failed: its results are unknown.
    failed: bool,
    /// Last time that a watcher wanted them.
    wanted: Option<Instant>,
}

impl Arrivals {
    /// Whether to look for events: while a watcher wants them, and for `linger` after that.
    pub(super) fn goes_on(&mut self, wanted: bool, linger: Duration) -> bool {
        if wanted {
            self.wanted = Some(Instant::now());
        }
        self.wanted.is_some_and(|last| last.elapsed() < linger)
    }

    /// Forgets all reported events: the next look reports nothing.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Records a failed look. The next look reports at least one missed event.
    pub(super) fn fail(&mut self) -> u64 {
        self.failed = true;
        std::mem::take(&mut self.waiting)
    }

    /// Events since the last look, oldest first, and the number of missed events. An event is missed if too
    /// many came, or if its time lies too far in the past.
    pub(super) async fn look(&mut self, store: &dyn Store) -> Result<(Vec<Event>, u64)> {
        if self.known.is_some() && self.waiting == 0 && !self.failed {
            return Ok((Vec::new(), 0));
        }
        let page = store.events(&EventQuery { limit: LOOK, ..EventQuery::default() }).await?;
        let waiting = std::mem::take(&mut self.waiting);
        let unknown = u64::from(std::mem::take(&mut self.failed));
        let now: HashSet<u64> = page.rows.iter().map(mark).collect();
        let Some(before) = self.known.replace(now) else { return Ok((Vec::new(), unknown)) };
        let new: Vec<Event> = page.rows.into_iter().filter(|event| !before.contains(&mark(event))).collect();
        let found = self.ahead + new.len() as u64;
        self.ahead = found.saturating_sub(waiting);
        Ok((new.into_iter().rev().collect(), waiting.saturating_sub(found).max(unknown)))
    }
}

/// A number that hardly another event has.
fn mark(event: &Event) -> u64 {
    let mut hasher = DefaultHasher::new();
    (
        event.time,
        &event.name,
        event.trace_id,
        event.span_id,
        format!("{:?}{:?}", event.body, event.attributes),
    )
        .hash(&mut hasher);
    hasher.finish()
}
