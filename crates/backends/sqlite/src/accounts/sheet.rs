//! Accounts within one transaction.

use std::path::Path;

use compact_str::CompactString;
use quipu_core::{
    AccountId, AccountUnit, Counted, Fired, HeldReservation, Posting, Result, Sheet, SpanId, Timestamp,
    TraceFacts, TraceId,
};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use crate::fault::Fault;

/// The accounts within a transaction.
pub(super) struct Open<'a> {
    pub conn: &'a Connection,
    pub path: &'a Path,
    /// A definition was changed.
    pub defined: bool,
    /// An amount was spent or reserved.
    pub charged: bool,
}

/// Number of buckets that are raised between two look-ups.
const RAISED_AT_A_TIME: usize = 1_000;

/// A figure as its sixteen bytes: SQLite's integers are too small for money.
type Figure = [u8; 16];

const fn number(unit: AccountUnit) -> i64 {
    unit as i64
}

fn unit(number: i64) -> Result<AccountUnit, Fault> {
    let known = usize::try_from(number).ok().and_then(|number| AccountUnit::ALL.get(number).copied());
    known.ok_or(Fault::Damaged("an unknown unit"))
}

fn id(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Open<'_> {
    fn said<T>(&self, answer: Result<T, Fault>) -> Result<T> {
        answer.map_err(|fault| fault.at("write accounts", self.path))
    }

    fn run(&self, sql: &str, params: impl Params) -> Result<usize> {
        self.said(self.conn.prepare_cached(sql).and_then(|mut it| it.execute(params)).map_err(Fault::from))
    }

    fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>> {
        let answer = || {
            let mut statement = self.conn.prepare_cached(sql)?;
            let mut rows = statement.query(params)?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                all.push(read(row)?);
            }
            Ok(all)
        };
        self.said(answer())
    }

    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>> {
        Ok(self.all(sql, params, read)?.pop())
    }

    fn sum(&self, sql: &str, params: impl Params) -> Result<i128> {
        let figures = self.all(sql, params, |row| Ok(i128::from_be_bytes(row.get::<_, Figure>(0)?)))?;
        Ok(figures.into_iter().fold(0, i128::saturating_add))
    }

    fn meta(&self, name: &str) -> Result<u64> {
        let answer = self.conn.prepare_cached("SELECT value FROM meta WHERE name = ?1");
        let value = answer.and_then(|mut it| it.query_row([name], |row| row.get::<_, i64>(0)).optional());
        let value = self.said(value.map_err(Fault::from))?;
        Ok(value.and_then(|value| u64::try_from(value).ok()).unwrap_or_default())
    }

    fn increment(&self, name: &str) -> Result<u64> {
        self.run("UPDATE meta SET value = value + 1 WHERE name = ?1", [name])?;
        self.meta(name)
    }

    /// Reservations that match a condition on `held`.
    fn parts(&self, condition: &str, params: impl Params) -> Result<Vec<HeldReservation>> {
        let sql = format!(
            "SELECT id, budget, expires, trace, span FROM held WHERE {condition} ORDER BY id, budget"
        );
        let mut parts = self.all(&sql, params, |row| {
            let budget: String = row.get(1)?;
            Ok(HeldReservation {
                id: u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default(),
                budget: budget.into(),
                figures: Vec::new(),
                expires: Timestamp::from_nanos(row.get(2)?),
                trace_id: row
                    .get::<_, Option<[u8; 16]>>(3)?
                    .and_then(|bytes| TraceId::from_bytes(bytes).ok()),
                span_id: row.get::<_, Option<[u8; 8]>>(4)?.and_then(|bytes| SpanId::from_bytes(bytes).ok()),
            })
        })?;
        for part in &mut parts {
            let sql = "SELECT scope, unit, figure FROM share WHERE id = ?1 AND budget = ?2 ORDER BY place";
            part.figures = self.all(sql, params![id(part.id), part.budget.as_str()], |row| {
                let (scope, unit) = (CompactString::from(row.get::<_, String>(0)?), unit(row.get(1)?)?);
                let account = AccountId { budget: part.budget.clone(), scope, unit };
                Ok((account, i128::from_be_bytes(row.get::<_, Figure>(2)?)))
            })?;
        }
        Ok(parts)
    }

    fn let_go(&self, number: i64, budget: &str) -> Result<()> {
        self.run("DELETE FROM share WHERE id = ?1 AND budget = ?2", params![number, budget])?;
        self.run("DELETE FROM held WHERE id = ?1 AND budget = ?2", params![number, budget]).map(drop)
    }
}

