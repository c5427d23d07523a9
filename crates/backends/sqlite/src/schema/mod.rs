//! Layouts of the files, their versions, and the migrations between them.

mod deviations;
mod make;
mod open;
mod structure;

pub(crate) use make::{clear_away, making, set_log};
pub(crate) use open::{Access, fold, hold, open, open_sized, peek, settle_log};
pub(crate) use structure::{INTEGRITY, QUICK, structure};

use rusqlite::Connection;

use crate::fault::Result;

/// Page size, in bytes, of a distant day that starts with few records. Each table and index takes at least
/// one page.
pub(crate) const SMALL_PAGE_BYTES: u32 = 1_024;

/// Work of a step beyond its SQL.
type Work = fn(&Connection) -> Result<()>;

/// Migration steps of one kind of file. Step `n` leads from version `n` to `n + 1`. Append only.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Content of the file, for messages.
    pub(crate) what: &'static str,
    /// Identifies the file as ours (`PRAGMA application_id`).
    pub(crate) mark: i32,
    pub(crate) page_bytes: u32,
    /// Whether new files can release free pages.
    shrinks: bool,
    steps: &'static [&'static str],
    /// Work that SQL alone cannot do, after the step to this version.
    then: &'static [(u32, Work)],
}

/// Metadata of the store.
pub(crate) static CATALOG: Layout = Layout {
    what: "catalog",
    mark: 0x5150_4301,
    page_bytes: 4_096,
    shrinks: false,
    steps: &[
        include_str!("catalog-1.sql"),
        include_str!("catalog-2.sql"),
        include_str!("catalog-3.sql"),
        include_str!("catalog-4.sql"),
    ],
    then: &[],
};

/// Records of a day.
pub(crate) static DAY: Layout = Layout {
    what: "day",
    mark: 0x5150_4401,
    page_bytes: 8_192,
    shrinks: false,
    steps: &[
        include_str!("day-1.sql"),
        include_str!("day-2.sql"),
        include_str!("day-3.sql"),
        include_str!("day-4.sql"),
        include_str!("day-5.sql"),
        include_str!("day-6.sql"),
        include_str!("day-7.sql"),
        include_str!("day-8.sql"),
        include_str!("day-9.sql"),
        include_str!("day-10.sql"),
        include_str!("day-11.sql"),
        include_str!("day-12.sql"),
        include_str!("day-13.sql"),
        include_str!("day-14.sql"),
        include_str!("day-15.sql"),
    ],
    then: &[(5, deviations::count_deviations)],
};

/// Full text of a day.
pub(crate) static TEXT: Layout = Layout {
    what: "full text",
    mark: 0x5150_5801,
    page_bytes: 8_192,
    shrinks: true,
    steps: &[include_str!("text-1.sql")],
    then: &[],
};

impl Layout {
    /// The version that this build writes.
    pub(crate) fn version(&self) -> u32 {
        u32::try_from(self.steps.len()).unwrap_or(u32::MAX)
    }

    fn take_steps(&self, conn: &Connection, from: usize) -> Result<()> {
        for (version, step) in (1_u32..).zip(self.steps).skip(from) {
            conn.execute_batch(step)?;
            // A new file has no data to convert.
            for (_, then) in self.then.iter().filter(|(of, _)| *of == version && from > 0) {
                then(conn)?;
            }
        }
        Ok(())
    }

    /// Migrates an existing file from `from` to this build's version, all steps in one transaction.
    fn migrate(&self, conn: &Connection, from: u32) -> Result<()> {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        if from >= self.steps.len() {
            return Ok(());
        }
        conn.pragma_update(None, "journal_mode", "WAL")?;
        self.take_steps_at_once(conn, from)?;
        // This writes the version into the file's own header, where `peek` reads it.
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    fn take_steps_at_once(&self, conn: &Connection, from: usize) -> Result<()> {
        conn.execute_batch("BEGIN IMMEDIATE")?;
        let done = self.take_steps(conn, from).and_then(|()| {
            conn.pragma_update(None, "application_id", self.mark)?;
            conn.pragma_update(None, "user_version", self.version())?;
            Ok(conn.execute_batch("COMMIT")?)
        });
        if done.is_err() {
            let _ = conn.execute_batch("ROLLBACK");
        }
        done
    }
}
