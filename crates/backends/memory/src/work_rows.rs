//! Pages of the single spans behind sums over work.

use compact_str::CompactString;
use quipu_core::{
    AnswerMemory, Cost, Detail, Result, WorkQuery, WorkRow, WorkRowField, WorkRowPage, WorkRowQuery,
    WorkRowState, Worked,
};

use crate::failure::{error_of, short};
use crate::held::{Entry, Records};
use crate::summary::Summed;
use crate::traces::{page, span_row};
use crate::work::service;

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

impl Records {
    pub(crate) fn work_rows(&self, query: &WorkRowQuery) -> Result<WorkRowPage> {
        let work = WorkQuery {
            of: Worked::Spans(query.kinds.clone()),
            filter: query.filter.clone(),
            failed: query.state == Some(WorkRowState::Failed),
            group_by: Vec::new(),
        };
        let mut rows = Vec::new();
        let mut hold = AnswerMemory::current().hold(0)?;
        self.each_at_work(&work, &query.kinds, &query.of_trace, |entry, trace| {
            let row = row_of(entry, trace);
            if fits(query, &row) {
                hold.grow(size_of::<WorkRow>() + row.span.bytes())?;
                rows.push(row);
            }
            Ok(())
        })?;
        let total = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let rank = |row: &WorkRow| row.place(query.sort).rank(query.sort);
        rows.sort_by_key(rank);
        let after = query.cursor.map(|cursor| cursor.rank(query.sort));
        let rest = rows.into_iter().filter(|row| after.is_none_or(|after| rank(row) > after));
        let (rows, more) = page(rest, query.limit);
        let next = rows.last().filter(|_| more).map(|row| row.place(query.sort));
        Ok(WorkRowPage { rows, total, next })
    }
}
