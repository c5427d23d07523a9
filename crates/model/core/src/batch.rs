//! The batch: the unit of records in the pipeline.

use serde::{Deserialize, Serialize};

use crate::{Cost, Event, Metric, Span};

/// Records that belong together: a store keeps all of them or none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// Spans.
    pub spans: Vec<Span>,
    /// Events.
    pub events: Vec<Event>,
    /// Metrics.
    pub metrics: Vec<Metric>,
    /// Ledger rows: of this batch's spans, and corrections of earlier ones.
    pub costs: Vec<Cost>,
}

impl Batch {
    /// Whether it has no records.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty() && self.events.is_empty() && self.metrics.is_empty() && self.costs.is_empty()
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.spans.len() + self.events.len() + self.metrics.len() + self.costs.len()
    }

    /// Moves all records of `other` to the end of this batch.
    pub fn append(&mut self, mut other: Self) {
        self.spans.append(&mut other.spans);
        self.events.append(&mut other.events);
        self.metrics.append(&mut other.metrics);
        self.costs.append(&mut other.costs);
    }
}
