//! Copy of metric points, and their numbers by metric.

use std::collections::BTreeMap;
use std::sync::Arc;

use quipu_core::{Batch, Result, Store, Timestamp};

use crate::migration::Migration;
use crate::walk::PAGE;

impl Migration<'_> {
    /// Copies the points of a day. A point that the target has is not stored again.
    pub(crate) async fn copy_points(&mut self, day: Timestamp) -> Result<()> {
        let from = self.from.need_copying()?;
        let mut after = None;
        loop {
            let page = from.day_points(day, after.as_ref(), PAGE).await?;
            if !page.metrics.is_empty() {
                self.copied.points += page.metrics.len() as u64;
                self.to.write(Arc::new(Batch { metrics: page.metrics, ..Batch::default() })).await?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

/// Number of points of a day by metric.
pub(crate) async fn count_points(store: &dyn Store, day: Timestamp) -> Result<BTreeMap<String, u64>> {
    let copying = store.need_copying()?;
    let (mut counts, mut after) = (BTreeMap::new(), None);
    loop {
        let page = copying.day_points(day, after.as_ref(), PAGE).await?;
        for metric in page.metrics {
            *counts.entry(metric.name.to_string()).or_default() += 1;
        }
        after = page.next;
        if after.is_none() {
            return Ok(counts);
        }
    }
}
