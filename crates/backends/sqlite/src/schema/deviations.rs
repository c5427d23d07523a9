//! Migration that adds rows with deviating reported costs to the sums of an older file.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::codec::{CallRow, Figures, MARK_USAGE};
use crate::fault::Result;
use crate::rollups::Rollups;

/// Adds them to the sums of their traces and hours.
pub(super) fn count_deviations(conn: &Connection) -> Result<()> {
    let mut look = conn.prepare(&format!(
        "SELECT {}, tr FROM calls WHERE amount IS NOT NULL AND reported IS NOT NULL AND marks & {MARK_USAGE} != 0",
        CallRow::COLUMNS
    ))?;
    let one = Figures::of_deviating(1);
    let (mut rollups, mut traces) = (Rollups::default(), HashMap::<i64, i64>::new());
    let mut rows = look.query([])?;
    while let Some(row) = rows.next()? {
        let call = CallRow::of_row(row, 0)?;
        let cost = call.bare_cost()?;
        if cost.deviates() {
            // Deviating costs do not change the rollup by tool.
            rollups.count(&CallRow { marks: MARK_USAGE, ..call }, &cost, &one, 1)?;
            *traces.entry(row.get(15)?).or_default() += 1;
        }
    }
    rollups.save(conn)?;
    for (pk, rows) in traces {
        let figures: Vec<u8> = conn
            .prepare_cached("SELECT figures FROM traces WHERE pk = ?1")?
            .query_row([pk], |row| row.get(0))?;
        let mut figures = Figures::unpack(&figures)?;
        figures.add(&Figures::of_deviating(rows), 1);
        conn.prepare_cached("UPDATE traces SET figures = ?2 WHERE pk = ?1")?
            .execute((pk, figures.pack()?))?;
    }
    Ok(())
}
