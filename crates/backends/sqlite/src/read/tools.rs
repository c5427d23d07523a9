//! Sums over tool runs.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{AnswerMemory, FacetField, Result, Timestamp, ToolGroup, TraceFilter};
use rusqlite::params_from_iter;
use rusqlite::types::Value;

use crate::bounds::Bounds;
use crate::codec::{Figures, MARK_FAILED, MARK_TOOL, Names, TextOf, trace_id};
use crate::days::{Failure, Runs, ToolRuns};
use crate::fault;
use crate::folder::Day;
use crate::read::filter::{Condition, means_all};
use crate::read::inferred;
use crate::read::own::Own;
use crate::read::usage::{Window, days_of_rows};
use crate::read::usage_rows::{rows_of_traces, trace_part};
use crate::readers::DayReader;
use crate::shared::Shared;

/// Fields that a tool run's ledger row `c` answers.
const OF_RUNS: Own = Own {
    columns: &[
        (FacetField::Tool, "c.tool"),
        (FacetField::Agent, "c.agent"),
        (FacetField::Service, "c.service"),
        (FacetField::Framework, "c.framework"),
    ],
};
/// Fields that the rollup by tool answers.
const OF_TOOL: Own = Own { columns: &[(FacetField::Tool, "tool")] };

/// Memory of a tool's figures with its latest failure, without its name.
const TOOL: usize = 1_024;

/// One group per tool, most runs first.
pub(crate) fn groups(shared: &Shared, filter: &TraceFilter) -> Result<Vec<ToolGroup>> {
    let days = days_of_rows(shared, filter)?;
    let bounds: HashMap<Day, Bounds> = days.iter().copied().collect();
    let days: Vec<Day> = days.into_iter().map(|(day, _)| day).collect();
    let states = shared.days.before(&days);
    let found = shared.ask_all(&days, |reader| {
        let bounds = bounds.get(&reader.day).copied().unwrap_or_default();
        let state = states.get(&reader.day).filter(|_| !shared.read_only && means_all(filter, bounds.calls));
        match state {
            Some((state, version)) => {
                state.tools(*version, || runs_in(shared, reader, &TraceFilter::default(), &bounds))
            }
            None => runs_in(shared, reader, filter, &bounds).map(Arc::new),
        }
    })?;
    let mut tools: BTreeMap<CompactString, Runs> = BTreeMap::new();
    let mut hold = AnswerMemory::current().hold(0)?;
    for (tool, runs) in found.iter().flat_map(|(_, tools)| tools.iter()) {
        if !tools.contains_key(tool) {
            hold.grow(TOOL + tool.len())?;
        }
        let known = tools.entry(tool.clone()).or_default();
        known.figures.add(&runs.figures, 1);
        known.failure = known.failure.take().max(runs.failure.clone());
    }
    let mut groups: Vec<ToolGroup> = tools.into_iter().map(|(tool, runs)| group(tool, runs)).collect();
    let place = |group: &ToolGroup| (Reverse(group.calls), Reverse(group.inferred), group.tool.clone());
    groups.sort_by_cached_key(place);
    Ok(groups)
}

fn group(tool: CompactString, runs: Runs) -> ToolGroup {
    ToolGroup {
        tool,
        calls: runs.figures.calls(),
        errors: runs.figures.errors(),
        last_error: runs.failure.and_then(|(.., error)| error),
        inferred: runs.figures.inferred(),
        latency: runs.figures.latency,
    }
}

fn runs_in(
    shared: &Shared,
    reader: &DayReader<'_>,
    filter: &TraceFilter,
    bounds: &Bounds,
) -> fault::Result<ToolRuns> {
    let names = Names::new(reader.conn);
    let seen = rows(shared, reader, filter)?;
    let told = inferred::rows(shared, reader, filter)?;
    let mut tools: HashMap<i64, Figures> = HashMap::new();
    let other_terms = filter.terms.iter().filter(|term| !OF_TOOL.has(term)).cloned().collect();
    let of_run_only = TraceFilter { tool: None, terms: other_terms, ..filter.clone() };
    let named = [&filter.model, &filter.agent, &filter.service, &filter.framework];
    let by_hour = !of_run_only.needs_trace() && named.iter().all(|name| name.is_none());
    if by_hour {
        let window = Window::of(filter, bounds);
        add_rollup(reader, filter, window.hours, &mut tools)?;
        for (since, until) in window.edges {
            let within =
                |rows: &Option<Condition>| rows.clone().map(|rows| rows.within(Some(since), Some(until)));
            add(reader, (within(&seen), within(&told)), filter, &mut tools)?;
        }
    } else {
        let times = [filter.since, filter.until].map(|time| time.map(Timestamp::nanos));
        let told = told.map(|rows| rows.within(times[0], times[1]));
        add(reader, (seen.clone(), told), filter, &mut tools)?;
    }
    let _hold = AnswerMemory::current().hold(tools.len() * TOOL)?;
    let mut named = Vec::with_capacity(tools.len());
    for (tool, figures) in tools {
        let failure = match figures.errors() {
            0 => None,
            _ => seen.as_ref().map(|rows| last_failure(reader, rows, tool)).transpose()?.flatten(),
        };
        if let Some(name) = names.text(Some(tool))? {
            named.push((name, Runs { figures, failure }));
        }
    }
    Ok(named)
}

