//! Writes a ledger row into its day. An earlier row of the same span is subtracted from every sum.

use quipu_core::{Cost, TraceId};
use rusqlite::{Connection, OptionalExtension, ToSql, params_from_iter};

use crate::codec::{CallRow, Figures, MARK_COUNTS, MARK_INFERRED, MARK_TOOL, MARK_USAGE};
use crate::fault::Result;
use crate::write::tx::DayTx;

fn write(conn: &Connection, sql: &str, row: &CallRow, keys: [i64; 2]) -> Result<usize> {
    let columns: [&dyn ToSql; 17] = [
        &row.time,
        &row.duration,
        &row.kind,
        &row.marks,
        &row.service,
        &row.framework,
        &row.convention,
        &row.agent,
        &row.tool,
        &row.provider,
        &row.model,
        &row.amount,
        &row.unpriced,
        &row.reported,
        &row.rest,
        &keys[0],
        &keys[1],
    ];
    Ok(conn.prepare_cached(sql)?.execute(params_from_iter(columns))?)
}

impl DayTx<'_> {
    /// Writes one ledger row.
    pub(crate) fn put_cost(&mut self, cost: &Cost) -> Result<()> {
        let pk = self.span_of_cost(cost.trace_id, cost.span_id)?;
        let state = self.state(cost.trace_id)?;
        let (trace, made) = (state.pk, state.made);
        let made = self.made(made, pk)?;
        let file = &mut self.file;
        let row = CallRow::of(cost, self.epoch, &file.conn, &mut file.dims)?;
        let insert = const_sql::INSERT;
        if write(&file.conn, insert, &row, [pk, trace])? == 0
            && !self.replace(cost, [pk, trace], &row, made)?
        {
            return Ok(());
        }
        self.touched.call(row.time);
        self.count(cost.trace_id, cost, &row, made, 1)
    }

    /// Replaces an older row. `false` if nothing changes.
    fn replace(&mut self, cost: &Cost, keys: [i64; 2], row: &CallRow, made: Option<bool>) -> Result<bool> {
        let look = format!("SELECT {} FROM calls WHERE pk = ?1", CallRow::COLUMNS);
        let conn = &self.file.conn;
        let known =
            conn.prepare_cached(&look)?.query_row([keys[0]], |row| CallRow::of_row(row, 0)).optional()?;
        let Some(known) = known.filter(|known| known != row) else {
            return Ok(false);
        };
        let rest = known.rest()?;
        // Batches of one process may overtake each other. A corrected row is not replaced by its older
        // version.
        if rest.epoch == self.epoch && rest.version > cost.version {
            return Ok(false);
        }
        write(conn, const_sql::UPDATE, row, keys)?;
        self.touched.call(known.time);
        let old = known.bare_cost()?;
        self.count(cost.trace_id, &old, &known, made, -1)?;
        Ok(true)
    }

    /// Adds a row to the trace's sums and the rollups, or subtracts it. A span made from another signal
    /// (`made` tells whether it failed) belongs to its trace as long as its row counts.
    fn count(
        &mut self,
        trace: TraceId,
        cost: &Cost,
        row: &CallRow,
        made: Option<bool>,
        sign: i64,
    ) -> Result<()> {
        if row.marks & (MARK_COUNTS | MARK_INFERRED) == 0 {
            return Ok(());
        }
        let usage = Figures::of_usage(cost);
        self.rollups.count(row, cost, &usage, sign)?;
        let state = self.state(trace)?;
        row.inferred()?.into_iter().for_each(|(tool, _)| state.name(Some(tool), sign));
        if row.marks & MARK_COUNTS == 0 {
            return Ok(());
        }
        if row.marks & MARK_USAGE != 0 {
            state.figures.add(&usage.without_latency(), sign);
        }
        if row.marks & MARK_TOOL != 0 {
            state.tools += sign;
            state.name(row.tool, sign);
        }
        if let Some(failed) = made {
            state.picks.show(failed, sign);
            state.recount |= failed;
        }
        state.name(row.agent, sign);
        state.name(row.model, sign);
        Ok(())
    }
}

mod const_sql {
    //! Both statements take the same values.

    pub(super) const INSERT: &str = "INSERT INTO calls(time, dur, kind, marks, service, framework, convention, agent, tool, \
         provider, model, amount, unpriced, reported, rest, pk, tr) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) \
         ON CONFLICT(pk) DO NOTHING";
    pub(super) const UPDATE: &str = "UPDATE calls SET time = ?1, dur = ?2, kind = ?3, marks = ?4, service = ?5, \
         framework = ?6, convention = ?7, agent = ?8, tool = ?9, provider = ?10, model = ?11, amount = ?12, unpriced = ?13, \
         reported = ?14, rest = ?15 WHERE pk = ?16 AND tr = ?17";
}
