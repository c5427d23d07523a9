//! Trace filter as SQL for one day. Names become that day's numbers, and the rarest name drives the search.

use quipu_core::TraceFilter;
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::codec::{DimKind, find, trace_status_number};
use crate::fault::Result;
use crate::folder::Day;
use crate::read::hits::{Hits, hits};
use crate::read::terms::{STATUSES, add_terms};
use crate::readers::DayReader;
use crate::shared::Shared;

/// Maximum number of a name's traces for which starting from the name is faster than from the times.
pub(crate) const RARE: i64 = 2_000;
/// Maximum number of spans with a word whose traces are always put into a table.
pub(crate) const FEW: usize = 2_000;
/// Cost of a trace found through words, as a multiple of the cost of testing the spans of a visited trace.
const TESTS_A_TRACE: i64 = 8;

/// All traces of a day.
const ALL: &str = "traces t";

/// The tables to select from (the trace is `t`), and the condition.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) from: String,
    pub(crate) sql: String,
    pub(crate) args: Vec<Value>,
    /// Whether traces are tested by words, which is the most expensive test.
    pub(crate) tested: bool,
}

impl Condition {
    /// Selects everything.
    pub(crate) fn of(from: &str) -> Self {
        Self { from: from.into(), sql: "1".into(), args: Vec::new(), tested: false }
    }

    /// Finds the traces by the result `tr` of this statement, if it has few rows and no rarer name drives the
    /// search already.
    pub(crate) fn or_found_by(&mut self, conn: &Connection, found_by: &str) -> Result<()> {
        if self.from == ALL {
            let driver = Driver::found_by(conn, found_by)?;
            if driver.all {
                self.from = driver.from;
            }
        }
        Ok(())
    }

    /// Adds a condition with one value.
    pub(crate) fn and(&mut self, sql: &str, arg: impl Into<Value>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
        self.args.push(arg.into());
    }

    /// The ledger rows `c` among them from one time on until before another.
    pub(crate) fn within(mut self, since: Option<i64>, until: Option<i64>) -> Self {
        for (sql, time) in [("c.time >= ?", since), ("c.time < ?", until)] {
            if let Some(time) = time {
                self.and(sql, time);
            }
        }
        self
    }
}

/// Whether a filter matches everything within these times, regardless of other times.
pub(crate) fn means_all(filter: &TraceFilter, times: Option<(i64, i64)>) -> bool {
    let (low, high) = times.unwrap_or_default();
    filter.since.is_none_or(|since| since.nanos() <= low)
        && filter.until.is_none_or(|until| until.nanos() > high)
        && TraceFilter { since: None, until: None, ..filter.clone() } == TraceFilter::default()
}

/// Whether that still holds for a day's traces after they were read. Traces may have arrived since its times
/// were read.
pub(crate) fn meant_all(shared: &Shared, day: Day, filter: &TraceFilter) -> Result<bool> {
    Ok(means_all(filter, shared.bounds(day)?.and_then(|bounds| bounds.traces)))
}

/// A way to find a filter's traces, with their number.
pub(crate) struct Driver {
    from: String,
    rows: i64,
    /// Whether these are all traces; from [`RARE`] on they were not counted.
    all: bool,
}

impl Driver {
    /// Finds traces by status; few traces fail.
    pub(crate) fn of_states(conn: &Connection, numbers: &str) -> Result<Self> {
        Self::found_by(conn, &format!("SELECT pk AS tr FROM traces WHERE status IN ({numbers})"))
    }

    /// Finds traces by services, of all statuses or of these. Their traces are adjacent within each status.
    pub(crate) fn of_services(conn: &Connection, services: &str, states: Option<i64>) -> Result<Self> {
        let states = states.map_or_else(all_states, |state| state.to_string());
        let found_by =
            format!("SELECT pk AS tr FROM traces WHERE status IN ({states}) AND service IN {services}");
        Self::found_by(conn, &found_by)
    }

    /// Finds traces by a name of which a trace can have several.
    pub(crate) fn of_name(conn: &Connection, name: i64) -> Result<Self> {
        Self::found_by(conn, &format!("SELECT tr FROM trace_dims WHERE dim = {name}"))
    }

