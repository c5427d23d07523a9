//! Incoming events for the live feed.

use std::collections::HashSet;
use std::fmt::{self, Write as _};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use quipu_core::{Event, EventQuery, MemoryHold, Result, Store};
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
    /// many came, if they are too large for a page, or if its time lies too far in the past. The hold is that
    /// of the events.
    pub(super) async fn look(&mut self, store: &dyn Store) -> Result<(Vec<Event>, u64, MemoryHold)> {
        if self.known.is_some() && self.waiting == 0 && !self.failed {
            return Ok((Vec::new(), 0, MemoryHold::default()));
        }
        let page = store.events(&EventQuery { limit: LOOK, ..EventQuery::default() }).await?;
        let waiting = std::mem::take(&mut self.waiting);
        let unknown = u64::from(std::mem::take(&mut self.failed));
        let now: HashSet<u64> = page.rows.iter().map(mark).collect();
        let Some(before) = self.known.replace(now) else { return Ok((Vec::new(), unknown, page.hold)) };
        let new: Vec<Event> = page.rows.into_iter().filter(|event| !before.contains(&mark(event))).collect();
        let found = self.ahead + new.len() as u64;
        self.ahead = found.saturating_sub(waiting);
        Ok((new.into_iter().rev().collect(), waiting.saturating_sub(found).max(unknown), page.hold))
    }
}

/// A number that hardly another event has.
fn mark(event: &Event) -> u64 {
    let mut hasher = DefaultHasher::new();
    (event.time, &event.name, event.trace_id, event.span_id).hash(&mut hasher);
    // The text of a body can be many times as long as the body: it is hashed as it is written.
    let _ = write!(HashText(&mut hasher), "{:?}{:?}", event.body, event.attributes);
    hasher.finish()
}

/// Hashes a text piece by piece.
struct HashText<'h>(&'h mut DefaultHasher);

impl fmt::Write for HashText<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}
