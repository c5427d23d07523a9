//! Pages of the single spans behind sums over work.

use compact_str::CompactString;
use quipu_core::{
    AnswerMemory, Cost, Detail, MemoryHold, Result, TraceId, WorkQuery, WorkRow, WorkRowField, WorkRowPage,
    WorkRowQuery, WorkRowState, Worked,
};

use crate::failure::{error_of, short};
use crate::page::page;
use crate::summary::Summed;
use crate::traces::{SPARE, span_row};
use crate::work::{each_at_work, service};
use crate::{Entry, Question, Trace};

fn row_of(entry: &Entry, trace: &Summed<'_>) -> WorkRow {
    let row = WorkRow {
        trace_id: trace.row.trace_id,
        span: span_row(entry, Detail::Summary),
        service: service(&entry.span),
        framework: entry.span.canonical.framework.clone(),
        session: trace.row.session.clone(),
        user: trace.row.user.clone(),
        error: None,
    };
    let error = error_of(entry).filter(|_| row.failed()).map(short);
    WorkRow { error, ..row }
}

fn own(cost: &Cost, field: WorkRowField) -> Option<&CompactString> {
    match field {
        WorkRowField::Provider => cost.provider.as_ref(),
        WorkRowField::Within => cost.tool.as_ref(),
        WorkRowField::Convention => Some(&cost.convention).filter(|name| !name.is_empty()),
    }
}

/// Whether the conditions hold that are not part of the filter.
fn fits(query: &WorkRowQuery, row: &WorkRow) -> bool {
    let state = query.state.is_none_or(|state| match state {
        WorkRowState::Failed => row.failed(),
        WorkRowState::Running => row.duration().is_none(),
        WorkRowState::Triggered => row.span.triggered == Some(true),
        _ => row.counted().is_some_and(|cost| state.fits_cost(cost)),
    });
    let has_own = |(field, wanted): &(WorkRowField, Option<String>)| {
        row.counted().is_some_and(|cost| own(cost, *field).map(CompactString::as_str) == wanted.as_deref())
    };
    let error = row.error.as_deref().unwrap_or_default();
    state
        && query.own.iter().all(has_own)
        && (query.errors.is_empty() || query.errors.iter().any(|wanted| wanted == error))
}

/// One page of the spans behind a sum over work.
pub struct WorkRowList<'q> {
    query: &'q WorkRowQuery,
    work: WorkQuery,
    rows: Vec<WorkRow>,
    total: u64,
    hold: MemoryHold,
}

impl<'q> WorkRowList<'q> {
    /// The page that a query asks for.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub fn new(query: &'q WorkRowQuery) -> Result<Self> {
        let work = WorkQuery {
            of: Worked::Spans(query.kinds.clone()),
            filter: query.filter.clone(),
            failed: query.state == Some(WorkRowState::Failed),
            group_by: Vec::new(),
        };
        Ok(Self { query, work, rows: Vec::new(), total: 0, hold: AnswerMemory::current().hold(0)? })
    }

    fn shrink(&mut self) -> Result<()> {
        let sort = self.query.sort;
        self.rows.sort_by_key(|row| row.place(sort).rank(sort));
        self.rows.truncate(self.query.limit.max(1).saturating_add(1));
        self.hold.set(self.rows.iter().map(bytes).sum())
    }
}

fn bytes(row: &WorkRow) -> usize {
    size_of::<WorkRow>() + row.span.bytes()
}

impl Question for WorkRowList<'_> {
    type Answer = WorkRowPage;

    fn add(&mut self, id: TraceId, trace: &Trace) -> Result<()> {
        let Self { query, work, rows, total, hold } = self;
        let after = query.cursor.map(|cursor| cursor.rank(query.sort));
        each_at_work((id, trace), work, &query.kinds, &query.of_trace, |entry, trace| {
            let row = row_of(entry, trace);
            if !fits(query, &row) {
                return Ok(());
            }
            *total += 1;
            if after.as_ref().is_none_or(|after| row.place(query.sort).rank(query.sort) > *after) {
                hold.grow(bytes(&row))?;
                rows.push(row);
            }
            Ok(())
        })?;
        if self.rows.len() > self.query.limit.saturating_mul(2).saturating_add(SPARE) {
            self.shrink()?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<WorkRowPage> {
        self.shrink()?;
        let (rows, more) = page(self.rows.into_iter(), self.query.limit);
        let next = rows.last().filter(|_| more).map(|row| row.place(self.query.sort));
        Ok(WorkRowPage { rows, total: self.total, next })
    }
}
