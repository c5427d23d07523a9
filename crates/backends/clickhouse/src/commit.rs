//! Commits of ledger rows with the differences of their sums, each applied exactly once.
//!
//! The server has no transactions over tables. A commit is therefore written to the table `commits` first, in
//! one row. Then its ledger rows and differences follow, each insert with a token. A commit that was cut off
//! is sent again with the same bytes and tokens, and the server drops what it has.

use std::collections::VecDeque;

use bytes::Bytes;
use quipu_core::Result;

use crate::connection::{Connection, Insert};
use crate::rollup;
use crate::rowbinary::Row;
use crate::tables::LEDGER;

const COLUMNS: &str = "version, done, ledger, usage";

/// State of the only writer.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    /// Last version that was given away.
    last: u64,
    /// Inserts of a commit that were not answered yet, in order.
    unfinished: VecDeque<Insert>,
    /// Commits that are applied and not marked so yet.
    applied: Vec<u64>,
}

fn commit_row(row: Row, version: u64, done: bool, ledger: &[u8], usage: &[u8]) -> Row {
    row.u64(version).u8(u8::from(done)).bytes(ledger).bytes(usage)
}

fn token(version: u64, table: &str, part: usize) -> String {
    format!("quipu-{version}-{table}-{part}")
}

/// One insert of a version.
pub(crate) fn insert(
    table: &'static str,
    columns: &'static str,
    rows: impl Into<Bytes>,
    (version, part): (u64, usize),
) -> Insert {
    Insert { table, columns, rows: rows.into(), token: token(version, table, part) }
}

impl Writer {
    /// A writer whose versions begin after the greatest stored one.
    pub(crate) fn after(last: u64) -> Self {
        Self { last, ..Self::default() }
    }

    /// The next version: the time in nanoseconds, and in any case greater than all before. `count` versions
    /// from it on are taken.
    pub(crate) fn version(&mut self, count: usize) -> u64 {
        let since_epoch = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let now = u64::try_from(since_epoch.as_nanos()).unwrap_or_default();
        let version = now.max(self.last.saturating_add(1));
        self.last = version.saturating_add(count.max(1) as u64);
        version
    }

    /// Commits ledger rows with the differences of their sums.
    pub(crate) async fn commit(
        &mut self,
        connection: &Connection,
        version: u64,
        (ledger, usage): (Bytes, Bytes),
    ) -> Result<()> {
        let marks =
            self.applied.iter().fold(Row::default(), |row, done| commit_row(row, *done, true, &[], &[]));
        let rows = commit_row(marks, version, false, &ledger, &usage);
        self.unfinished.push_back(insert("commits", COLUMNS, rows.into_bytes(), (version, 0)));
        self.apply(version, ledger, usage);
        self.finish(connection).await?;
        self.applied = vec![version];
        Ok(())
    }

    /// Adds the inserts of a commit that the table `commits` has.
    pub(crate) fn apply(&mut self, version: u64, ledger: Bytes, usage: Bytes) {
        for (table, columns, rows) in [("ledger", LEDGER, ledger), ("usage_hours", rollup::COLUMNS, usage)] {
            if !rows.is_empty() {
                self.unfinished.push_back(insert(table, columns, rows, (version, 0)));
            }
        }
    }

    /// Sends what is left of a commit that was cut off.
    pub(crate) async fn finish(&mut self, connection: &Connection) -> Result<()> {
        while let Some(next) = self.unfinished.front() {
            connection.insert(next).await?;
            self.unfinished.pop_front();
        }
        Ok(())
    }

    /// Marks the applied commits, so that the next start sends none of them again.
    pub(crate) async fn mark(&mut self, connection: &Connection) -> Result<()> {
        self.finish(connection).await?;
        if self.applied.is_empty() {
            return Ok(());
        }
        let marks =
            self.applied.iter().fold(Row::default(), |row, done| commit_row(row, *done, true, &[], &[]));
        let version = self.version(1);
        connection.insert(&insert("commits", COLUMNS, marks.into_bytes(), (version, 0))).await?;
        self.applied.clear();
        Ok(())
    }

    /// Adds a commit that is applied already.
    pub(crate) fn add_applied(&mut self, version: u64) {
        self.applied.push(version);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_only_grow() {
        let mut writer = Writer::after(u64::MAX / 2);
        let first = writer.version(10);
        assert_eq!(first, u64::MAX / 2 + 1);
        assert!(writer.version(1) > first + 9);
        assert!(Writer::default().version(1) > 1_700_000_000_000_000_000, "the time of the day");
    }

    #[test]
    fn a_commit_that_is_sent_again_has_the_same_tokens() {
        let inserts = |mut writer: Writer| {
            writer.apply(7, Bytes::from_static(b"l"), Bytes::from_static(b"u"));
            writer.unfinished.into_iter().map(|insert| (insert.token, insert.rows)).collect::<Vec<_>>()
        };
        let (first, again) = (inserts(Writer::default()), inserts(Writer::after(99)));
        assert_eq!(first, again);
        assert_eq!(first[0].0, "quipu-7-ledger-0");
        assert_eq!(first[1].0, "quipu-7-usage_hours-0");
    }
}
