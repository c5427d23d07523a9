//! Grouping of rows: first by the numbers of names, then by the names.

use std::collections::HashMap;

use compact_str::CompactString;
use quipu_core::locks::Mutex;
use quipu_core::{
    GroupSums, GroupTable, Kind, Level, Resource, Sketch, Status, Timestamp, TraceId, UsageKey, WorkKey,
    WorkQuery, WorkTotals, Worked,
};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::codec::{Names, TextOf, status_of, trace_id, trace_status_of};
use crate::fault::{Fault, Result};
use crate::read::stored::{Sources, source};

/// A group's key.
pub(crate) type Key = Vec<UsageKey>;
/// The groups of all days.
pub(crate) type Table = Mutex<GroupTable<Key, Sum>>;

/// Maximum number of a day's groups in memory before they are added to those of all days.
const IN_HAND: usize = 2_048;

/// Placeholder of a missing number.
const NONE: i64 = i64::MIN;
/// Number of columns that every row has: time, duration, failure, first token, verdict, and the location of
/// its trace. The keys follow.
const KEYS_AT: usize = 6;

/// Sums of a group, with the record of its example: whether it failed, its time and trace.
#[derive(Debug, Default)]
pub(crate) struct Sum {
    totals: WorkTotals,
    example: Option<(bool, i64, TraceId)>,
}

impl GroupSums for Sum {
    fn merge(&mut self, other: Self) {
        let (mine, theirs) = (&mut self.totals, other.totals);
        mine.last_at = match (mine.count, theirs.count) {
            (0, _) => theirs.last_at,
            (_, 0) => mine.last_at,
            _ => mine.last_at.max(theirs.last_at),
        };
        mine.count += theirs.count;
        mine.errors += theirs.errors;
        mine.running += theirs.running;
        mine.triggered += theirs.triggered;
        mine.duration.merge(&theirs.duration);
        mine.first_token.merge(&theirs.first_token);
        self.example = self.example.max(other.example);
    }

    fn heap_bytes(&self) -> usize {
        self.totals.heap_bytes()
    }
}

impl Sum {
    pub(crate) fn into_totals(self) -> WorkTotals {
        let of = |(failed, time, _)| (failed, Timestamp::from_nanos(time));
        let example_at = self.example.map(of);
        WorkTotals { example: self.example.map(|(.., trace)| trace), example_at, ..self.totals }
    }
}

/// Sums of a group while rows are added. The example is a number.
#[derive(Default)]
struct Adding {
    count: u64,
    errors: u64,
    running: u64,
    triggered: u64,
    duration: Sketch,
    first_token: Sketch,
    last: i64,
    example: Option<(bool, i64, i64)>,
}

/// Look-up of trace ids by the numbers in rows.
struct Traces<'c> {
    conn: &'c Connection,
    sql: &'static str,
    known: HashMap<i64, TraceId>,
}

impl Traces<'_> {
    fn id(&mut self, number: i64) -> Result<TraceId> {
        if let Some(id) = self.known.get(&number) {
            return Ok(*id);
        }
        let mut look = self.conn.prepare_cached(self.sql)?;
        let mut rows = look.query([number])?;
        let row = rows.next()?.ok_or(Fault::Damaged("a trace is missing"))?;
        let id = trace_id(row, 0)?;
        self.known.insert(number, id);
        Ok(id)
    }
}

/// Groups of a day.
pub(crate) struct Groups<'q> {
    by: &'q [WorkKey],
    of: &'q Worked,
    table: &'q Table,
    scratch: Vec<i64>,
    places: HashMap<Vec<i64>, usize>,
    sums: Vec<Adding>,
    /// Errors by number.
    errors: Vec<CompactString>,
    error_numbers: HashMap<CompactString, i64>,
    traces: Traces<'q>,
}

impl<'q> Groups<'q> {
    pub(crate) fn new(conn: &'q Connection, query: &'q WorkQuery, table: &'q Table) -> Self {
        let (by, of) = (query.group_by.as_slice(), &query.of);
        let sql = match of {
            Worked::Events => "SELECT trace FROM events WHERE pk = ?1",
            Worked::Traces | Worked::Spans(_) => "SELECT trace FROM traces WHERE pk = ?1",
        };
        Self {
            by,
            of,
            table,
            scratch: Vec::with_capacity(by.len()),
            places: HashMap::new(),
            sums: Vec::new(),
            errors: Vec::new(),
            error_numbers: HashMap::new(),
            traces: Traces { conn, sql, known: HashMap::new() },
        }
    }

    /// Adds a row: [`KEYS_AT`] columns, then one for each key but the step.
    pub(crate) fn add(&mut self, row: &Row<'_>) -> Result<()> {
        let time: i64 = row.get(0)?;
        let at = self.place(row, time)?;
        let (duration, failed): (Option<i64>, bool) = (row.get(1)?, row.get(2)?);
        let runs = duration.is_none() && !matches!(self.of, Worked::Events);
        let sum = &mut self.sums[at];
        sum.last = if sum.count == 0 { time } else { sum.last.max(time) };
        sum.count += 1;
        sum.errors += u64::from(failed);
        sum.running += u64::from(runs);
        sum.triggered += u64::from(row.get::<_, Option<bool>>(4)? == Some(true));
        if let Some(duration) = duration {
            sum.duration.add(duration, 1);
        }
        if let Some(first_token) = row.get(3)? {
            sum.first_token.add(first_token, 1);
        }
        if let Some(number) = row.get(5)? {
            self.consider(at, (failed, time, number))?;
        }
        if self.sums.len() > IN_HAND || self.traces.known.len() > 8 * IN_HAND { self.flush() } else { Ok(()) }
    }

