//! Refused versions of spans that had ended, kept beside the final one.

use quipu_core::{Span, SpanConflict};

use crate::fault::Result;
use crate::read::conflicts::of_span;
use crate::write::tx::DayTx;

impl DayTx<'_> {
    /// Keeps a refused version beside the span of this number, unless it is there or there are enough. A span whose contents were
    /// removed, by retention or sampling, gets no others.
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