    /// Finds traces by several such names.
    pub(crate) fn of_names(conn: &Connection, names: &str) -> Result<Self> {
        let found_by = format!("SELECT DISTINCT tr FROM trace_dims WHERE dim IN {names}");
        Self::found_by(conn, &found_by)
    }

    /// Finds traces by a statement that returns their numbers, `tr`.
    pub(crate) fn found_by(conn: &Connection, found_by: &str) -> Result<Self> {
        // Counting does not need distinct rows.
        let count = format!("SELECT COUNT(*) FROM ({} LIMIT {RARE})", found_by.replace("DISTINCT ", ""));
        let rows = conn.prepare_cached(&count)?.query_row([], |row| row.get(0))?;
        Ok(Self { all: rows < RARE, ..Self::of(&format!("({found_by})"), rows) })
    }

    /// Finds traces by a table of their numbers, `tr`, with `rows` rows.
    pub(crate) fn of(table: &str, rows: i64) -> Self {
        Self { from: format!("{table} d CROSS JOIN traces t ON t.pk = d.tr"), rows, all: true }
    }
}

/// The numbers of all statuses.
fn all_states() -> String {
    STATUSES.map(|status| trace_status_number(status).to_string()).join(", ")
}

/// The columns that are compared with a single name of the day.
fn columns(filter: &TraceFilter) -> [(DimKind, Option<&String>, &'static str); 7] {
    [
        (DimKind::Service, filter.service.as_ref(), "t.service = ?"),
        (DimKind::Framework, filter.framework.as_ref(), "t.framework = ?"),
        (DimKind::Session, filter.session.as_ref(), "t.session = ?"),
        (DimKind::User, filter.user.as_ref(), "t.user = ?"),
        (DimKind::Project, filter.project.as_ref(), "t.project = ?"),
        (DimKind::Revision, filter.commit.as_ref(), "t.revision = ?"),
        (DimKind::Branch, filter.branch.as_ref(), "t.branch = ?"),
    ]
}

/// Purpose of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConditionUse {
    /// A list of traces, without hidden ones.
    Traces,
    /// Sums by session. They include hidden traces with counting rows, whose spans are unsampled.
    Sessions,
    /// Ledger rows, without the filter's times, which apply to the rows.
    Rows,
}

/// Excludes only hidden traces without a counting row.
const UNCOUNTED: &str = " AND NOT EXISTS (SELECT 1 FROM spans s JOIN calls c ON c.pk = s.pk \
     WHERE s.tr = t.pk AND c.marks & 16 != 0)";

/// Maximum number of spans with a word whose traces are put into a table, if all traces of a day had to be
/// tested otherwise.
pub(crate) fn worth_a_table(reader: &DayReader<'_>) -> Result<usize> {
    let mut last = reader.conn.prepare_cached("SELECT MAX(pk) FROM traces")?;
    let traces = last.query_row([], |row| row.get::<_, Option<i64>>(0))?.unwrap_or(0);
    Ok(usize::try_from(traces / TESTS_A_TRACE).unwrap_or(0).max(FEW))
}

/// The filter's condition in this day, for a query that reads all matches; `None` if nothing here can match.
pub(crate) fn condition(
    shared: &Shared,
    reader: &DayReader<'_>,
    filter: &TraceFilter,
    asked: ConditionUse,
) -> Result<Option<Condition>> {
    let asks_words = filter.q.is_some() || filter.terms.iter().any(|term| term.criterion.reads_spans());
    let few = if asks_words { worth_a_table(reader)? } else { 0 };
    // A session or a user has few traces, which are found by their own index.
    let few = if filter.session.is_some() || filter.user.is_some() { few.min(FEW) } else { few };
    condition_with(shared, reader, filter, asked, few)
}

