//! A table over pages of records: declaration, plan and scan.

use std::sync::Arc;
use std::time::Instant;

use quipu_core::{Store, Timestamp};
use quipu_vtab::{Comparison, Condition, Plan, Rows, ScanAsk, Source, Used};
use rusqlite::types::{ToSqlOutput, Value};
use tokio::runtime::Handle;

use crate::cell::Type;
use crate::times;

/// Rows of a table without conditions, by estimate.
const ROWS: f64 = 1e6;
/// Rows of the first page. Each further page has four times as many, up to [`MOST_ROWS`].
const FIRST_ROWS: usize = 100;
const MOST_ROWS: usize = 6_400;

/// A column of a table of `R`.
pub(crate) struct Column<R> {
    pub(crate) name: &'static str,
    pub(crate) kind: Type,
    pub(crate) about: &'static str,
    pub(crate) value: fn(&R) -> Value,
}

/// Use of a condition by a table.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Push {
    /// Finds one row or few.
    Key,
    /// Finds a part of the rows.
    Value,
    /// Limits the time.
    Time,
    /// Limits the time of the records that a row sums up. The condition is exact.
    Range,
    /// Finds rows by words. The condition is exact.
    Words,
    /// Sets an option of the table. The condition is exact.
    Choice,
}

/// Kind of records of a table.
pub(crate) trait Records: Send + Sync + 'static {
    /// One record.
    type Row: 'static;
    /// Name of the table.
    const NAME: &'static str;
    /// Its content in one sentence.
    const ABOUT: &'static str;

    /// Its columns.
    fn columns() -> &'static [Column<Self::Row>];

    /// Columns that `*` does not contain.
    fn hidden() -> &'static [Column<Self::Row>] {
        &[]
    }

    /// How an equality with a column is used.
    fn equal(column: &str) -> Option<Push>;

    /// The column of time.
    const TIME: Option<&'static str> = None;

    /// Columns with the start of a period. Their conditions limit the time too.
    const PERIODS: &'static [&'static str] = &[];

    /// A hidden column that only conditions may name: the time of the records that a row sums up.
    const RANGE: Option<&'static str> = None;

    /// The order of its records: a column, and whether it can be read ascending and descending.
    const ORDER: Option<(&'static str, bool, bool)> = None;

    /// Begins to read.
    ///
    /// # Errors
    /// A condition has a wrong value, or the store cannot be read.
    fn pages(&self, reader: &StoreReader, asked: &Asked) -> Result<Pages<Self::Row>, String>;

    /// Number that identifies a record.
    fn number(row: &Self::Row) -> i64;
}

/// The next page with about this number of records; `None` at the end.
pub(crate) type Pages<R> = Box<dyn FnMut(usize) -> Result<Option<Vec<R>>, String>>;

/// A store with the time until which it may be read.
#[derive(Clone)]
pub(crate) struct StoreReader {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) runtime: Handle,
    pub(crate) deadline: Instant,
    pub(crate) now: Timestamp,
}

impl StoreReader {
    /// Waits for an answer of the store.
    pub(crate) fn wait<T>(&self, answer: impl Future<Output = quipu_core::Result<T>>) -> Result<T, String> {
        if Instant::now() >= self.deadline {
            return Err(TIMEOUT.to_owned());
        }
        self.runtime.block_on(answer).map_err(|error| error.to_string())
    }
}

/// The error of a question that has no time left.
pub(crate) const TIMEOUT: &str = "the time limit is reached";

/// Times at or after the first and before the second, as far as they are known.
pub(crate) type Range = (Option<Timestamp>, Option<Timestamp>);

/// Conditions of a scan by column.
pub(crate) struct Asked {
    conditions: Vec<(&'static str, Comparison, Value)>,
    /// Whether records are wanted in ascending order.
    pub(crate) ascending: bool,
    reads: Vec<&'static str>,
}

impl Asked {
    /// The value that a column must have, as text. SQLite tests values of other types.
    pub(crate) fn equal(&self, column: &str) -> Option<String> {
        self.conditions.iter().find_map(|(name, comparison, value)| match value {
            Value::Text(text) if *name == column && *comparison == Comparison::Equal => Some(text.clone()),
            _ => None,
        })
    }

