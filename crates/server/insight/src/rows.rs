//! Ledger rows of a store, read a page at a time.

use quipu_core::{CostQuery, CostRow, Result, Store, TraceFilter};

/// Rows of a page, some six megabytes. A store may have to sort the rest of a day for each page: few large
/// ones are quicker.
const PAGE: usize = 10_000;

/// The counted rows that a filter lets through, by time, trace and span.
pub(crate) struct Rows<'a> {
    store: &'a dyn Store,
    query: CostQuery,
    done: bool,
}

impl<'a> Rows<'a> {
    /// From the first.
    pub(crate) fn of(store: &'a dyn Store, filter: TraceFilter) -> Self {
        Self { store, query: CostQuery { filter, limit: PAGE, cursor: None }, done: false }
    }

    /// The next page; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<CostRow>>> {
        if self.done {
            return Ok(None);
        }
        let page = self.store.costs(&self.query).await?;
        self.done = page.next.is_none();
        self.query.cursor = page.next;
        Ok(Some(page.rows))
    }
}