/// The same, with a table of the traces that have words if at most `few` spans have them.
pub(crate) fn condition_with(
    shared: &Shared,
    reader: &DayReader<'_>,
    filter: &TraceFilter,
    asked: ConditionUse,
    few: usize,
) -> Result<Option<Condition>> {
    let mut all = Condition::of(ALL);
    if asked != ConditionUse::Rows {
        if let Some(since) = filter.since {
            all.and("t.start >= ?", since.nanos());
        }
        if let Some(until) = filter.until {
            all.and("t.start < ?", until.nanos());
        }
        // Most days have no hidden traces, and most queries are faster without the check.
        if reader.conn.prepare_cached("SELECT 1 FROM hidden LIMIT 1")?.exists([])? {
            all.sql.push_str(" AND NOT EXISTS (SELECT 1 FROM hidden WHERE hidden.tr = t.pk");
            if asked == ConditionUse::Sessions {
                all.sql.push_str(UNCOUNTED);
            }
            all.sql.push(')');
        }
    }
    let (mut drivers, mut service) = (Vec::new(), None);
    for (kind, text, sql) in columns(filter) {
        let Some(text) = text else { continue };
        let Some(id) = find(reader.conn, kind, text)? else { return Ok(None) };
        all.and(sql, id);
        match kind {
            DimKind::Service => service = Some(id),
            // A trace that shows one of these has it among its names.
            DimKind::Project | DimKind::Revision | DimKind::Branch => {
                drivers.push(Driver::of_name(reader.conn, id)?);
            }
            _ => {}
        }
    }
    if let Some(status) = filter.status.map(trace_status_number) {
        // The plus prevents SQLite from using the status index instead of the time index if there are many
        // rows.
        all.and("+t.status = ?", status);
        drivers.push(Driver::of_states(reader.conn, &status.to_string())?);
    }
    if let Some(duration) = filter.min_duration {
        all.and("t.dur >= ?", duration);
    }
    if let Some(cost) = filter.min_cost {
        all.and("usd_at_least(t.cost, ?)", cost.raw().to_be_bytes().to_vec());
    }
    if !add_names(reader.conn, filter, &mut all, &mut drivers)?
        || !add_terms(shared, reader, (&filter.terms, few), &mut all, &mut drivers)?
        || !add_words(shared, reader, (filter, few), &mut all, &mut drivers)?
    {
        return Ok(None);
    }
    if let Some(id) = service.filter(|_| drivers.iter().all(|driver| !driver.all)) {
        let status = filter.status.map(trace_status_number);
        drivers.push(Driver::of_services(reader.conn, &format!("({id})"), status)?);
    }
    if let Some(driver) = drivers.into_iter().filter(|driver| driver.all).min_by_key(|driver| driver.rows) {
        all.from = driver.from;
    }
    Ok(Some(all))
}

fn add_names(
    conn: &Connection,
    filter: &TraceFilter,
    all: &mut Condition,
    drivers: &mut Vec<Driver>,
) -> Result<bool> {
    let names = [
        (DimKind::Agent, &filter.agent),
        (DimKind::Model, &filter.model),
        (DimKind::Tool, &filter.tool),
        (DimKind::Tag, &filter.tag),
    ];
    for (kind, text) in names {
        let Some(text) = text else { continue };
        let Some(id) = find(conn, kind, text)? else {
            return Ok(false);
        };
        drivers.push(Driver::of_name(conn, id)?);
        all.and("EXISTS (SELECT 1 FROM trace_dims d WHERE d.dim = ? AND d.tr = t.pk)", id);
    }
    Ok(true)
}

/// Adds the words; `false` if nothing here has them.
fn add_words(
    shared: &Shared,
    reader: &DayReader<'_>,
    (filter, few): (&TraceFilter, usize),
    all: &mut Condition,
    drivers: &mut Vec<Driver>,
) -> Result<bool> {
    let Some(words) = &filter.q else { return Ok(true) };
    match hits(shared, reader, "hits", words, few_beside(drivers, few))? {
        Hits::All => {}
        Hits::None => return Ok(false),
        Hits::Traces(sql, driver) => {
            all.sql.push_str(" AND ");
            all.sql.push_str(&sql);
            all.tested |= driver.is_none();
            drivers.extend(driver);
        }
    }
    Ok(true)
}

/// Maximum number of spans whose traces are put into a table, given the existing ways to traces.
pub(crate) fn few_beside(drivers: &[Driver], few: usize) -> usize {
    if drivers.iter().any(|driver| driver.all) { few.min(FEW) } else { few }
}