    /// The value of an option.
    pub(crate) fn choice(&self, column: &str) -> Option<&Value> {
        let found = |(name, comparison, _): &&(&str, Comparison, Value)| {
            *name == column && *comparison == Comparison::Equal
        };
        self.conditions.iter().find(found).map(|(_, _, value)| value)
    }

    /// The words of `MATCH`.
    ///
    /// # Errors
    /// They are no text, or there are two conditions.
    pub(crate) fn words(&self) -> Result<Option<String>, String> {
        let mut all = self.conditions.iter().filter(|(_, comparison, _)| *comparison == Comparison::Match);
        let Some((_, _, value)) = all.next() else { return Ok(None) };
        match value {
            Value::Text(text) if all.next().is_none() => Ok(Some(text.clone())),
            _ => Err("MATCH expects one text with words".to_owned()),
        }
    }

    /// The times that a column may have: at or after the first, before the second.
    pub(crate) fn times(&self, column: &str) -> Range {
        let (mut since, mut until) = (None::<Timestamp>, None::<Timestamp>);
        for (name, comparison, value) in &self.conditions {
            let Value::Text(text) = value else { continue };
            if *name != column {
                continue;
            }
            if matches!(comparison, Comparison::Equal | Comparison::Greater | Comparison::AtLeast) {
                since = since.max(times::since(text));
            }
            if matches!(comparison, Comparison::Equal | Comparison::Less | Comparison::AtMost) {
                until = times::earlier(until, times::until(text));
            }
        }
        (since, until)
    }

    /// The times that conditions on [`Records::RANGE`] allow: at or after the first, before the second;
    /// `None` if they allow none. They are exactly the times whose text compares so.
    ///
    /// # Errors
    /// A value is no text.
    pub(crate) fn range(&self, column: &str) -> Result<Option<Range>, String> {
        use Comparison::{AtLeast, AtMost, Equal, Greater, Less};
        let (mut since, mut until) = (None::<Timestamp>, None::<Timestamp>);
        for (name, comparison, value) in &self.conditions {
            let text = match value {
                _ if *name != column => continue,
                Value::Text(text) => text,
                Value::Null => return Ok(None),
                _ => {
                    let example = "such as '2026-11-24' or ago('1d')";
                    return Err(format!("{column} is compared with a time as text, {example}"));
                }
            };
            if matches!(comparison, Equal | AtLeast | Greater) {
                let Some(first) = times::first(text, *comparison == Greater) else { return Ok(None) };
                since = since.max(Some(first));
            }
            if matches!(comparison, Equal | AtMost | Less) {
                until = times::earlier(until, times::first(text, *comparison != Less));
            }
        }
        let is_empty = since.zip(until).is_some_and(|(since, until)| since >= until);
        Ok((!is_empty).then_some((since, until)))
    }

    /// Whether the statement reads a column.
    pub(crate) fn reads(&self, column: &str) -> bool {
        self.reads.contains(&column)
    }
}

/// A table of these records.
pub(crate) struct Table<T> {
    records: T,
    reader: StoreReader,
}

impl<T: Records> Table<T> {
    pub(crate) const fn new(records: T, reader: StoreReader) -> Self {
        Self { records, reader }
    }
}

/// Every column with its position.
fn all<T: Records>() -> impl Iterator<Item = &'static Column<T::Row>> {
    T::columns().iter().chain(T::hidden())
}

/// The `CREATE TABLE` statement of a table. Hidden columns are left out if `plain`.
pub(crate) fn declaration<T: Records>(plain: bool) -> String {
    let one = |column: &Column<T::Row>| format!("\"{}\" {}", column.name, column.kind.declared());
    let hidden = T::hidden().iter().filter(|_| !plain).map(|column| format!("{} HIDDEN", one(column)));
    let columns: Vec<String> = T::columns().iter().map(one).chain(hidden).collect();
    format!("CREATE TABLE \"{}\"({})", T::NAME, columns.join(", "))
}

impl<T: Records> Source for Table<T> {
    fn declaration(&self) -> String {
        declaration::<T>(false)
    }

