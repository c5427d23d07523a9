//! Sums over the ledger: from the rollups for whole hours if they have all requested columns, otherwise from
//! the rows.

use std::collections::HashMap;

use quipu_core::locks::Mutex;
use quipu_core::{
    AnswerMemory, Billing, Cost, FacetField, GroupBy, GroupTable, Result, Timestamp, TraceFilter, UsageGroup,
    UsageKey, UsageQuery,
};
use rusqlite::Connection;

use crate::bounds::{Bounds, meets};
use crate::codec::{Figures, Names, TextOf};
use crate::fault;
use crate::folder::Day;
use crate::past::{Sums, hour_of};
use crate::read::own::Own;
use crate::read::usage_keys::Keys;
use crate::read::usage_past;
use crate::read::usage_rows::{self, OF_CALLS, trace_part};
use crate::readers::DayReader;
use crate::shared::Shared;

/// Maximum number of a day's groups in memory before they are added to those of all days.
const IN_HAND: usize = 2_048;

/// The groups of all days.
type Table = Mutex<GroupTable<Vec<UsageKey>, Figures>>;

/// Groups of one day.
pub(crate) struct Groups<'q> {
    by: &'q [GroupBy],
    scratch: Vec<i64>,
    sums: Sums,
    to: To<'q>,
}

/// Target of groups beyond the limit.
enum To<'q> {
    /// Adds them to those of all days, by name.
    Table(&'q Table, &'q Connection),
    /// Discards them: more groups than this are not wanted. `None` means that the limit was exceeded.
    Memory(Option<usize>),
}

impl<'q> Groups<'q> {
    fn new(by: &'q [GroupBy], table: &'q Table, conn: &'q Connection) -> Self {
        Self { by, scratch: Vec::with_capacity(by.len()), sums: Sums::new(), to: To::Table(table, conn) }
    }

    /// At most `most` groups.
    pub(crate) fn at_most(by: &'q [GroupBy], most: usize) -> Self {
        Self { by, scratch: Vec::with_capacity(by.len()), sums: Sums::new(), to: To::Memory(Some(most)) }
    }

    /// Adds a ledger row to its group.
    pub(crate) fn add_row(&mut self, keys: &Keys, cost: &Cost) -> fault::Result<()> {
        self.scratch.clear();
        self.scratch.extend(self.by.iter().map(|by| keys.of(*by)));
        match self.sums.get_mut(self.scratch.as_slice()) {
            Some(sum) => sum.add_usage(cost),
            None => drop(self.sums.insert(self.scratch.clone(), Figures::of_usage(cost))),
        }
        self.bound()
    }

    /// Adds the packed figures of a rollup's row to its group.
    fn add(&mut self, keys: &Keys, packed: &[u8]) -> fault::Result<()> {
        self.scratch.clear();
        self.scratch.extend(self.by.iter().map(|by| keys.of(*by)));
        match self.sums.get_mut(self.scratch.as_slice()) {
            Some(sum) => sum.add_packed(packed)?,
            None => drop(self.sums.insert(self.scratch.clone(), Figures::unpack(packed)?)),
        }
        self.bound()
    }

    /// Adds sums of groups with the same keys.
    pub(crate) fn add_sums(&mut self, sums: &Sums) -> fault::Result<()> {
        for (key, figures) in sums {
            match self.sums.get_mut(key) {
                Some(sum) => sum.add(figures, 1),
                None => drop(self.sums.insert(key.clone(), figures.clone())),
            }
            self.bound()?;
        }
        Ok(())
    }

