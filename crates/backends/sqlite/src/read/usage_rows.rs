//! Ledger rows of a query, read one by one.

use quipu_core::{AnswerMemory, Billing, FacetField, GroupBy, MemoryHold, TraceFilter, UsageQuery};
use rusqlite::{Row, params_from_iter};

use crate::codec::{CallRow, DimKind, MARK_USAGE};
use crate::fault::Result;
use crate::read::filter::{Condition, ConditionUse, condition};
use crate::read::own::Own;
use crate::read::usage::Groups;
use crate::read::usage_keys::Keys;
use crate::readers::DayReader;
use crate::shared::Shared;

/// Fields that ledger rows `c` of usage answer.
pub(crate) const OF_CALLS: Own = Own {
    columns: &[
        (FacetField::Model, "c.model"),
        (FacetField::Agent, "c.agent"),
        (FacetField::Service, "c.service"),
        (FacetField::Framework, "c.framework"),
    ],
};

/// The part of a filter that only a row's trace can answer. `own` lists the fields that rows answer
/// themselves.
pub(crate) fn trace_part(filter: &TraceFilter, own: Own) -> TraceFilter {
    TraceFilter {
        since: None,
        until: None,
        model: None,
        agent: None,
        service: None,
        framework: None,
        terms: filter.terms.iter().filter(|term| !own.has(term)).cloned().collect(),
        ..filter.clone()
    }
}

/// The tables and condition of ledger rows `c` (with their trace `t`) whose trace must match `of_trace`.
pub(crate) fn rows_of_traces(
    shared: &Shared,
    reader: &DayReader<'_>,
    of_trace: &TraceFilter,
) -> Result<Option<Condition>> {
    let Some(mut found) = condition(shared, reader, of_trace, ConditionUse::Rows)? else {
        return Ok(None);
    };
    let few = found.from != "traces t" || of_trace.session.is_some() || of_trace.user.is_some();
    found.from = if few {
        format!("{} CROSS JOIN spans s ON s.tr = t.pk CROSS JOIN calls c ON c.pk = s.pk", found.from)
    } else {
        "calls c JOIN traces t ON t.pk = c.tr".into()
    };
    Ok(Some(found))
}

/// Adds the rows of a time range (or of the filter's times) to their groups.
pub(crate) fn add(
    shared: &Shared,
    reader: &DayReader<'_>,
    query: &UsageQuery,
    time: Option<(i64, i64)>,
    groups: &mut Groups<'_>,
) -> Result<()> {
    let Some(mut from) = usage_rows(shared, reader, &query.filter, time)? else {
        return Ok(());
    };
    let of_trace = [GroupBy::Session, GroupBy::User, GroupBy::Project, GroupBy::Commit, GroupBy::Branch];
    let asks_trace = query.group_by.iter().any(|by| of_trace.contains(by));
    if !asks_trace && !trace_part(&query.filter, OF_CALLS).needs_trace() {
        from.from = "calls c".into();
    }
    let names = |by: GroupBy, kind: DimKind| -> Result<Option<TraceNames>> {
        query.group_by.contains(&by).then(|| names_of(reader, kind)).transpose()
    };
    let tags = names(GroupBy::Tag, DimKind::Tag)?;
    let environments = names(GroupBy::Environment, DimKind::Environment)?;
    let versions = names(GroupBy::Version, DimKind::Version)?;
    let sql = format!("SELECT {}, c.tr FROM {} WHERE {}", columns(&query.group_by), from.from, from.sql);
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut rows = look.query(params_from_iter(&from.args))?;
    while let Some(row) = rows.next()? {
        let call = CallRow::of_row(row, 0)?;
        let cost = call.bare_cost()?;
        let keys = keys_of(row, &call, cost.billing)?;
        let of = row.get(20)?;
        for (_, tag) in of_trace_or_none(tags.as_ref(), of) {
            for (_, environment) in of_trace_or_none(environments.as_ref(), of) {
                for (_, version) in of_trace_or_none(versions.as_ref(), of) {
                    let (tag, environment, version) = (*tag, *environment, *version);
                    groups.add_row(&Keys { tag, environment, version, ..keys }, &cost)?;
                }
            }
        }
    }
    Ok(())
}

/// Columns with names of a ledger row, and the keys that need them.
const NAMES_OF_CALL: [(&str, GroupBy); 7] = [
    ("c.service", GroupBy::Service),
    ("c.framework", GroupBy::Framework),
    ("c.convention", GroupBy::Convention),
    ("c.agent", GroupBy::Agent),
    ("c.tool", GroupBy::Tool),
    ("c.provider", GroupBy::Provider),
    ("c.model", GroupBy::Model),
];

