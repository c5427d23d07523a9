//! Failed logins in the register, kept across restarts.

use quipu_core::{Result, Timestamp};
use rusqlite::{Connection, params};

use super::{Register, RegisterError};
use crate::attempts::{Count, MOST, SavedAttempts, Side, Who, forgotten_before};

/// An addition to older registers; builds that do not know this table ignore it.
const LAYOUT: &str = "
CREATE TABLE IF NOT EXISTS attempt (
    side INTEGER NOT NULL,        -- 0: against a user, 1: against an address
    who BLOB NOT NULL,            -- the first 4 bytes of the SHA-256 of the typed name or of the address
    failures INTEGER NOT NULL,
    last INTEGER NOT NULL,
    until INTEGER NOT NULL,       -- earliest time of the next attempt
    PRIMARY KEY (side, who)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS attempt_last ON attempt (last);
";

/// Creates the table, and deletes forgotten counts. Hashes that an older version stored whole are cut.
pub(super) fn lay_out(conn: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    conn.execute_batch(LAYOUT)?;
    let short = "UPDATE OR REPLACE attempt SET who = substr(who, 1, ?1) WHERE length(who) > ?1";
    conn.execute(short, [Who::BYTES])?;
    forget(conn, now)
}

fn forget(conn: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    conn.execute("DELETE FROM attempt WHERE last <= ?", [forgotten_before(now).nanos()]).map(drop)
}

impl Register {
    /// Returns the stored counts, the oldest first.
    pub(crate) fn attempts(&self, now: Timestamp) -> Result<Vec<SavedAttempts>> {
        let read = self.read(|conn| {
            let sql = "SELECT side, who, failures, last, until FROM attempt WHERE last > ? ORDER BY last";
            let mut rows = conn.prepare(sql)?;
            let rows = rows.query_map([forgotten_before(now).nanos()], |row| {
                let who: Vec<u8> = row.get(1)?;
                let side = if row.get::<_, i64>(0)? == 0 { Side::User } else { Side::Address };
                let count = Count {
                    failures: row.get(2)?,
                    last: Timestamp::from_nanos(row.get(3)?),
                    until: Timestamp::from_nanos(row.get(4)?),
                };
                Ok(Who::from_stored(&who).map(|who| SavedAttempts { side, who, count }))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        });
        read.map(|rows| rows.into_iter().flatten().collect())
    }

    /// Stores counts, and deletes the forgotten ones and the oldest beyond the limit.
    pub(crate) fn keep_attempts(&self, kept: &[SavedAttempts], now: Timestamp) -> Result<(), RegisterError> {
        self.change(|work| {
            for SavedAttempts { side, who, count } in kept {
                let side = i64::from(*side == Side::Address);
                if count.failures == 0 {
                    work.execute("DELETE FROM attempt WHERE side = ? AND who = ?", params![side, who.as_bytes()])?;
                } else {
                    work.execute(
                        "INSERT OR REPLACE INTO attempt (side, who, failures, last, until) VALUES (?, ?, ?, ?, ?)",
                        params![side, who.as_bytes(), count.failures, count.last.nanos(), count.until.nanos()],
                    )?;
                }
            }
            forget(work, now)?;
            let most = i64::try_from(MOST).unwrap_or(i64::MAX).saturating_mul(2);
            work.execute(
                "DELETE FROM attempt WHERE (side, who) IN (SELECT side, who FROM attempt ORDER BY last DESC LIMIT -1 OFFSET ?)",
                [most],
            )?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use quipu_core::{Clock as _, SystemClock};

    use super::super::FILE;
    use super::*;

    #[test]
    fn what_is_an_hour_old_and_all_but_the_beginning_of_a_hash_is_gone_once_the_register_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Register::open(folder.path(), Arc::new(SystemClock)).unwrap();
        drop(open());
        let now = SystemClock.now();
        let (old, new) = ([7_u8; 32], [9_u8; 32]);
        let conn = Connection::open(folder.path().join(FILE)).unwrap();
        let put = |who: &[u8], last: Timestamp| {
            let row = params![who, last.nanos()];
            conn.execute("INSERT INTO attempt (side, who, failures, last, until) VALUES (0, ?, 3, ?, 0)", row)
        };
        put(&old, now.plus(-2 * Timestamp::HOUR)).unwrap();
        put(&new, now).unwrap();
        drop(conn);
        let register = open();
        let kept = register.attempts(now).unwrap();
        assert_eq!((kept.len(), kept[0].who.as_bytes(), kept[0].count.failures), (1, &[9; 4], 3));
        drop(register);
        let file = std::fs::read(folder.path().join(FILE)).unwrap();
        for hash in [old, new] {
            assert!(!file.windows(8).any(|bytes| bytes == &hash[..8]), "a hash is in the file");
        }
    }
}
