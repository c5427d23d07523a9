//! Pages of events over all shards.

use std::cmp::Reverse;
use std::sync::Arc;

use quipu_core::{AnswerMemory, Event, EventPage, EventQuery, Result, Timestamp};

use crate::merge::{Part, merged};
use crate::shards::Shards;

/// An event with its shard and its place in the shard's page.
struct Placed {
    shard: usize,
    at: usize,
    event: Event,
}

impl Placed {
    fn key(&self) -> (Reverse<Timestamp>, usize, usize) {
        (Reverse(self.event.time), self.shard, self.at)
    }
}

impl Shards {
    /// One page, newest first. Events of the same time come shard by shard. The number in the cursor is the
    /// number of events of its time that earlier pages had.
    pub(crate) async fn page_of_events(&self, query: &EventQuery) -> Result<EventPage> {
        let limit = query.limit.max(1);
        let (time, had) = match query.cursor {
            Some((time, had)) => (Some(time), usize::try_from(had).unwrap_or(0)),
            None => (None, 0),
        };
        // Every shard begins with the first event of that time again.
        let asked = Arc::new(EventQuery {
            limit: limit.saturating_add(had),
            cursor: time.map(|time| (time, i64::MAX)),
            ..query.clone()
        });
        let pages = self
            .each(move |store| {
                let query = Arc::clone(&asked);
                async move { store.events(&query).await }
            })
            .await?;
        let mut hold = AnswerMemory::current().hold(0)?;
        let mut parts = Vec::with_capacity(pages.len());
        for (shard, page) in pages {
            hold.append(page.hold);
            let rows = page.rows.into_iter().enumerate().map(|(at, event)| Placed { shard, at, event });
            parts.push(Part { more: page.next.is_some(), rows: rows.collect() });
        }
        let (mut rows, more) = merged(parts, limit.saturating_add(had), Placed::key);
        let skipped = rows.iter().take(had).take_while(|row| Some(row.event.time) == time).count();
        rows.drain(..skipped);
        let most = AnswerMemory::current().page_bytes();
        let mut bytes = 0_usize;
        let fits = |row: &&Placed| {
            let before = bytes;
            bytes = bytes.saturating_add(row.event.bytes());
            before < most
        };
        let page = rows.iter().take(limit).take_while(fits).count();
        let more = more || rows.len() > page;
        rows.truncate(page);
        let next = rows.last().filter(|_| more).map(|last| {
            let same = rows.iter().filter(|row| row.event.time == last.event.time).count();
            let before = if Some(last.event.time) == time { skipped } else { 0 };
            (last.event.time, i64::try_from(same + before).unwrap_or(i64::MAX))
        });
        Ok(EventPage { rows: rows.into_iter().map(|row| row.event).collect(), next, hold })
    }
}
