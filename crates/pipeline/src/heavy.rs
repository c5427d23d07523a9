//! Division of a commit whose traces have many stored spans.

use foldhash::{HashMap, HashMapExt, HashSet};
use quipu_core::{Batch, Result, Store, TraceId};
use quipu_ledger::Ledger;

/// Most stored spans that the traces of one count may have together. The ledger reads the spans of each trace
/// that it does not know, and keeps those of a batch until it is stored.
const RECALLED: u64 = 131_072;

/// Divides a batch so that the traces of each part, except those that the ledger knows, have at most
/// [`RECALLED`] stored spans, or are a single trace. Spans of a trace stay together. Events and metrics are
/// in the first part. Without a need to divide, the batch is unchanged and there are no parts.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn parts(batch: &mut Batch, ledger: &Ledger, store: &dyn Store) -> Result<Vec<Batch>> {
    divide(batch, ledger, store, RECALLED).await
}

async fn divide(batch: &mut Batch, ledger: &Ledger, store: &dyn Store, most: u64) -> Result<Vec<Batch>> {
    let traces: HashSet<TraceId> = batch.spans.iter().map(|span| span.trace_id).collect();
    let traces: Vec<TraceId> = traces.into_iter().filter(|trace| !ledger.knows(*trace)).collect();
    if traces.len() < 2 {
        return Ok(Vec::new());
    }
    let counts = store.span_counts(&traces).await?;
    if counts.iter().sum::<u64>() <= most {
        return Ok(Vec::new());
    }
    let (mut part_of, mut last, mut sum) = (HashMap::new(), 0, 0);
    for (trace, count) in traces.into_iter().zip(counts) {
        if sum > 0 && sum + count > most {
            (last, sum) = (last + 1, 0);
        }
        sum += count;
        part_of.insert(trace, last);
    }
    let mut parts: Vec<Batch> = (0..=last).map(|_| Batch::default()).collect();
    for span in std::mem::take(&mut batch.spans) {
        let part = part_of.get(&span.trace_id).copied().unwrap_or_default();
        if let Some(part) = parts.get_mut(part) {
            part.spans.push(span);
        }
    }
    if let Some(first) = parts.first_mut() {
        first.events = std::mem::take(&mut batch.events);
        first.metrics = std::mem::take(&mut batch.metrics);
    }
    Ok(parts)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::sync::Arc;

    use quipu_backend_memory::Memory;
    use quipu_conformance::sample::{draft, trace_id};
    use quipu_core::Backend as _;

    use super::*;

    #[tokio::test]
    async fn a_batch_is_divided_by_the_stored_spans_of_its_traces() {
        let store = Memory::new();
        let stored = |trace: u64| (1..=6).map(move |number| draft(trace, number).span());
        let spans = (1..=4).flat_map(stored).collect();
        store.write(Arc::new(Batch { spans, ..Batch::default() })).await.unwrap();
        // The fifth trace is new.
        let batch = || Batch {
            spans: (1..=5).flat_map(|trace| [7, 8].map(|number| draft(trace, number).span())).collect(),
            ..Batch::default()
        };
        let mut ledger = Ledger::default();
        assert!(divide(&mut batch(), &ledger, &store, 24).await.unwrap().is_empty());
        let parts = divide(&mut batch(), &ledger, &store, 12).await.unwrap();
        let traces = |part: &Batch| part.spans.iter().map(|span| span.trace_id).collect::<HashSet<_>>();
        let all: Vec<HashSet<TraceId>> = parts.iter().map(traces).collect();
        assert_eq!(parts.len(), 2);
        assert_eq!(all.iter().map(HashSet::len).sum::<usize>(), 5, "the spans of a trace stay together");
        assert_eq!(parts.iter().map(|part| part.spans.len()).sum::<usize>(), 10);
        let held = |traces: &HashSet<TraceId>| {
            (1..=4).filter(|trace| traces.contains(&trace_id(*trace))).count() * 6
        };
        assert!(all.iter().all(|traces| held(traces) <= 12), "{all:?}");
        // Known traces are not read again.
        ledger.count(&mut batch(), &store).await.unwrap();
        assert!(divide(&mut batch(), &ledger, &store, 12).await.unwrap().is_empty());
    }
}
