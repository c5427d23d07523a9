//! Contract of a table's source.

use rusqlite::types::{ToSqlOutput, Value};

/// Comparison of a column with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`, and each value of `IN`.
    Equal,
    /// `<`.
    Less,
    /// `<=`.
    AtMost,
    /// `>`.
    Greater,
    /// `>=`.
    AtLeast,
    /// `MATCH`.
    Match,
}

/// A condition that a statement sets on a column, before its value is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    /// Column, from 0.
    pub column: usize,
    /// Comparison.
    pub comparison: Comparison,
    /// Whether its value is known when the table is scanned. A condition with `MATCH` that is not usable
    /// makes the plan impossible.
    pub usable: bool,
    /// Whether texts are compared byte by byte.
    pub binary: bool,
}

/// A condition that a scan applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// Position in the list of conditions.
    pub at: usize,
    /// Whether the scan applies it exactly. SQLite tests all others again.
    pub exact: bool,
}

/// How a table will be scanned.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Conditions that the scan gets, with their values.
    pub used: Vec<Used>,
    /// Estimated cost, in comparable units.
    pub cost: f64,
    /// Estimated number of rows.
    pub rows: i64,
    /// Whether the rows arrive in the wanted order.
    pub ordered: bool,
}

/// A scan to begin.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanAsk {
    /// Conditions with their values.
    pub conditions: Vec<(usize, Comparison, Value)>,
    /// Columns that the statement reads: bit `n` for column `n`, the highest bit for all beyond.
    pub columns: u64,
    /// Whether rows are wanted in ascending order; only if the plan was `ordered`.
    pub ascending: bool,
}

impl ScanAsk {
    /// Whether the statement reads this column.
    pub const fn reads(&self, column: usize) -> bool {
        self.columns & (1 << if column < 63 { column } else { 63 }) != 0
    }
}

/// A table's rows and declaration.
pub trait Source: Send + Sync + 'static {
    /// The `CREATE TABLE` statement that names the columns.
    fn declaration(&self) -> String;

    /// The plan for these conditions. `order` has the columns of the statement's order and whether each
    /// descends. `None`: the table cannot be read under these conditions.
    fn plan(&self, conditions: &[Condition], order: &[(usize, bool)]) -> Option<Plan>;

    /// Begins a scan.
    ///
    /// # Errors
    /// The text is the statement's error.
    fn scan(&self, ask: &ScanAsk) -> Result<Box<dyn Rows>, String>;
}

/// The rows of a scan.
pub trait Rows {
    /// Moves to the next row; `false` at the end.
    ///
    /// # Errors
    /// The text is the statement's error.
    fn advance(&mut self) -> Result<bool, String>;

    /// A value of the current row.
    ///
    /// # Errors
    /// The column has none. The text is the statement's error.
    fn value(&self, column: usize) -> Result<ToSqlOutput<'_>, String>;

    /// Number of the current row. It identifies the row in every scan of one statement.
    fn number(&self) -> i64;
}
