//! Pages of stored events.

use std::cmp::Reverse;

use compact_str::CompactString;
use quipu_core::{AnswerMemory, Event, EventPage, EventQuery, MemoryHold, Result};

use crate::held::Records;
use crate::text::occurs_in;
use crate::traces::page_of;

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

impl Records {
    pub(crate) fn events_of(&self, query: &EventQuery) -> Result<EventPage> {
        let (mut rows, mut hold) = (Vec::new(), AnswerMemory::current().hold(0)?);
        for row in self.events.iter().filter(|(_, event)| fits(query, event)) {
            hold.grow(size_of_val(&row))?;
            rows.push(row);
        }
        let place = |number: i64, event: &Event| Reverse((event.time, number));
        rows.sort_by_key(|(number, event)| place(**number, event));
        let after = query.cursor.map(Reverse);
        let rest = rows
            .into_iter()
            .filter(|(number, event)| after.is_none_or(|after| place(**number, event) > after));
        let (rows, more) = page_of(rest, query.limit, |(_, event)| event.bytes());
        let next = rows.last().filter(|_| more).map(|(number, event)| (event.time, **number));
        let rows = rows.into_iter().map(|(_, event)| event.clone()).collect();
        Ok(EventPage { rows, next, hold: MemoryHold::default() })
    }
}
