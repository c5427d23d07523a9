//! Names of a day that some row still refers to.

use std::collections::HashSet;

use rusqlite::Connection;

use crate::codec::{DimKind, Picks};
use crate::fault::Result;

/// Kinds of names that may identify a person, or are numerous. They are removed with their last record.
pub(super) const OWN_NAMES: [DimKind; 13] = [
    DimKind::SpanName,
    DimKind::Session,
    DimKind::User,
    DimKind::EventName,
    DimKind::Service,
    DimKind::Agent,
    DimKind::Tool,
    DimKind::Tag,
    DimKind::Project,
    DimKind::Revision,
    DimKind::Branch,
    DimKind::Metric,
    DimKind::Unit,
];

/// Columns with the numbers of names. Picks of traces refer to more names.
const NAMING: [(&str, &[&str]); 10] = [
    ("spans", &["name", "session", "user", "agent", "tool"]),
    ("traces", &["name", "session", "user", "service", "project", "revision", "branch"]),
    ("trace_dims", &["dim"]),
    ("origins", &["service"]),
    ("calls", &["service", "agent", "tool"]),
    ("by_agent", &["agent"]),
    ("by_source", &["service"]),
    ("by_tool", &["tool"]),
    ("events", &["name", "session", "agent"]),
    ("series", &["name", "unit"]),
];

/// The numbers in a query's result.
pub(super) fn numbers(conn: &Connection, sql: &str) -> Result<HashSet<i64>> {
    let mut look = conn.prepare(sql)?;
    let found = look.query_map([], |row| row.get::<_, Option<i64>>(0))?;
    Ok(found.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// The used names of [`OWN_NAMES`].
pub(super) fn named(to: &Connection) -> Result<HashSet<i64>> {
    let mut named = HashSet::new();
    for (table, columns) in NAMING {
        for column in columns {
            named.extend(numbers(to, &format!("SELECT DISTINCT {column} FROM {table}"))?);
        }
    }
    let mut look = to.prepare("SELECT picks FROM traces")?;
    let mut rows = look.query([])?;
    while let Some(row) = rows.next()? {
        let picks: Picks = postcard::from_bytes(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?;
        named.extend(
            picks
                .lead
                .iter()
                .flat_map(|lead| [Some(lead.name), lead.session, lead.user, lead.service])
                .flatten(),
        );
        named.extend([picks.session, picks.user].into_iter().flatten().map(|pick| pick.value));
    }
    Ok(named)
}
