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
    let terms = filter.terms.iter().filter(|term| !is_of_run(term)).cloned().collect();
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
    // The alternatives that the call answers; the others are about the tool.
    let mut of_calls = String::new();
    for (slot, terms) in alternatives(filter).enumerate() {
        of_calls.push_str(&format!(", {}", OF_CALL.any(reader.conn, &format!("run{slot}"), terms)?));
    }
    let sql = format!("SELECT c.{columns}{of_calls} FROM {} WHERE {}", rows.from, rows.sql);
    let mut look = reader.conn.prepare_cached(&sql)?;
    let first = look.column_count() - alternatives(filter).count();
    let mut found = look.query(params_from_iter(&rows.args))?;
    while let Some(row) = found.next()? {
        let runs = CallRow::of_row(row, 0)?.inferred()?;
        let met: Vec<bool> =
            (first..).zip(alternatives(filter)).map(|(at, _)| row.get(at)).collect::<Result<_, _>>()?;
        for (tool, _) in runs.iter().filter(|(_, run)| is_meant(filter, &met, run)) {
            if let Some(figures) = tools.of(*tool)? {
                figures.add(&Figures::of_inferred(1), 1);
            }
        }
    }
    Ok(())
}

/// Whether the tool of a run is meant. `met`: for each of [`alternatives`], whether the run's call matches.
fn is_meant(filter: &TraceFilter, met: &[bool], run: &InferredRun) -> bool {
    let mut met = met.iter();
    let holds = |term: &Term| match &term.criterion {
        Criterion::Any(terms) if is_of_run(term) => {
            let by_call = met.next().is_some_and(|met| *met);
            (by_call || terms.iter().any(|term| of_tool(term, run) == Some(true))) != term.not
        }
        _ => of_tool(term, run).unwrap_or(true),
    };
    // Every term is tested, because each with alternatives takes its own of `met`.
    let held: Vec<bool> = filter.terms.iter().map(holds).collect();
    filter.tool.as_ref().is_none_or(|tool| run.tool == *tool) && !held.contains(&false)
}

/// Whether a term about the tool matches a run; `None` for other terms.
fn of_tool(term: &Term, run: &InferredRun) -> Option<bool> {
    match &term.criterion {
        Criterion::Named(FacetField::Tool, wanted) => {
            Some(wanted.iter().any(|wanted| wanted.fits(&run.tool)) != term.not)
        }
        Criterion::Has(FacetField::Tool) => Some(!term.not),
        _ => None,
    }
}

/// Whether a term tests the tool and otherwise only fields of the run's call.
fn is_of_run(term: &Term) -> bool {
    match &term.criterion {
        Criterion::Any(terms) => {
            term.criterion.tests(FacetField::Tool)
                && terms.iter().all(|term| is_of_run(term) || OF_CALL.has(term))
        }
        criterion => criterion.tests(FacetField::Tool),
    }
}

/// The lists of alternatives that a run and its call answer together.
fn alternatives(filter: &TraceFilter) -> impl Iterator<Item = &[Term]> {
    filter.terms.iter().filter(|term| is_of_run(term)).filter_map(|term| match &term.criterion {
        Criterion::Any(terms) => Some(terms.as_slice()),
        _ => None,
    })
}