/// The matching runs. The filter's times, agent, service, framework and tool apply to the run itself.
fn rows(shared: &Shared, reader: &DayReader<'_>, filter: &TraceFilter) -> fault::Result<Option<Condition>> {
    let of_trace = TraceFilter { model: filter.model.clone(), tool: None, ..trace_part(filter, OF_RUNS) };
    let Some(mut rows) = rows_of_traces(shared, reader, &of_trace)? else {
        return Ok(None);
    };
    rows.sql.push_str(&format!(" AND c.marks & {MARK_TOOL} != 0 AND c.tool IS NOT NULL"));
    if let Some(since) = filter.since {
        rows.and("c.time >= ?", since.nanos());
    }
    if let Some(until) = filter.until {
        rows.and("c.time < ?", until.nanos());
    }
    let Some(own) = OF_RUNS.all(reader.conn, filter)? else { return Ok(None) };
    rows.sql.push_str(&own);
    Ok(Some(rows))
}

fn add_rollup(
    reader: &DayReader<'_>,
    filter: &TraceFilter,
    hours: (i64, i64),
    tools: &mut HashMap<i64, Figures>,
) -> fault::Result<()> {
    let Some(own) = OF_TOOL.all(reader.conn, filter)? else { return Ok(()) };
    let mut look = reader
        .conn
        .prepare_cached(&format!("SELECT tool, figures FROM by_tool WHERE hour >= ?1 AND hour < ?2{own}"))?;
    let mut rows = look.query([hours.0, hours.1])?;
    while let Some(row) = rows.next()? {
        let figures: Figures = Figures::unpack(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
        tools.entry(row.get(0)?).or_default().add(&figures, 1);
    }
    Ok(())
}

/// Adds runs that spans tell of, and runs that only messages tell of.
fn add(
    reader: &DayReader<'_>,
    (seen, told): (Option<Condition>, Option<Condition>),
    filter: &TraceFilter,
    tools: &mut HashMap<i64, Figures>,
) -> fault::Result<()> {
    if let Some(rows) = seen {
        add_rows(reader, &rows, tools)?;
    }
    match told {
        Some(rows) => inferred::add(reader, &rows, filter, tools),
        None => Ok(()),
    }
}

fn add_rows(
    reader: &DayReader<'_>,
    rows: &Condition,
    tools: &mut HashMap<i64, Figures>,
) -> fault::Result<()> {
    let sql = format!("SELECT c.tool, c.marks, c.dur FROM {} WHERE {}", rows.from, rows.sql);
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut found = look.query(params_from_iter(&rows.args))?;
    while let Some(row) = found.next()? {
        let figures = tools.entry(row.get(0)?).or_default();
        figures.calls += 1;
        figures.errors += i64::from(row.get::<_, i64>(1)? & MARK_FAILED != 0);
        if let Some(duration) = row.get::<_, Option<i64>>(2)? {
            figures.latency.add(duration, 1);
        }
    }
    Ok(())
}

/// The latest failed run of a tool; of several at the same time, that of the last trace and span.
fn last_failure(reader: &DayReader<'_>, rows: &Condition, tool: i64) -> fault::Result<Option<Failure>> {
    let failed = MARK_TOOL | MARK_FAILED;
    let sql = format!(
        "SELECT c.time, t.trace, e.id, e.error FROM {} JOIN spans e ON e.pk = c.pk \
         WHERE {} AND c.tool = ? AND (c.marks & {failed}) = {failed} ORDER BY c.time DESC, t.trace DESC, e.id DESC LIMIT 1",
        rows.from, rows.sql
    );
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut found = look.query(params_from_iter(rows.args.iter().chain([&Value::Integer(tool)])))?;
    match found.next()? {
        None => Ok(None),
        Some(row) => Ok(Some((row.get(0)?, trace_id(row, 1)?, row.get(2)?, row.get(3)?))),
    }
}
