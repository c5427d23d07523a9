//! Events as they come in.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use quipu_core::{Event, EventQuery, Result, Store};

/// Events of one look, the newest.
const LOOK: usize = 100;

/// Which events were told: those of the last look are known again.
#[derive(Default)]
pub(super) struct Arrivals {
    known: Option<HashSet<u64>>,
    /// Events that came in since the last look.
    pub(super) waiting: u64,
}

impl Arrivals {
    /// From now on nothing is known: the next look tells nothing.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// What has come in since the last look, oldest first, and how much more there is.
    pub(super) async fn look(&mut self, store: &dyn Store) -> Result<(Vec<Event>, u64)> {
        if self.known.is_some() && self.waiting == 0 {
            return Ok((Vec::new(), 0));
        }
        let page = store.events(&EventQuery { limit: LOOK, ..EventQuery::default() }).await?;
        let waiting = std::mem::take(&mut self.waiting);
        let now: HashSet<u64> = page.rows.iter().map(mark).collect();
        let Some(before) = self.known.replace(now) else { return Ok((Vec::new(), 0)) };
        let new: Vec<Event> = page.rows.into_iter().filter(|event| !before.contains(&mark(event))).collect();
        // Where a whole page is new there may be more behind it.
        let missed = if new.len() == LOOK { waiting.saturating_sub(LOOK as u64) } else { 0 };
        Ok((new.into_iter().rev().collect(), missed))
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
