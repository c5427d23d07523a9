//! Rejected versions of ended spans, stored next to the final version.

use quipu_core::{Span, SpanConflict};

use crate::fault::Result;
use crate::read::conflicts::of_span;
use crate::write::tx::DayTx;

impl DayTx<'_> {
    /// Stores a rejected version of the span with this number, unless it is already stored or the limit is
    /// reached. A span whose contents were removed by retention or sampling gets no rejected versions.
    pub(crate) fn refuse(
        &mut self,
        span: &Span,
        same_sender: bool,
        (pk, stored): (i64, &Span),
    ) -> Result<()> {
        let known = of_span(&self.file.conn, pk)?;
        let version = SpanConflict::of(span, same_sender);
        let is_new = !known.iter().any(|known| known.is_same(&version));
        let is_kept = is_new && known.len() < SpanConflict::MOST && stored.is_sampled();
        if is_kept {
            let sql = "INSERT INTO conflicts(pk, n, z) VALUES (?1, ?2, ?3)";
            let place = i64::try_from(known.len()).unwrap_or(i64::MAX);
            let bytes = postcard::to_stdvec(&version)?;
            self.file.conn.prepare_cached(sql)?.execute((pk, place, bytes))?;
        }
        self.conflicts.note(span.trace_id, span.span_id, is_kept);
        Ok(())
    }
}
