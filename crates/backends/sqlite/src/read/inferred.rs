//! Inferred tool runs, from the ledger rows of the calls that received their results.

use quipu_core::{Criterion, FacetField, InferredRun, Term, TraceFilter};
use rusqlite::params_from_iter;

use crate::codec::{CallRow, Figures, MARK_INFERRED};
use crate::fault::Result;
use crate::read::day_tools::DayTools;
use crate::read::filter::Condition;
use crate::read::own::Own;
use crate::read::usage_rows::{rows_of_traces, trace_part};
use crate::readers::DayReader;
use crate::shared::Shared;

/// Columns of a call's ledger row `c` that apply to its inferred runs.
const OF_CALL: Own = Own {
    columns: &[
        (FacetField::Agent, "c.agent"),
        (FacetField::Service, "c.service"),
        (FacetField::Framework, "c.framework"),
    ],
};

/// Rows of calls whose inferred runs may match, without the filter's times. Each run's tool is tested later.
pub(crate) fn rows(
    shared: &Shared,
    reader: &DayReader<'_>,
    filter: &TraceFilter,
) -> Result<Option<Condition>> {
    let terms = filter.terms.iter().filter(|term| !is_of_tool(term)).cloned().collect();
    let of_call = TraceFilter { tool: None, terms, ..filter.clone() };
    let of_trace = TraceFilter { model: filter.model.clone(), ..trace_part(&of_call, OF_CALL) };
    let Some(mut rows) = rows_of_traces(shared, reader, &of_trace)? else {
        return Ok(None);
    };
    rows.sql.push_str(&format!(" AND c.marks & {MARK_INFERRED} != 0"));
    let own = OF_CALL.all(reader.conn, &TraceFilter { model: None, ..of_call })?;
    let Some(own) = own else { return Ok(None) };
    rows.sql.push_str(&own);
    Ok(Some(rows))
}

/// Adds the runs of these rows to their tools.
pub(crate) fn add(
    reader: &DayReader<'_>,
    rows: &Condition,
    filter: &TraceFilter,
    tools: &mut DayTools<'_>,
) -> Result<()> {
    let columns = CallRow::COLUMNS.replace(", ", ", c.");
    let sql = format!("SELECT c.{columns} FROM {} WHERE {}", rows.from, rows.sql);
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut found = look.query(params_from_iter(&rows.args))?;
    while let Some(row) = found.next()? {
        let runs = CallRow::of_row(row, 0)?.inferred()?;
        for (tool, _) in runs.iter().filter(|(_, run)| is_meant(filter, run)) {
            tools.add(*tool, |figures| figures.add(&Figures::of_inferred(1), 1))?;
        }
    }
    Ok(())
}

/// Whether the tool of a run is meant.
fn is_meant(filter: &TraceFilter, run: &InferredRun) -> bool {
    let holds = |term: &Term| match &term.criterion {
        Criterion::Named(FacetField::Tool, wanted) => {
            wanted.iter().any(|wanted| wanted.fits(&run.tool)) != term.not
        }
        Criterion::Has(FacetField::Tool) => !term.not,
        _ => true,
    };
    filter.tool.as_ref().is_none_or(|tool| run.tool == *tool) && filter.terms.iter().all(holds)
}

const fn is_of_tool(term: &Term) -> bool {
    matches!(term.criterion, Criterion::Named(FacetField::Tool, _) | Criterion::Has(FacetField::Tool))
}