    /// The example is the latest record, among the failed ones if there are any. At the same time, the
    /// greatest id wins.
    fn consider(&mut self, at: usize, row: (bool, i64, i64)) -> Result<()> {
        let sum = &mut self.sums[at];
        let wins = match sum.example {
            Some(known) if (known.0, known.1) == (row.0, row.1) => {
                known.2 != row.2 && self.traces.id(known.2)? < self.traces.id(row.2)?
            }
            Some(known) => (known.0, known.1) < (row.0, row.1),
            None => true,
        };
        if wins {
            sum.example = Some(row);
        }
        Ok(())
    }

    /// The index of the row's group.
    fn place(&mut self, row: &Row<'_>, time: i64) -> Result<usize> {
        self.scratch.clear();
        let mut column = KEYS_AT;
        for by in self.by {
            if let WorkKey::Step(width) = by {
                let start = Timestamp::from_nanos(time).floor((*width).max(Timestamp::SECOND));
                self.scratch.push(start.nanos());
                continue;
            }
            let number = match row.get_ref(column)? {
                ValueRef::Null => NONE,
                ValueRef::Integer(number) => number,
                ValueRef::Text(text) => {
                    let text =
                        std::str::from_utf8(text).map_err(|_| Fault::Damaged("a text is not UTF-8"))?;
                    match self.error_numbers.get(text) {
                        Some(number) => *number,
                        None => {
                            let number = i64::try_from(self.errors.len()).unwrap_or(i64::MAX);
                            self.errors.push(text.into());
                            self.error_numbers.insert(text.into(), number);
                            number
                        }
                    }
                }
                _ => return Err(Fault::Damaged("a key has a wrong form")),
            };
            self.scratch.push(number);
            column += 1;
        }
        if let Some(at) = self.places.get(self.scratch.as_slice()) {
            return Ok(*at);
        }
        self.sums.push(Adding::default());
        self.places.insert(self.scratch.clone(), self.sums.len() - 1);
        Ok(self.sums.len() - 1)
    }

    /// Adds the groups in memory, by name, to those of all days.
    pub(crate) fn flush(&mut self) -> Result<()> {
        let (names, mut sources) = (Names::new(self.traces.conn), Sources::new());
        for (numbers, at) in std::mem::take(&mut self.places) {
            let mut key = Vec::with_capacity(numbers.len());
            for (by, number) in self.by.iter().zip(numbers) {
                key.push(self.name(*by, number, &names, &mut sources)?);
            }
            let adding = std::mem::take(&mut self.sums[at]);
            let example = match adding.example {
                Some((failed, time, number)) => Some((failed, time, self.traces.id(number)?)),
                None => None,
            };
            let totals = WorkTotals {
                count: adding.count,
                errors: adding.errors,
                running: adding.running,
                triggered: adding.triggered,
                duration: adding.duration,
                first_token: adding.first_token,
                last_at: Timestamp::from_nanos(adding.last),
                example: None,
                example_at: None,
            };
            self.table.lock().add(key, Sum { totals, example })?;
        }
        self.sums.clear();
        self.errors.clear();
        self.error_numbers.clear();
        self.traces.known.clear();
        Ok(())
    }

    fn name(&self, by: WorkKey, number: i64, names: &Names<'_>, sources: &mut Sources) -> Result<UsageKey> {
        let word = |word: &'static str| Some(CompactString::const_new(word));
        let small = usize::try_from(number).ok();
        let name = match (by, self.of) {
            (WorkKey::Step(_), _) => return Ok(UsageKey::Time(Timestamp::from_nanos(number))),
            _ if number == NONE => None,
            (WorkKey::Kind, _) => word(Kind::from_number(u8::try_from(number).unwrap_or(0)).as_str()),
            (WorkKey::Status, Worked::Traces) => word(trace_status_of(number).as_str()),
            (WorkKey::Status, Worked::Spans(_)) => word(match status_of(number) {
                Status::Unset => "unset",
                Status::Ok => "ok",
                Status::Error => "error",
            }),
            (WorkKey::Status, Worked::Events) => {
                let level = small.and_then(|number| Level::ALL.get(number).copied());
                word(level.unwrap_or_default().as_str())
            }
            (WorkKey::Error, _) => small.and_then(|at| self.errors.get(at).cloned()),
            // Events name their resource, and not its service.
            (WorkKey::Service, Worked::Events) => {
                source::<Resource>(self.traces.conn, sources, number)?.service().map(CompactString::from)
            }
            _ => names.text(Some(number))?,
        };
        Ok(UsageKey::Name(name))
    }
}

/// The columns of keys except the step, named by `column`.
pub(crate) fn key_columns(by: &[WorkKey], column: impl Fn(WorkKey) -> &'static str) -> String {
    let keys = by.iter().filter(|by| !matches!(by, WorkKey::Step(_)));
    keys.map(|by| format!(", {}", column(*by))).collect()
}