/// Columns with names of its trace, and the keys that need them.
const NAMES_OF_TRACE: [(&str, GroupBy); 5] = [
    ("t.session", GroupBy::Session),
    ("t.user", GroupBy::User),
    ("t.project", GroupBy::Project),
    ("t.revision", GroupBy::Commit),
    ("t.branch", GroupBy::Branch),
];

/// The columns of a ledger row and the names of its trace. Names that no key needs are null, because finding
/// the columns of a row takes much of the time of a sum.
fn columns(group_by: &[GroupBy]) -> String {
    let of_call = call_columns();
    let of_trace = NAMES_OF_TRACE.iter().map(|(column, _)| *column);
    let unneeded = NAMES_OF_CALL.iter().chain(&NAMES_OF_TRACE).filter(|(_, by)| !group_by.contains(by));
    let unneeded: Vec<&str> = unneeded.map(|(column, _)| *column).collect();
    let columns = of_call.split(", ").chain(of_trace);
    let columns = columns.map(|column| if unneeded.contains(&column) { "NULL" } else { column });
    columns.collect::<Vec<_>>().join(", ")
}

/// The grouping keys of a row of `add`, without those of which its trace can have several.
fn keys_of(row: &Row<'_>, call: &CallRow, billing: Billing) -> Result<Keys> {
    let name = |id: Option<i64>| id.unwrap_or(0);
    Ok(Keys {
        time: call.time,
        provider: name(call.provider),
        model: name(call.model),
        agent: name(call.agent),
        service: name(call.service),
        framework: name(call.framework),
        convention: name(call.convention),
        session: name(row.get(15)?),
        user: name(row.get(16)?),
        tool: name(call.tool),
        tag: 0,
        environment: 0,
        version: 0,
        labels: [name(row.get(17)?), name(row.get(18)?), name(row.get(19)?)],
        billing,
    })
}

/// The rows that add to usage in a time range, or in the filter's times; `None` if there can be none.
pub(crate) fn usage_rows(
    shared: &Shared,
    reader: &DayReader<'_>,
    filter: &TraceFilter,
    time: Option<(i64, i64)>,
) -> Result<Option<Condition>> {
    let Some(mut from) = rows_of_traces(shared, reader, &trace_part(filter, OF_CALLS))? else {
        return Ok(None);
    };
    from.sql.push_str(&format!(" AND c.marks & {MARK_USAGE} != 0"));
    let (since, until) = time.unzip();
    if let Some(since) = since.or(filter.since.map(quipu_core::Timestamp::nanos)) {
        from.and("c.time >= ?", since);
    }
    if let Some(until) = until.or(filter.until.map(quipu_core::Timestamp::nanos)) {
        from.and("c.time < ?", until);
    }
    let Some(own) = OF_CALLS.all(reader.conn, filter)? else { return Ok(None) };
    from.sql.push_str(&own);
    Ok(Some(from))
}

/// The columns of a ledger row `c`.
pub(crate) fn call_columns() -> String {
    let columns: Vec<String> =
        CallRow::COLUMNS.split(", ").map(|column| format!("c.{}", column.trim())).collect();
    columns.join(", ")
}

/// The names of one kind of a day's traces that have some.
struct TraceNames {
    /// Traces with their names, both by number, in order.
    pairs: Vec<(i64, i64)>,
    _hold: MemoryHold,
}

impl TraceNames {
    /// The pairs of a trace.
    fn of(&self, trace: i64) -> &[(i64, i64)] {
        let first = self.pairs.partition_point(|(of, _)| *of < trace);
        let of_it = self.pairs[first..].partition_point(|(of, _)| *of == trace);
        &self.pairs[first..first + of_it]
    }
}

/// The names of a trace with its number, or one 0 for none.
fn of_trace_or_none(names: Option<&TraceNames>, trace: i64) -> &[(i64, i64)] {
    match names.map_or(&[][..], |names| names.of(trace)) {
        [] => &[(0, 0)],
        names => names,
    }
}

fn names_of(reader: &DayReader<'_>, kind: DimKind) -> Result<TraceNames> {
    let mut look = reader.conn.prepare_cached(
        "SELECT n.tr, n.dim FROM dims d CROSS JOIN trace_dims n ON n.dim = d.id WHERE d.kind = ?1",
    )?;
    let mut rows = look.query([kind as i64])?;
    let (mut pairs, mut hold) = (Vec::new(), AnswerMemory::current().hold(0)?);
    while let Some(row) = rows.next()? {
        if pairs.len() == pairs.capacity() {
            // The old and the new memory exist at the same time while it grows.
            let grown = 2 * pairs.len().max(64);
            hold.set((grown + pairs.len()) * size_of::<(i64, i64)>())?;
            pairs.reserve_exact(grown - pairs.len());
        }
        pairs.push((row.get(0)?, row.get(1)?));
    }
    pairs.sort_unstable();
    Ok(TraceNames { pairs, _hold: hold })
}
