//! Sums over tool runs.

use std::cmp::Reverse;
use std::collections::HashMap;

use compact_str::CompactString;
use quipu_core::locks::Mutex;
use quipu_core::{AnswerMemory, FacetField, GroupTable, Result, Timestamp, ToolGroup, TraceFilter};
use rusqlite::params_from_iter;

use crate::bounds::Bounds;
use crate::codec::{MARK_FAILED, MARK_TOOL, span_of_key};
use crate::days::{Failure, Runs, ToolRuns};
use crate::fault;
use crate::folder::Day;
use crate::read::day_tools::{DayTools, Table, To, ToolName};
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

/// One group per tool, most runs first. If the tools of all days exceed the memory of the answer, the last
/// group has the sums of the last ones by name.
pub(crate) fn groups(shared: &Shared, filter: &TraceFilter) -> Result<Vec<ToolGroup>> {
    let days = days_of_rows(shared, filter)?;
    let bounds: HashMap<Day, Bounds> = days.iter().copied().collect();
    let days: Vec<Day> = days.into_iter().map(|(day, _)| day).collect();
    let states = shared.days.before(&days);
    let table: Table = Mutex::new(GroupTable::new(&AnswerMemory::current())?);
    shared.ask_all(&days, |reader| {
        let bounds = bounds.get(&reader.day).copied().unwrap_or_default();
        let state = states.get(&reader.day).filter(|_| !shared.read_only && means_all(filter, bounds.calls));
        if let Some((state, version)) = state
            && let Some(tools) = state.tools(*version, || few_in(shared, reader, &bounds))?
        {
            let mut table = table.lock();
            let mut tools = tools.iter();
            return Ok(tools.try_for_each(|(tool, runs)| table.add(ToolName(tool.clone()), runs.clone()))?);
        }
        let to = To::Table(&table);
        runs_in(shared, reader, filter, &bounds, to).map(drop)
    })?;
    let (mut groups, rest, _hold) = table.into_inner().into_rows(|ToolName(tool), runs| group(tool, runs))?;
    let place = |group: &ToolGroup| (Reverse(group.calls), Reverse(group.inferred));
    groups
        .sort_unstable_by(|one, other| place(one).cmp(&place(other)).then_with(|| one.tool.cmp(&other.tool)));
    groups.extend(rest.map(|rest| ToolGroup { rest: true, ..group(CompactString::default(), rest) }));
    Ok(groups)
}

/// The runs of a whole day; `None` if there are too many tools to cache.
fn few_in(shared: &Shared, reader: &DayReader<'_>, bounds: &Bounds) -> fault::Result<Option<ToolRuns>> {
    runs_in(shared, reader, &TraceFilter::default(), bounds, To::Memory)
}

fn group(tool: CompactString, runs: Runs) -> ToolGroup {
    let at = |(time, trace, span, _): &Failure| {
        Some((Timestamp::from_nanos(*time), *trace, span_of_key(*span).ok()?))
    };
    ToolGroup {
        tool,
        last_failed: runs.failure.as_ref().and_then(at),
        calls: runs.figures.calls(),
        errors: runs.figures.errors(),
        last_error: runs.failure.and_then(|(.., error)| error),
        inferred: runs.figures.inferred(),
        latency: runs.figures.latency,
        rest: false,
    }
}

fn runs_in(
    shared: &Shared,
    reader: &DayReader<'_>,
    filter: &TraceFilter,
    bounds: &Bounds,
    to: To<'_>,
) -> fault::Result<Option<ToolRuns>> {
    let seen = rows(shared, reader, filter)?;
    let told = inferred::rows(shared, reader, filter)?;
    let mut tools = DayTools::new(reader, seen.clone(), to)?;
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
        add(reader, (seen, told), filter, &mut tools)?;
    }
    tools.finish()
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
    tools: &mut DayTools<'_>,
) -> fault::Result<()> {
    let Some(own) = OF_TOOL.all(reader.conn, filter)? else { return Ok(()) };
    let mut look = reader
        .conn
        .prepare_cached(&format!("SELECT tool, figures FROM by_tool WHERE hour >= ?1 AND hour < ?2{own}"))?;
    let mut rows = look.query([hours.0, hours.1])?;
    while let Some(row) = rows.next()? {
        if let Some(figures) = tools.of(row.get(0)?)? {
            figures.add_packed(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
        }
    }
    Ok(())
}

/// Adds runs that spans tell of, and runs that only messages tell of.
fn add(
    reader: &DayReader<'_>,
    (seen, told): (Option<Condition>, Option<Condition>),
    filter: &TraceFilter,
    tools: &mut DayTools<'_>,
) -> fault::Result<()> {
    if let Some(rows) = seen {
        add_rows(reader, &rows, tools)?;
    }
    match told {
        Some(rows) => inferred::add(reader, &rows, filter, tools),
        None => Ok(()),
    }
}

fn add_rows(reader: &DayReader<'_>, rows: &Condition, tools: &mut DayTools<'_>) -> fault::Result<()> {
    let sql = format!("SELECT c.tool, c.marks, c.dur FROM {} WHERE {}", rows.from, rows.sql);
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut found = look.query(params_from_iter(&rows.args))?;
    while let Some(row) = found.next()? {
        let (marks, duration): (i64, Option<i64>) = (row.get(1)?, row.get(2)?);
        let Some(figures) = tools.of(row.get(0)?)? else { continue };
        figures.calls += 1;
        figures.errors += i64::from(marks & MARK_FAILED != 0);
        if let Some(duration) = duration {
            figures.latency.add(duration, 1);
        }
    }
    Ok(())
}