fn decoded<T: serde::de::DeserializeOwned>(row: &Row<'_>) -> Result<T, Fault> {
    Ok(postcard::from_bytes(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?)
}

fn decoded_call(row: &Row<'_>) -> Result<Counted, Fault> {
    unpack_call(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)
}

/// A call's stored bytes. Estimates came later and lie behind the rest, where there are any.
pub(super) fn pack_call(call: &Counted) -> Result<Vec<u8>, Fault> {
    let bytes = postcard::to_stdvec(call)?;
    if call.estimated == Default::default() {
        return Ok(bytes);
    }
    Ok(postcard::to_extend(&call.estimated, bytes)?)
}

/// The call of stored bytes.
pub(super) fn unpack_call(bytes: &[u8]) -> Result<Counted, Fault> {
    let (call, rest): (Counted, _) = postcard::take_from_bytes(bytes)?;
    let estimated = if rest.is_empty() { Default::default() } else { postcard::from_bytes(rest)? };
    Ok(Counted { estimated, ..call })
}

impl Sheet for Open<'_> {
    fn version(&mut self) -> Result<u64> {
        self.meta("version")
    }

    fn definitions(&mut self) -> Result<Vec<(String, String)>> {
        self.all("SELECT name, body FROM definition ORDER BY name", [], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    fn define(&mut self, name: &str, text: Option<&str>) -> Result<()> {
        self.defined = true;
        match text {
            Some(text) => self.run("INSERT OR REPLACE INTO definition VALUES (?1, ?2)", [name, text])?,
            None => self.run("DELETE FROM definition WHERE name = ?1", [name])?,
        };
        self.increment("version").map(drop)
    }

    fn spent(&mut self, account: &AccountId, since: Timestamp) -> Result<i128> {
        let AccountId { budget, scope, unit } = account;
        self.sum(
            "SELECT figure FROM spent WHERE budget = ?1 AND scope = ?2 AND unit = ?3 AND bucket >= ?4",
            params![budget.as_str(), scope.as_str(), number(*unit), since.nanos()],
        )
    }

    fn post(&mut self, posting: &Posting) -> Result<()> {
        self.charged = true;
        let AccountId { budget, scope, unit } = &posting.account;
        let (unit, bucket) = (number(*unit), posting.bucket.nanos());
        let known = self.sum(
            "SELECT figure FROM spent WHERE budget = ?1 AND scope = ?2 AND unit = ?3 AND bucket = ?4",
            params![budget.as_str(), scope.as_str(), unit, bucket],
        )?;
        let figure = known.saturating_add(posting.figure).to_be_bytes();
        self.run(
            "INSERT OR REPLACE INTO spent VALUES (?1, ?2, ?3, ?4, ?5)",
            params![budget.as_str(), scope.as_str(), unit, bucket, figure],
        )
        .map(drop)
    }

    fn accounts(&mut self, budget: &str, since: Timestamp, most: usize) -> Result<Vec<AccountId>> {
        let sql = "SELECT DISTINCT scope, unit FROM spent WHERE budget = ?1 AND bucket >= ?2
                   UNION SELECT scope, unit FROM share WHERE budget = ?1 ORDER BY 1, 2 LIMIT ?3";
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.all(sql, params![budget, since.nanos(), most], |row| {
            let (scope, unit) = (CompactString::from(row.get::<_, String>(0)?), unit(row.get(1)?)?);
            Ok(AccountId { budget: budget.into(), scope, unit })
        })
    }

    fn raise(&mut self, from: &str, to: &str) -> Result<()> {
        let first = format!(
            "SELECT scope, unit, bucket, figure FROM spent WHERE budget = ?1
             ORDER BY scope, unit, bucket LIMIT {RAISED_AT_A_TIME}"
        );
        loop {
            let some = self.all(&first, [from], |row| {
                let (scope, unit) = (CompactString::from(row.get::<_, String>(0)?), unit(row.get(1)?)?);
                let account = AccountId { budget: to.into(), scope, unit };
                let figure = i128::from_be_bytes(row.get::<_, Figure>(3)?);
                Ok(Posting { account, bucket: Timestamp::from_nanos(row.get(2)?), figure })
            })?;
            for posting in &some {
                let AccountId { scope, unit, .. } = &posting.account;
                let key = |budget| (budget, scope.as_str().to_owned(), number(*unit), posting.bucket.nanos());
                let of_bucket = "WHERE budget = ?1 AND scope = ?2 AND unit = ?3 AND bucket = ?4";
                let counted = self.sum(&format!("SELECT figure FROM spent {of_bucket}"), key(to))?;
                let figure = posting.figure.saturating_sub(counted);
                if figure > 0 {
                    self.post(&Posting { figure, ..posting.clone() })?;
                }
                self.run(&format!("DELETE FROM spent {of_bucket}"), key(from))?;
            }
            if some.len() < RAISED_AT_A_TIME {
                return Ok(());
            }
        }
    }

    fn expire(&mut self, now: Timestamp) -> Result<()> {
        let over = self.all("SELECT id, budget FROM held WHERE expires <= ?1", [now.nanos()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })?;
        over.iter().try_for_each(|(number, budget)| self.let_go(*number, budget))
    }

    fn reserved(&mut self, account: &AccountId) -> Result<i128> {
        let AccountId { budget, scope, unit } = account;
        self.sum(
            "SELECT figure FROM share WHERE budget = ?1 AND scope = ?2 AND unit = ?3",
            params![budget.as_str(), scope.as_str(), number(*unit)],
        )
    }

    fn next(&mut self) -> Result<u64> {
        self.increment("next")
    }

    fn hold(&mut self, held: HeldReservation) -> Result<()> {
        self.charged = true;
        let (number, budget) = (id(held.id), held.budget.as_str());
        self.let_go(number, budget)?;
        let trace = held.trace_id.map(|trace| *trace.as_bytes());
        let span = held.span_id.map(|span| *span.as_bytes());
        self.run(
            "INSERT INTO held VALUES (?1, ?2, ?3, ?4, ?5)",
            params![number, budget, held.expires.nanos(), trace, span],
        )?;
        for (place, (account, figure)) in (0_i64..).zip(&held.figures) {
            let (scope, unit) = (account.scope.as_str(), self::number(account.unit));
            self.run(
                "INSERT OR REPLACE INTO share VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![budget, scope, unit, number, place, figure.to_be_bytes()],
            )?;
        }
        Ok(())
    }

    fn held(&mut self, number: u64) -> Result<Vec<HeldReservation>> {
        self.parts("id = ?1", [id(number)])
    }

    fn held_in(&mut self, trace_id: TraceId) -> Result<Vec<HeldReservation>> {
        self.parts("trace = ?1", [*trace_id.as_bytes()])
    }

    fn release(&mut self, number: u64, budget: &str) -> Result<()> {
        self.let_go(id(number), budget)
    }

    fn call(&mut self, trace_id: TraceId, span_id: SpanId) -> Result<Option<Counted>> {
        let sql = "SELECT body FROM call WHERE trace = ?1 AND span = ?2";
        self.one(sql, params![*trace_id.as_bytes(), *span_id.as_bytes()], decoded_call)
    }

    fn calls(&mut self, trace_id: TraceId) -> Result<Vec<Counted>> {
        self.all("SELECT body FROM call WHERE trace = ?1", [*trace_id.as_bytes()], decoded_call)
    }

    fn count(&mut self, call: Counted, keep: Timestamp) -> Result<()> {
        let body = self.said(pack_call(&call))?;
        let (trace, span) = (*call.trace_id.as_bytes(), *call.span_id.as_bytes());
        self.run(
            "INSERT OR REPLACE INTO call VALUES (?1, ?2, ?3, ?4)",
            params![trace, span, keep.nanos(), body],
        )
        .map(drop)
    }

    fn facts(&mut self, trace_id: TraceId) -> Result<TraceFacts> {
        let known = self.one("SELECT body FROM trace WHERE trace = ?1", [*trace_id.as_bytes()], decoded)?;
        Ok(known.unwrap_or_default())
    }

    fn learn(&mut self, trace_id: TraceId, facts: TraceFacts, keep: Timestamp) -> Result<()> {
        let body = self.said(postcard::to_stdvec(&facts).map_err(Fault::from))?;
        let trace = *trace_id.as_bytes();
        self.run("INSERT OR REPLACE INTO trace VALUES (?1, ?2, ?3)", params![trace, keep.nanos(), body])
            .map(drop)
    }

    fn fired(&mut self, account: &AccountId) -> Result<Vec<Fired>> {
        let AccountId { budget, scope, unit } = account;
        let sql =
            "SELECT millionths, period, share_of FROM fired WHERE budget = ?1 AND scope = ?2 AND unit = ?3";
        self.all(sql, params![budget.as_str(), scope.as_str(), number(*unit)], |row| {
            Ok(Fired {
                millionths: u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default(),
                period: Timestamp::from_nanos(row.get(1)?),
                limit: i128::from_be_bytes(row.get::<_, Figure>(2)?),
            })
        })
    }

    fn fire(&mut self, account: &AccountId, fired: Fired) -> Result<()> {
        let AccountId { budget, scope, unit } = account;
        let (unit, millionths) = (number(*unit), id(fired.millionths));
        self.run(
            "INSERT OR REPLACE INTO fired VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                budget.as_str(),
                scope.as_str(),
                unit,
                millionths,
                fired.period.nanos(),
                fired.limit.to_be_bytes()
            ],
        )
        .map(drop)
    }

    fn mark(&mut self, name: &str) -> Result<Option<String>> {
        self.one("SELECT word FROM mark WHERE name = ?1", [name], |row| Ok(row.get(0)?))
    }

    fn set_mark(&mut self, name: &str, word: &str) -> Result<()> {
        self.run("INSERT OR REPLACE INTO mark VALUES (?1, ?2)", [name, word]).map(drop)
    }

    fn forget(&mut self, budget: &str) -> Result<()> {
        for table in ["spent", "share", "held", "fired"] {
            self.run(&format!("DELETE FROM {table} WHERE budget = ?1"), [budget])?;
        }
        Ok(())
    }

    fn prune(&mut self, now: Timestamp, buckets: &dyn Fn(&str) -> Timestamp) -> Result<()> {
        for table in ["call", "trace"] {
            self.run(&format!("DELETE FROM {table} WHERE keep < ?1"), [now.nanos()])?;
        }
        let budgets =
            self.all("SELECT DISTINCT budget FROM spent", [], |row| Ok(row.get::<_, String>(0)?))?;
        for budget in budgets {
            let since = buckets(&budget).nanos();
            self.run("DELETE FROM spent WHERE budget = ?1 AND bucket < ?2", params![budget, since])?;
            let gone = "DELETE FROM fired WHERE budget = ?1 AND NOT EXISTS (SELECT 1 FROM spent
                        WHERE spent.budget = fired.budget AND spent.scope = fired.scope AND spent.unit = fired.unit)";
            self.run(gone, [&budget])?;
        }
        Ok(())
    }
}