    fn plan(&self, conditions: &[Condition], order: &[(usize, bool)]) -> Option<Plan> {
        let names: Vec<&str> = all::<T>().map(|column| column.name).collect();
        let (mut used, mut rows, mut has_range) = (Vec::new(), ROWS, false);
        for (at, condition) in conditions.iter().enumerate() {
            let Some(push) = names.get(condition.column).and_then(|name| push::<T>(name, condition)) else {
                if condition.comparison == Comparison::Match {
                    return None;
                }
                continue;
            };
            let exact = matches!(push, Push::Words | Push::Choice | Push::Range);
            if !condition.usable {
                // Another order of the tables may make it usable.
                if exact {
                    return None;
                }
                continue;
            }
            rows = match push {
                Push::Key => rows.min(10.0),
                Push::Value => rows * 0.1,
                Push::Time => rows * 0.3,
                Push::Words => rows * 0.05,
                Push::Choice | Push::Range => rows,
            };
            has_range |= matches!(push, Push::Range);
            used.push(Used { at, exact });
        }
        let ordered = match (T::ORDER, order) {
            (Some((name, ascending, descending)), [(column, descends)]) => {
                names.get(*column) == Some(&name) && if *descends { descending } else { ascending }
            }
            _ => false,
        };
        // If that is cheaper, SQLite scans once for each alternative of an OR, and drops rows with a number
        // that it had. Ranges of time give different sums for one number, so it must not be cheaper.
        let rows = if has_range { ROWS } else { rows.max(1.0) };
        Some(Plan { used, cost: rows * 10.0, rows: rows as i64, ordered })
    }

    fn scan(&self, ask: &ScanAsk) -> Result<Box<dyn Rows>, String> {
        let names: Vec<&'static str> = all::<T>().map(|column| column.name).collect();
        let conditions = ask.conditions.iter().filter_map(|(column, comparison, value)| {
            Some((*names.get(*column)?, *comparison, value.clone()))
        });
        let asked = Asked {
            conditions: conditions.collect(),
            ascending: ask.ascending,
            reads: names.iter().enumerate().filter(|(at, _)| ask.reads(*at)).map(|(_, name)| *name).collect(),
        };
        let pages = self.records.pages(&self.reader, &asked)?;
        Ok(Box::new(Scan::<T> { pages, rows: Vec::new().into_iter(), current: None, size: FIRST_ROWS }))
    }
}

fn push<T: Records>(name: &str, condition: &Condition) -> Option<Push> {
    if T::RANGE == Some(name) {
        return (condition.binary && condition.comparison != Comparison::Match).then_some(Push::Range);
    }
    let is_time = T::TIME == Some(name) || T::PERIODS.contains(&name);
    match condition.comparison {
        Comparison::Match => T::hidden().iter().any(|column| column.name == name).then_some(Push::Words),
        Comparison::Equal => T::equal(name)
            .or_else(|| is_time.then_some(Push::Time))
            .filter(|push| condition.binary || matches!(push, Push::Choice)),
        _ => (is_time && condition.binary).then_some(Push::Time),
    }
}

/// A running scan.
struct Scan<T: Records> {
    pages: Pages<T::Row>,
    rows: std::vec::IntoIter<T::Row>,
    current: Option<T::Row>,
    size: usize,
}

impl<T: Records> Rows for Scan<T> {
    fn advance(&mut self) -> Result<bool, String> {
        loop {
            self.current = self.rows.next();
            if self.current.is_some() {
                return Ok(true);
            }
            let Some(page) = (self.pages)(self.size)? else { return Ok(false) };
            self.size = (self.size * 4).min(MOST_ROWS);
            self.rows = page.into_iter();
        }
    }

    fn value(&self, column: usize) -> Result<ToSqlOutput<'_>, String> {
        let Some((row, column)) = self.current.as_ref().zip(all::<T>().nth(column)) else {
            return Ok(ToSqlOutput::Owned(Value::Null));
        };
        if T::RANGE == Some(column.name) {
            let (table, name) = (T::NAME, column.name);
            return Err(format!(
                "a row of {table} sums up many calls, so {name} has no value; compare it with =, <, <=, >, >= or \
                 BETWEEN, joined by AND"
            ));
        }
        Ok(ToSqlOutput::Owned((column.value)(row)))
    }

    fn number(&self) -> i64 {
        self.current.as_ref().map_or(0, T::number)
    }
}
