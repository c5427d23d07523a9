//! Sums over events.

use quipu_core::{Criterion, EventQuery, FacetField, Level, TraceFilter, WorkKey, WorkQuery};
use rusqlite::params_from_iter;

use crate::codec::decode_event;
use crate::fault::Result;
use crate::read::events::{conditions, has_text};
use crate::read::own::Own;
use crate::read::work::Groups;
use crate::read::work::sums::{Table, key_columns};
use crate::readers::DayReader;

/// Fields that an event `e` answers.
const OWN: Own = Own {
    columns: &[
        (FacetField::Session, "e.session"),
        (FacetField::Agent, "e.agent"),
        (FacetField::Framework, "e.framework"),
    ],
};

const fn column(by: WorkKey) -> &'static str {
    match by {
        WorkKey::Service => "e.resource",
        WorkKey::Framework => "e.framework",
        WorkKey::Agent => "e.agent",
        WorkKey::Name => "e.name",
        WorkKey::Status => "e.level",
        WorkKey::Session => "e.session",
        WorkKey::Step(_)
        | WorkKey::Model
        | WorkKey::Tool
        | WorkKey::Kind
        | WorkKey::Error
        | WorkKey::User => "NULL",
    }
}

/// Texts that an event must or must not contain, in lower case.
fn texts(filter: &TraceFilter) -> Vec<(bool, String)> {
    let terms = filter.terms.iter().filter_map(|term| match &term.criterion {
        Criterion::Words(words) => Some((!term.not, words.to_lowercase())),
        _ => None,
    });
    filter.q.iter().map(|q| (true, q.to_lowercase())).chain(terms).collect()
}

/// Adds the sums of a day's events.
pub(crate) fn sums(reader: &DayReader<'_>, query: &WorkQuery, table: &Table) -> Result<()> {
    let filter = &query.filter;
    let asked = EventQuery {
        since: filter.since,
        until: filter.until,
        level: query.failed.then_some(Level::Error),
        session: filter.session.clone(),
        agent: filter.agent.clone(),
        framework: filter.framework.clone(),
        ..EventQuery::default()
    };
    let (Some(events), Some(own)) = (conditions(reader, &asked)?, OWN.terms(reader.conn, &filter.terms)?)
    else {
        return Ok(());
    };
    let texts = texts(filter);
    let keys = key_columns(&query.group_by, column);
    let (body, join) = match texts.is_empty() {
        true => ("", ""),
        false => (", e.name, b.z", " CROSS JOIN event_bodies b ON b.pk = e.pk"),
    };
    let sql = format!(
        "SELECT e.time, NULL, e.level >= {}, NULL, NULL, CASE WHEN e.trace IS NOT NULL THEN e.pk END{keys}{body} \
         FROM {}{join} WHERE {}{own}",
        Level::Error as i64,
        events.from,
        events.sql
    );
    let mut groups = Groups::new(reader.conn, query, table);
    let mut look = reader.conn.prepare_cached(&sql)?;
    let width = look.column_count();
    let mut rows = look.query(params_from_iter(&events.args))?;
    let names = crate::codec::Names::new(reader.conn);
    while let Some(row) = rows.next()? {
        if !texts.is_empty() {
            let packed = row.get_ref(width - 1)?.as_blob().map_err(rusqlite::Error::from)?;
            let body = decode_event(&reader.unpack(packed)?)?;
            let name = crate::codec::TextOf::text(&names, row.get(width - 2)?)?.unwrap_or_default();
            if texts
                .iter()
                .any(|(wanted, text)| has_text(&name, &body.body, &body.attributes, text) != *wanted)
            {
                continue;
            }
        }
        groups.add(row)?;
    }
    groups.flush()
}
