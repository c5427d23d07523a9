//! Pages of stored events.

use std::cmp::Reverse;

use compact_str::CompactString;
use quipu_core::{AnswerMemory, Event, EventPage, EventQuery, MemoryHold, Result};

use crate::page::page_of;
use crate::text::occurs_in;

/// Whether all of a question for events holds for one.
pub(crate) fn fits(query: &EventQuery, event: &Event) -> bool {
    let is = |wanted: &Option<String>, have: Option<&CompactString>| {
        wanted.as_ref().is_none_or(|wanted| have.is_some_and(|have| have == wanted))
    };
    query.since.is_none_or(|since| event.time >= since)
        && query.until.is_none_or(|until| event.time < until)
        && query.level.is_none_or(|level| event.level >= level)
        && is(&query.name, Some(&event.name))
        && is(&query.session, event.session.as_ref())
        && is(&query.agent, event.agent.as_ref())
        && is(&query.framework, event.framework.as_ref())
        && query.trace_id.is_none_or(|trace_id| event.trace_id == Some(trace_id))
        && query.q.as_ref().is_none_or(|q| has_text(event, &q.to_lowercase()))
}

fn has_text(event: &Event, wanted: &str) -> bool {
    event.name.to_lowercase().contains(wanted)
        || occurs_in(&event.body, wanted)
        || event.attributes.iter().any(|(_, value)| occurs_in(value, wanted))
}

/// One page of events.
pub struct EventList<'q> {
    query: &'q EventQuery,
    rows: Vec<(i64, Event)>,
    hold: MemoryHold,
}

impl<'q> EventList<'q> {
    /// The page that a query asks for.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub fn new(query: &'q EventQuery) -> Result<Self> {
        Ok(Self { query, rows: Vec::new(), hold: AnswerMemory::current().hold(0)? })
    }

    /// Whether the page is full, so that older events add nothing.
    pub fn is_full(&self) -> bool {
        self.rows.len() > self.query.limit.max(1)
    }

    /// Adds an event with its number in the store.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub fn add(&mut self, number: i64, event: &Event) -> Result<()> {
        let after = self.query.cursor.is_none_or(|after| (event.time, number) < after);
        if after && fits(self.query, event) {
            self.hold.grow(size_of::<(i64, Event)>())?;
            self.rows.push((number, event.clone()));
        }
        Ok(())
    }

    /// The page.
    pub fn finish(self) -> EventPage {
        let mut rows = self.rows;
        rows.sort_by_key(|(number, event)| Reverse((event.time, *number)));
        let (rows, more) = page_of(rows.into_iter(), self.query.limit, |(_, event)| event.bytes());
        let next = rows.last().filter(|_| more).map(|(number, event)| (event.time, *number));
        let rows = rows.into_iter().map(|(_, event)| event).collect();
        EventPage { rows, next, hold: MemoryHold::default() }
    }
}
