//! The traces in memory, and the way back to those that have left it.

use foldhash::{HashMap, HashMapExt};
use lru::LruCache;
use quipu_core::{Batch, Node, Result, Span, Store, Timestamp, TraceId};

use crate::trace::Trace;

/// Counts calls over all traces. Keeps recent traces in memory, asks the store for the rest.
pub struct Ledger {
    traces: LruCache<TraceId, Trace>,
    nodes: usize,
    most_nodes: usize,
}

impl Ledger {
    /// Spans kept in memory by default: some 20 MiB.
    pub const NODES: usize = 32_768;

    /// A ledger that keeps about `most_nodes` spans in memory; traces of the batch at hand are always kept.
    pub fn new(most_nodes: usize) -> Self {
        Self { traces: LruCache::unbounded(), nodes: 0, most_nodes }
    }

    /// Adds to the batch a row for each of its spans that is a call, holds usage or runs a tool, and a corrected row for each
    /// earlier span whose standing its spans change.
    ///
    /// # Errors
    /// The store cannot be read; the batch is as it was.
    pub async fn count(&mut self, batch: &mut Batch, store: &dyn Store) -> Result<()> {
        let mut groups: HashMap<TraceId, Vec<Node>> = HashMap::new();
        let mut order = Vec::new();
        for span in &batch.spans {
            groups.entry(span.trace_id).or_insert_with(|| {
                order.push((span.trace_id, span.start));
                Vec::new()
            });
            if let Some(group) = groups.get_mut(&span.trace_id) {
                group.push(Node::of(span));
            }
        }
        self.recall(&order, store).await?;
        for (trace_id, _) in order {
            let nodes = groups.remove(&trace_id).unwrap_or_default();
            batch.costs.append(&mut self.add(trace_id, nodes));
        }
        self.shrink(&batch.spans);
        Ok(())
    }

    /// Forgets the traces of a batch that could not be kept: the store alone knows what is true of them now.
    pub fn forget<'a>(&mut self, spans: impl IntoIterator<Item = &'a Span>) {
        for span in spans {
            if let Some(trace) = self.traces.pop(&span.trace_id) {
                self.nodes -= trace.len();
            }
        }
    }

    /// Spans in memory.
    pub const fn len(&self) -> usize {
        self.nodes
    }

    /// Whether no span is in memory.
    pub const fn is_empty(&self) -> bool {
        self.nodes == 0
    }

    async fn recall(&mut self, order: &[(TraceId, Timestamp)], store: &dyn Store) -> Result<()> {
        let absent: Vec<_> = order.iter().filter(|(id, _)| !self.traces.contains(id)).copied().collect();
        if absent.is_empty() {
            return Ok(());
        }
        let stored = store.nodes(&absent).await?;
        for ((trace_id, _), nodes) in absent.into_iter().zip(stored) {
            // The rows of what is stored are stored with it: they need not be given out again.
            self.add(trace_id, nodes);
        }
        Ok(())
    }

    fn add(&mut self, trace_id: TraceId, nodes: Vec<Node>) -> Vec<quipu_core::Cost> {
        let trace = self.traces.get_or_insert_mut(trace_id, || Trace::new(trace_id));
        let before = trace.len();
        nodes.into_iter().for_each(|node| trace.insert(node));
        self.nodes += trace.len() - before;
        trace.settle()
    }

    fn shrink(&mut self, keep: &[Span]) {
        while self.nodes > self.most_nodes {
            let Some((trace_id, trace)) = self.traces.pop_lru() else { return };
            if keep.iter().any(|span| span.trace_id == trace_id) {
                self.traces.put(trace_id, trace);
                return;
            }
            self.nodes -= trace.len();
        }
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new(Self::NODES)
    }
}
