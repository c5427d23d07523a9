//! Logins that failed, as they outlast the process.

use quipu_core::{Result, Timestamp};
use rusqlite::params;

use super::{Register, RegisterError};
use crate::attempts::{Count, Kept, MOST, Side, forgotten_before};
use crate::secret::Hashed;

/// Added to a register of before: whoever does not know of it leaves it alone.
pub const LAYOUT: &str = "
CREATE TABLE IF NOT EXISTS attempt (
    side INTEGER NOT NULL,        -- 0: against a user, 1: against an address
    who BLOB NOT NULL,            -- SHA-256 of what was typed, or of the address
    failures INTEGER NOT NULL,
    last INTEGER NOT NULL,
    until INTEGER NOT NULL,       -- no attempt before
    PRIMARY KEY (side, who)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS attempt_last ON attempt (last);
";

impl Register {
    /// What is held against whom, the oldest first.
    pub(crate) fn attempts(&self, now: Timestamp) -> Result<Vec<Kept>> {
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
                Ok(Hashed::from_stored(&who).map(|who| Kept { side, who, count }))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        });
        read.map(|rows| rows.into_iter().flatten().collect())
    }

    /// Writes down what is held against whom now; what is forgotten, and the oldest beyond the bound, goes.
    pub(crate) fn keep_attempts(&self, kept: &[Kept], now: Timestamp) -> Result<(), RegisterError> {
        self.change(|work| {
            for Kept { side, who, count } in kept {
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
            work.execute("DELETE FROM attempt WHERE last <= ?", [forgotten_before(now).nanos()])?;
            let most = i64::try_from(MOST).unwrap_or(i64::MAX).saturating_mul(2);
            work.execute(
                "DELETE FROM attempt WHERE (side, who) IN (SELECT side, who FROM attempt ORDER BY last DESC LIMIT -1 OFFSET ?)",
                [most],
            )?;
            Ok(())
        })
    }
}
