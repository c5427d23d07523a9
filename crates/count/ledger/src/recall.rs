//! Reload of stored traces, in parts of limited size.

use foldhash::{HashMap, HashMapExt};
use quipu_core::{Result, Store, Timestamp, TraceId};

use crate::ledger::Ledger;
use crate::row::Row;
use crate::trace::Trace;

/// Most stored spans of one part, some 10 MiB. A trace with more is a part of its own.
const PART: usize = 16_384;

impl Ledger {
    /// Reads the traces that are not in memory, and returns them.
    pub(crate) async fn recall(
        &mut self,
        order: &[(TraceId, Timestamp)],
        store: &dyn Store,
    ) -> Result<Vec<(TraceId, Timestamp)>> {
        let absent: Vec<_> = order.iter().filter(|(id, _)| !self.traces.contains(id)).copied().collect();
        if absent.is_empty() {
            return Ok(absent);
        }
        let stored = store.nodes(&absent).await?;
        for ((trace_id, _), nodes) in absent.iter().copied().zip(stored) {
            if !nodes.is_empty() {
                // The rows of stored spans are stored as well and are not returned again.
                self.add(trace_id, nodes);
            }
        }
        Ok(absent)
    }

    /// The rows that `rows` takes from the traces of each list, by the number of the list. Traces are read in
    /// parts of [`PART`] spans. At most one part of them stays in memory beyond the ledger's limit, so the
    /// number of traces in a session is not limited by memory.
    pub(crate) async fn rows_in(
        &mut self,
        lists: &[Vec<(TraceId, Timestamp)>],
        store: &dyn Store,
        rows: impl Fn(&Trace, usize) -> Vec<Row> + Send + Sync,
    ) -> Result<Vec<Vec<Row>>> {
        let mut lists_of: HashMap<TraceId, Vec<usize>> = HashMap::new();
        let mut order = Vec::new();
        for (at, list) in lists.iter().enumerate() {
            for (trace, start) in list {
                let lists = lists_of.entry(*trace).or_default();
                if lists.is_empty() {
                    order.push((*trace, *start));
                }
                lists.push(at);
            }
        }
        // Those in memory come first: the others may evict them.
        let (known, absent) = order.into_iter().partition(|(trace, _)| self.traces.contains(trace));
        let mut parts: Vec<Vec<(TraceId, Timestamp)>> = vec![known];
        parts.extend(divided(absent, store).await?);
        let mut found = vec![Vec::new(); lists.len()];
        for part in parts {
            let read = self.recall(&part, store).await?;
            for (trace, _) in part {
                let Some(known) = self.traces.get(&trace) else { continue };
                for at in lists_of.get(&trace).into_iter().flatten() {
                    found[*at].append(&mut rows(known, *at));
                }
            }
            self.evict(&read);
        }
        Ok(found)
    }

    /// Evicts traces that were just read, if there are too many spans in memory.
    fn evict(&mut self, read: &[(TraceId, Timestamp)]) {
        for (trace, _) in read {
            if self.nodes <= self.most_nodes.saturating_add(PART) {
                return;
            }
            self.nodes -= self.traces.pop(trace).map_or(0, |trace| trace.len());
        }
    }
}

/// Divides traces into parts of at most [`PART`] stored spans, or of a single trace.
async fn divided(
    traces: Vec<(TraceId, Timestamp)>,
    store: &dyn Store,
) -> Result<Vec<Vec<(TraceId, Timestamp)>>> {
    if traces.len() < 2 {
        return Ok(vec![traces]);
    }
    let ids: Vec<TraceId> = traces.iter().map(|(trace, _)| *trace).collect();
    let counts = store.span_counts(&ids).await?;
    let (mut parts, mut part, mut spans) = (Vec::new(), Vec::new(), 0_u64);
    for (trace, count) in traces.into_iter().zip(counts) {
        if !part.is_empty() && spans.saturating_add(count) > PART as u64 {
            parts.push(std::mem::take(&mut part));
            spans = 0;
        }
        spans = spans.saturating_add(count);
        part.push(trace);
    }
    parts.push(part);
    Ok(parts)
}
