//! Copy of traces: new ones are written, known ones are compared span by span.

use std::collections::BTreeSet;
use std::sync::Arc;

use quipu_core::{Batch, EventQuery, Result, TraceId};

use crate::migration::Migration;
use crate::same::same;
use crate::walk::{Load, PAGE, Walk};

/// Differences of some traces in the target.
#[derive(Default)]
struct Differing {
    /// Traces that lack a span, or have another version of it.
    changed: BTreeSet<TraceId>,
    /// Traces with spans that the source does not have.
    beyond: BTreeSet<TraceId>,
}

impl Migration<'_> {
    /// Copies traces of the source. Traces that cannot be made equal are noted as differences.
    pub(crate) async fn copy_traces(&mut self, traces: &[TraceId]) -> Result<()> {
        let counts = self.to.span_counts(traces).await?;
        let is_new = |at: &usize| counts.get(*at).is_none_or(|count| *count == 0);
        let (new, known): (Vec<usize>, Vec<usize>) = (0..traces.len()).partition(is_new);
        let [new, known] = [new, known].map(|of| of.into_iter().map(|at| traces[at]).collect::<Vec<_>>());
        self.copied.traces += traces.len() as u64;
        self.write_spans(&new).await?;
        let found = self.compare_spans(&known, true).await?;
        let written: Vec<TraceId> = found.changed.difference(&found.beyond).copied().collect();
        let again = self.compare_spans(&written, false).await?;
        let replaced: Vec<TraceId> =
            found.beyond.into_iter().chain(again.changed).chain(again.beyond).collect();
        self.replace(&replaced).await
    }

    /// Removes traces from the target and copies them anew, with their events.
    pub(crate) async fn replace(&mut self, traces: &[TraceId]) -> Result<()> {
        if traces.is_empty() {
            return Ok(());
        }
        self.to.need_forgetting()?.forget(traces).await?;
        self.copied.replaced += traces.len() as u64;
        self.write_spans(traces).await?;
        for trace in traces {
            self.copy_events(EventQuery { limit: PAGE, ..EventQuery::of(*trace) }).await?;
        }
        let left = self.compare_spans(traces, false).await?;
        for trace in left.changed.union(&left.beyond) {
            self.differences.push(format!("trace {trace}: its spans or ledger rows differ"));
        }
        Ok(())
    }

    async fn write_spans(&mut self, traces: &[TraceId]) -> Result<()> {
        let mut walk = Walk::new(self.from.need_copying()?, traces);
        let mut load = Load::new(self.to);
        while let Some(span) = walk.next().await? {
            load.add(span).await?;
        }
        load.send().await?;
        self.copied.spans += load.written;
        Ok(())
    }

    /// Compares traces in both stores. With `write`, spans that differ are written to the target.
    async fn compare_spans(&mut self, traces: &[TraceId], write: bool) -> Result<Differing> {
        let mut source = Walk::new(self.from.need_copying()?, traces);
        let mut target = Walk::new(self.to.need_copying()?, traces);
        let mut load = Load::new(self.to);
        let mut found = Differing::default();
        loop {
            let (from, to) = (source.peek().await?, target.peek().await?);
            let is_beyond = match (from, to) {
                (None, None) => break,
                (from, Some(to)) => from.is_none_or(|from| to < from).then_some(to),
                _ => None,
            };
            if let Some((trace, _)) = is_beyond {
                found.beyond.insert(trace);
                target.next().await?;
                continue;
            }
            let known = if from == to { target.next().await? } else { None };
            let Some(span) = source.next().await? else { break };
            if known.is_some_and(|known| same(&span, &known)) {
                continue;
            }
            found.changed.insert(span.span.trace_id);
            if write {
                load.add(span).await?;
            }
        }
        load.send().await?;
        self.copied.spans += load.written;
        Ok(found)
    }

    /// Copies the events of a query. An event that the target has is not stored again.
    pub(crate) async fn copy_events(&mut self, mut query: EventQuery) -> Result<()> {
        loop {
            let page = self.from.events(&query).await?;
            if !page.rows.is_empty() {
                self.copied.events += page.rows.len() as u64;
                self.to.write(Arc::new(Batch { events: page.rows, ..Batch::default() })).await?;
            }
            match page.next {
                Some(next) => query.cursor = Some(next),
                None => return Ok(()),
            }
        }
    }
}
