//! Events as they come in.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use quipu_core::{Event, EventQuery, Result, Store};
use tokio::time::Instant;

/// Events of one look, the newest.
const LOOK: usize = 100;

/// Which events were told: those of the last look are known again.
#[derive(Default)]
pub(super) struct Arrivals {
    known: Option<HashSet<u64>>,
    /// Events that came in since the last look.
    pub(super) waiting: u64,
    /// Events that a look found before it was said that they came in.
    ahead: u64,
    /// A look failed: what it would have found is unknown.
    failed: bool,
    /// When somebody wanted them last.
    wanted: Option<Instant>,
}

impl Arrivals {
    /// Whether they are looked for: while somebody wants them, and so long after that.
    pub(super) fn goes_on(&mut self, wanted: bool, linger: Duration) -> bool {
        if wanted {
            self.wanted = Some(Instant::now());
        }
        self.wanted.is_some_and(|last| last.elapsed() < linger)
    }

    /// From now on nothing is known: the next look tells nothing.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// A look failed. The next one says that something is missed, if nothing else.
    pub(super) fn fail(&mut self) -> u64 {
        self.failed = true;
        std::mem::take(&mut self.waiting)
    }

    /// What has come in since the last look, oldest first, and how many more there are: those that no look at the newest finds,
    /// because too many came or because their time is long past.
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
