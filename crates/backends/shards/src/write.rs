//! Writing of a batch: each shard gets its records, all shards at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use quipu_core::{Batch, Result};

use crate::place;
use crate::shards::Shards;

impl Shards {
    /// Writes a batch. A retry after an error is safe: a shard that has its records already changes nothing.
    ///
    /// # Errors
    /// The error of the first shard that failed. The other shards may have their records.
    pub(crate) async fn write_parts(&self, batch: &Batch) -> Result<()> {
        let parts = parts(batch, self.count());
        let requests = parts.into_iter().map(|(at, part)| (at, Arc::new(part))).collect();
        self.some(requests, |store, part: Arc<Batch>| async move { store.write(part).await }).await?;
        Ok(())
    }
}

/// The records of each shard, in their order.
fn parts(batch: &Batch, count: usize) -> BTreeMap<usize, Batch> {
    let mut parts: BTreeMap<usize, Batch> = BTreeMap::new();
    for span in &batch.spans {
        parts.entry(place::of_trace(span.trace_id, count)).or_default().spans.push(span.clone());
    }
    for cost in &batch.costs {
        parts.entry(place::of_trace(cost.trace_id, count)).or_default().costs.push(cost.clone());
    }
    for event in &batch.events {
        parts.entry(place::of_event(event, count)).or_default().events.push(event.clone());
    }
    for metric in &batch.metrics {
        parts.entry(place::of_metric(&metric.name, count)).or_default().metrics.push(metric.clone());
    }
    parts
}
