//! Exporter that holds everything in memory.

use std::sync::Arc;

use async_trait::async_trait;
use quipu_core::locks::Mutex;
use quipu_core::{Backend, Batch, Cost, Event, Result, Span};

/// Everything that was written.
#[derive(Debug, Clone, Default)]
pub(super) struct Written {
    pub spans: Vec<Span>,
    pub events: Vec<Event>,
    pub costs: Vec<Cost>,
}

#[derive(Default)]
pub(super) struct Sink(Mutex<Written>);

impl Sink {
    pub fn written(&self) -> Written {
        self.0.lock().clone()
    }
}

#[async_trait]
impl Backend for Sink {
    fn name(&self) -> &str {
        "testing"
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        let mut written = self.0.lock();
        written.spans.extend(batch.spans.iter().cloned());
        written.events.extend(batch.events.iter().cloned());
        for cost in &batch.costs {
            let id = |row: &Cost| (row.trace_id, row.span_id);
            match written.costs.iter_mut().find(|row| id(row) == id(cost)) {
                Some(row) if row.version <= cost.version => *row = cost.clone(),
                Some(_) => {}
                None => written.costs.push(cost.clone()),
            }
        }
        Ok(())
    }
}
