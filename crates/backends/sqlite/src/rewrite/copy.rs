//! Copy of rows from one file into another, at a pace that lets other work proceed.

use std::time::{Duration, Instant};

use quipu_core::{Error, ErrorKind};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row};

use crate::fault::{NAME, Result};
use crate::shared::Shared;

/// Number of rows between two checks for waiting work.
const STEP_ROWS: usize = 1_000;

/// A reading and a writing connection.
pub(crate) struct Copier<'c> {
    pub(crate) from: &'c Connection,
    pub(crate) to: &'c Connection,
    shared: &'c Shared,
    /// Whether it yields to other work; not if no other work is possible meanwhile.
    yields: bool,
    rows: usize,
    since: Instant,
}

impl<'c> Copier<'c> {
    /// Starts a copy. The rows are committed in steps and by [`Self::end`].
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

    /// Counts a row. Periodically the pages are written, and waiting writers get as much time as the last
    /// step took.
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

    /// Copies the rows of a table that satisfy `keep`, in the order of its key. All columns are copied, so a
    /// table may get new columns.
    pub(crate) fn table(
        &mut self,
        table: &str,
        mut keep: impl FnMut(&Row<'_>) -> Result<bool>,
    ) -> Result<()> {
        let from = self.from;
        let mut look = from.prepare(&format!("SELECT * FROM {table}"))?;
        let width = look.column_count();
        let places: Vec<String> = (1..=width).map(|at| format!("?{at}")).collect();
        // The default row of a new file is replaced.
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
