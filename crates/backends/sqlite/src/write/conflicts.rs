//! Rejected versions of ended spans, stored next to the final version.

use quipu_core::{Span, SpanConflict, SpanId, TraceId};

use crate::codec::span_key;
use crate::fault::Result;
use crate::read::conflicts::numbered;
use crate::write::spans::find;
use crate::write::tx::DayTx;

/// The rejected versions of a span that moves to another file, in the order of their arrival.
pub(crate) type Carried = (TraceId, SpanId, Vec<SpanConflict>);

impl DayTx<'_> {
    /// Stores a rejected version of the span with this number, unless it is already stored. A span whose
    /// contents were removed by retention or sampling gets no rejected versions.
    pub(crate) fn refuse(
        &mut self,
        span: &Span,
        same_sender: bool,
        (pk, stored): (i64, &Span),
    ) -> Result<()> {
        let version = SpanConflict::of(span, same_sender);
        let is_kept = stored.is_sampled() && self.keep_version(pk, &version)?;
        self.conflicts.note(span.trace_id, span.span_id, is_kept);
        Ok(())
    }

    /// Stores the rejected versions that moved with their spans. Versions of spans that are not in this day
    /// are left out.
    pub(crate) fn keep_conflicts(&mut self, carried: &[Carried]) -> Result<()> {
        for (trace, span, versions) in carried {
            let Some(trace) = self.known_trace(*trace)? else { continue };
            let Some(pk) = find(&self.file.conn, trace, span_key(*span))? else { continue };
            for version in versions {
                self.keep_version(pk, version)?;
            }
        }
        Ok(())
    }

    /// Stores a version, in the place of another one if there are too many. Returns whether it has a place of
    /// its own.
    fn keep_version(&self, pk: i64, version: &SpanConflict) -> Result<bool> {
        let (numbers, known): (Vec<i64>, Vec<SpanConflict>) =
            numbered(&self.file.conn, pk)?.into_iter().unzip();
        if known.iter().any(|known| known.is_same(version)) {
            return Ok(false);
        }
        let replaced = SpanConflict::to_replace(&known, version).and_then(|at| numbers.get(at));
        if let Some(number) = replaced {
            let sql = "DELETE FROM conflicts WHERE pk = ?1 AND n = ?2";
            self.file.conn.prepare_cached(sql)?.execute((pk, number))?;
        }
        let sql = "INSERT INTO conflicts(pk, n, z) VALUES (?1, ?2, ?3)";
        let number = numbers.last().map_or(0, |last| last + 1);
        self.file.conn.prepare_cached(sql)?.execute((pk, number, postcard::to_stdvec(version)?))?;
        Ok(replaced.is_none())
    }
}
