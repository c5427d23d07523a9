//! Rows from one file into another, at a pace that lets others work.

use std::time::{Duration, Instant};

use quipu_core::{Error, ErrorKind};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row};

use crate::fault::{NAME, Result};
use crate::shared::Shared;

/// Rows between two looks at what others want.
const STEP_ROWS: usize = 1_000;

/// One reading and one writing connection.
pub(crate) struct Copier<'c> {
    pub(crate) from: &'c Connection,
    pub(crate) to: &'c Connection,
    shared: &'c Shared,
    /// Whether others are let go first: not where nobody else can work meanwhile.
    yields: bool,
    rows: usize,
    since: Instant,
}

impl<'c> Copier<'c> {
    /// Begins; what is copied is committed in steps, and with [`Self::end`].
    pub(crate) fn begin(
        shared: &'c Shared,
        from: &'c Connection,
        to: &'c Connection,
        yields: bool,
    ) -> Result<Self> {
        to.execute_batch("BEGIN")?;
        Ok(Self { from, to, shared, yields, rows: 0, since: Instant::now() })
    }

    pub(crate) fn end(self) -> Result<()> {
        Ok(self.to.execute_batch("COMMIT")?)
    }

    /// One row more was looked at. Now and then the pages are handed on, and whoever waits to write gets the machine for as long
    /// as this took.
    ///
    /// # Errors
    /// The store is closing.
    pub(crate) fn pace(&mut self) -> Result<()> {
        use std::sync::atomic::Ordering::{Acquire, Relaxed};
        self.rows += 1;
        if self.rows < STEP_ROWS {
            return Ok(());
        }
        self.to.execute_batch("COMMIT; BEGIN")?;
        if self.shared.stopping.load(Acquire) {
            return Err(Error::new(ErrorKind::Unavailable, "thin a day", "the store is closing")
                .of_backend(NAME)
                .into());
        }
        if self.yields && self.shared.waiting.load(Relaxed) > 0 {
            std::thread::sleep(self.since.elapsed().min(Duration::from_secs(1)));
        }
        self.rows = 0;
        self.since = Instant::now();
        Ok(())
    }

    /// Copies the rows of a table that `keep` wants, in the order of its key. All columns go along, so that a table may get new ones.
    pub(crate) fn table(
        &mut self,
        table: &str,
        mut keep: impl FnMut(&Row<'_>) -> Result<bool>,
    ) -> Result<()> {
        let from = self.from;
        let mut look = from.prepare(&format!("SELECT * FROM {table}"))?;
        let width = look.column_count();
        let places: Vec<String> = (1..=width).map(|at| format!("?{at}")).collect();
        // The one row that a new file has of its own is replaced.
        let sql = format!("INSERT OR REPLACE INTO {table} VALUES ({})", places.join(", "));
        let mut put = self.to.prepare(&sql)?;
        let mut rows = look.query([])?;
        while let Some(row) = rows.next()? {
            self.pace()?;
            if !keep(row)? {
                continue;
            }
            for at in 0..width {
                let value: ValueRef<'_> = row.get_ref(at)?;
                put.raw_bind_parameter(at + 1, ToSqlOutput::Borrowed(value))?;
            }
            put.raw_execute()?;
        }
        Ok(())
    }
}
