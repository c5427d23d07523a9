//! Walks over the spans of some traces, page by page.

use std::collections::VecDeque;
use std::sync::Arc;

use quipu_core::{Batch, Result, SpanId, Store, StoreCopy, StoredSpan, TraceId};

/// Spans of a page.
pub(crate) const PAGE: usize = 500;
/// Bytes of spans at which a batch is written.
const BATCH_BYTES: usize = 8 << 20;

/// The spans of some traces in a store, by trace and id.
pub(crate) struct Walk<'s> {
    store: &'s dyn StoreCopy,
    traces: &'s [TraceId],
    after: Option<(TraceId, SpanId)>,
    page: VecDeque<StoredSpan>,
    ended: bool,
}

impl<'s> Walk<'s> {
    pub(crate) fn new(store: &'s dyn StoreCopy, traces: &'s [TraceId]) -> Self {
        Self { store, traces, after: None, page: VecDeque::new(), ended: traces.is_empty() }
    }

    /// Trace and id of the next span; `None` at the end.
    pub(crate) async fn peek(&mut self) -> Result<Option<(TraceId, SpanId)>> {
        if self.page.is_empty() && !self.ended {
            self.page = self.store.stored_spans(self.traces, self.after, PAGE).await?.into();
            self.after = self.page.back().map(StoredSpan::id).or(self.after);
            self.ended = self.page.is_empty();
        }
        Ok(self.page.front().map(StoredSpan::id))
    }

    /// The next span; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<StoredSpan>> {
        self.peek().await?;
        Ok(self.page.pop_front())
    }
}

/// Spans to be written, with their ledger rows and refused versions.
pub(crate) struct Load<'s> {
    to: &'s dyn Store,
    spans: Vec<StoredSpan>,
    bytes: usize,
    /// Spans written so far.
    pub(crate) written: u64,
}

impl<'s> Load<'s> {
    pub(crate) fn new(to: &'s dyn Store) -> Self {
        Self { to, spans: Vec::new(), bytes: 0, written: 0 }
    }

    pub(crate) async fn add(&mut self, span: StoredSpan) -> Result<()> {
        self.bytes += span.bytes();
        self.spans.push(span);
        if self.spans.len() >= PAGE || self.bytes >= BATCH_BYTES {
            self.send().await?;
        }
        Ok(())
    }

    /// Writes the waiting spans.
    pub(crate) async fn send(&mut self) -> Result<()> {
        let (mut batch, mut refused) = (Batch::default(), Vec::new());
        self.written += self.spans.len() as u64;
        self.bytes = 0;
        for StoredSpan { span, cost, refused: versions } in self.spans.drain(..) {
            if !versions.is_empty() {
                refused.push((span.trace_id, span.span_id, versions));
            }
            batch.spans.push(span);
            batch.costs.extend(cost);
        }
        if !batch.is_empty() {
            self.to.write(Arc::new(batch)).await?;
        }
        if !refused.is_empty() {
            self.to.need_copying()?.restore_refused(refused).await?;
        }
        Ok(())
    }
}