    fn bound(&mut self) -> fault::Result<()> {
        match &mut self.to {
            To::Table(..) if self.sums.len() > IN_HAND => self.flush(),
            To::Memory(most) if most.is_none_or(|most| self.sums.len() > most) => {
                *most = None;
                self.sums.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The sums; `None` if there were too many.
    pub(crate) fn into_sums(self) -> Option<Sums> {
        if matches!(self.to, To::Memory(None)) { None } else { Some(self.sums) }
    }

    /// Adds the groups in memory to those of all days.
    fn flush(&mut self) -> fault::Result<()> {
        let To::Table(table, conn) = self.to else { return Ok(()) };
        let names = Names::new(conn);
        let mut table = table.lock();
        for (numbers, sum) in self.sums.drain() {
            let keys = self.by.iter().zip(numbers).map(|(by, number)| key(*by, number, &names));
            table.add(keys.collect::<fault::Result<Vec<_>>>()?, sum)?;
        }
        Ok(())
    }
}

fn key(by: GroupBy, number: i64, names: &Names<'_>) -> fault::Result<UsageKey> {
    match by {
        GroupBy::Step(_) | GroupBy::Hour | GroupBy::Day | GroupBy::Week | GroupBy::Month => {
            Ok(UsageKey::Time(Timestamp::from_nanos(number)))
        }
        GroupBy::Billing => {
            let kinds = [Billing::Metered, Billing::Subscription];
            let kind = kinds.into_iter().find(|kind| *kind as i64 == number);
            Ok(UsageKey::Name(kind.map(|kind| kind.as_str().into())))
        }
        _ => names.text(Some(number)).map(UsageKey::Name),
    }
}

/// Fields that the rollups answer, if they have the column.
const OF_HOURS: Own = Own {
    columns: &[
        (FacetField::Model, "model"),
        (FacetField::Agent, "agent"),
        (FacetField::Service, "service"),
        (FacetField::Framework, "framework"),
    ],
};

/// The rollups, by their names.
#[derive(Debug, Clone, Copy)]
enum Rollup {
    Model,
    Agent,
    Source,
}

impl Rollup {
    /// Keys that no rollup has.
    const ASK_ROWS: [GroupBy; 10] = [
        GroupBy::Session,
        GroupBy::User,
        GroupBy::Tool,
        GroupBy::Tag,
        GroupBy::Environment,
        GroupBy::Version,
        GroupBy::Project,
        GroupBy::Commit,
        GroupBy::Branch,
        GroupBy::Billing,
    ];

    /// The rollup that can answer the whole query, if there is one.
    fn of(query: &UsageQuery) -> Option<Self> {
        let filter = &query.filter;
        let rows_only = |by: &GroupBy| match by {
            GroupBy::Step(width) => *width < Timestamp::HOUR || width % Timestamp::HOUR != 0,
            by => Self::ASK_ROWS.contains(by),
        };
        if trace_part(filter, OF_CALLS).needs_trace() || query.group_by.iter().any(rows_only) {
            return None;
        }
        let told = |field: FacetField| filter.terms.iter().any(|term| term.criterion.tests(field));
        let asked = |field: GroupBy| match field {
            GroupBy::Model => filter.model.is_some() || told(FacetField::Model),
            GroupBy::Agent => filter.agent.is_some() || told(FacetField::Agent),
            GroupBy::Service => filter.service.is_some() || told(FacetField::Service),
            GroupBy::Framework => filter.framework.is_some() || told(FacetField::Framework),
            _ => false,
        } || query.group_by.contains(&field);
        let model = asked(GroupBy::Model) || asked(GroupBy::Provider);
        let source = asked(GroupBy::Service) || asked(GroupBy::Framework) || asked(GroupBy::Convention);
        match (model, asked(GroupBy::Agent), source) {
            (true, false, false) => Some(Self::Model),
            (false, _, false) => Some(Self::Agent),
            (false, false, true) => Some(Self::Source),
            _ => None,
        }
    }

    const fn table(self) -> (&'static str, &'static str) {
        match self {
            Self::Model => ("by_model", "hour, figures, provider, model"),
            Self::Agent => ("by_agent", "hour, figures, agent"),
            Self::Source => ("by_source", "hour, figures, service, framework, convention"),
        }
    }

    fn keys(self, row: &rusqlite::Row<'_>) -> rusqlite::Result<Keys> {
        let time = row.get::<_, i64>(0)?.saturating_mul(Timestamp::HOUR);
        let keys = Keys { time, ..Keys::default() };
        Ok(match self {
            Self::Model => Keys { provider: row.get(2)?, model: row.get(3)?, ..keys },
            Self::Agent => Keys { agent: row.get(2)?, ..keys },
            Self::Source => {
                Keys { service: row.get(2)?, framework: row.get(3)?, convention: row.get(4)?, ..keys }
            }
        })
    }
}

/// A time range: whole hours, and the remaining edges.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Hours since the epoch, half-open.
    pub(crate) hours: (i64, i64),
    /// Nanoseconds since the epoch, half-open.
    pub(crate) edges: Vec<(i64, i64)>,
}

impl Window {
    /// The overlap of `since..until` with a day's calls.
    pub(crate) fn of(filter: &TraceFilter, bounds: &Bounds) -> Self {
        let (low, high) = bounds.calls.unwrap_or_default();
        let start = |hour: i64| hour.saturating_mul(Timestamp::HOUR);
        let since = filter.since.map_or(i64::MIN, Timestamp::nanos).max(start(hour_of(low)));
        let until = filter.until.map_or(i64::MAX, Timestamp::nanos).min(start(hour_of(high) + 1));
        let (first, last) = (-hour_of(-since), hour_of(until));
        if first >= last {
            return Self { hours: (0, 0), edges: vec![(since, until)] };
        }
        let edges = [(since, start(first)), (start(last), until)];
        Self { hours: (first, last), edges: edges.into_iter().filter(|(from, to)| from < to).collect() }
    }
}

/// Days that may hold ledger rows of the filter's times, with the times that they cover.
pub(crate) fn days_of_rows(shared: &Shared, filter: &TraceFilter) -> Result<Vec<(Day, Bounds)>> {
    let mut days = Vec::new();
    for day in shared.sound_days()? {
        match shared.bounds(day)? {
            Some(bounds) if meets(bounds.calls, filter.since, filter.until) => days.push((day, bounds)),
            _ => {}
        }
    }
    Ok(days)
}

/// The sums of each group, in the order of their keys.
pub(crate) fn groups(shared: &Shared, query: &UsageQuery) -> Result<Vec<UsageGroup>> {
    let days = days_of_rows(shared, &query.filter)?;
    let bounds: HashMap<Day, Bounds> = days.iter().copied().collect();
    let days: Vec<Day> = days.into_iter().map(|(day, _)| day).collect();
    let rollup = Rollup::of(query);
    let memories = if rollup.is_none() { usage_past::memories(shared, query, &days) } else { HashMap::new() };
    let table: Table = Mutex::new(GroupTable::new(&AnswerMemory::current())?);
    if query.group_by.is_empty() {
        table.lock().add(Vec::new(), Figures::default())?;
    }
    shared.ask_all(&days, |reader| {
        let bounds = bounds.get(&reader.day).copied().unwrap_or_default();
        let mut groups = Groups::new(&query.group_by, &table, reader.conn);
        match (rollup, memories.get(&reader.day)) {
            (Some(rollup), _) => add_hours(shared, rollup, reader, query, &bounds, &mut groups)?,
            (None, Some(memory)) => memory.add(shared, reader, query, &bounds, &mut groups)?,
            (None, None) => add_rows(shared, reader, query, &bounds, &mut groups)?,
        }
        groups.flush()
    })?;
    let group = |key: Vec<UsageKey>, sum: Figures| UsageGroup { key, totals: sum.into_totals() };
    let (groups, _hold) = table.into_inner().into_groups(query.group_by.len(), group)?;
    Ok(groups)
}

/// Adds whole hours from a rollup, and the edges from the rows.
fn add_hours(
    shared: &Shared,
    rollup: Rollup,
    reader: &DayReader<'_>,
    query: &UsageQuery,
    bounds: &Bounds,
    groups: &mut Groups<'_>,
) -> fault::Result<()> {
    let window = Window::of(&query.filter, bounds);
    add_rollup(rollup, reader, query, window.hours, groups)?;
    let mut edges = window.edges.into_iter();
    edges.try_for_each(|edge| usage_rows::add(shared, reader, query, Some(edge), groups))
}

/// Adds everything from the rows.
pub(crate) fn add_rows(
    shared: &Shared,
    reader: &DayReader<'_>,
    query: &UsageQuery,
    bounds: &Bounds,
    groups: &mut Groups<'_>,
) -> fault::Result<()> {
    let filter = beyond(&query.filter, bounds);
    let query = UsageQuery { filter, group_by: query.group_by.clone() };
    usage_rows::add(shared, reader, &query, None, groups)
}

/// The filter without time limits that contain all rows of a day, so a whole day is read in its storage
/// order.
fn beyond(filter: &TraceFilter, bounds: &Bounds) -> TraceFilter {
    let (low, high) = bounds.calls.unwrap_or((i64::MIN, i64::MAX));
    TraceFilter {
        since: filter.since.filter(|since| since.nanos() > low),
        until: filter.until.filter(|until| until.nanos() <= high),
        ..filter.clone()
    }
}

fn add_rollup(
    rollup: Rollup,
    reader: &DayReader<'_>,
    query: &UsageQuery,
    hours: (i64, i64),
    groups: &mut Groups<'_>,
) -> fault::Result<()> {
    let (table, columns) = rollup.table();
    let mut sql = format!("SELECT {columns} FROM {table} WHERE hour >= ? AND hour < ?");
    let Some(own) = OF_HOURS.all(reader.conn, &query.filter)? else { return Ok(()) };
    sql.push_str(&own);
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut rows = look.query([hours.0, hours.1])?;
    while let Some(row) = rows.next()? {
        groups.add(&rollup.keys(row)?, row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_whole_hours_and_edges() {
        const H: i64 = Timestamp::HOUR;
        let bounds = Bounds { calls: Some((H / 2, 10 * H + 5)), ..Bounds::default() };
        let window = |since: Option<i64>, until: Option<i64>| {
            let filter = TraceFilter {
                since: since.map(Timestamp::from_nanos),
                until: until.map(Timestamp::from_nanos),
                ..TraceFilter::default()
            };
            Window::of(&filter, &bounds)
        };
        assert_eq!(window(None, None), Window { hours: (0, 11), edges: vec![] });
        assert_eq!(window(Some(H), Some(2 * H)), Window { hours: (1, 2), edges: vec![] });
        assert_eq!(
            window(Some(H + 1), Some(5 * H - 1)),
            Window { hours: (2, 4), edges: vec![(H + 1, 2 * H), (4 * H, 5 * H - 1)] }
        );
        assert_eq!(window(Some(H + 1), Some(H + 9)), Window { hours: (0, 0), edges: vec![(H + 1, H + 9)] });
    }
}
