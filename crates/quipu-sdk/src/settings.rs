//! How a recorder records.

use std::sync::Arc;

use quipu_core::{Level, Resource};

use crate::propagate::Formats;
use crate::{EventFilter, Sampler};

/// How a recorder records.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What every record says of its source: `service.name` and its like.
    pub resource: Arc<Resource>,
    /// Events below this level are not recorded.
    pub level: Level,
    /// Which events of that level or above are recorded, and other levels for some types.
    pub events: EventFilter,
    /// Formats in which outgoing requests carry the context.
    pub propagate: Formats,
    /// Whether prompts, answers, and arguments and results of tools are recorded.
    pub log_full_prompts: bool,
    /// Which traces are recorded in full. The spans of the others are recorded as far as totals need it.
    pub sampler: Sampler,
    /// Bytes of records of one thread that may wait to be drained before new ones are dropped and counted. A thread begins
    /// with a small part of it; an LLM call without prompts takes about 300.
    pub ring_bytes: usize,
    /// Bytes of records that are too large for that, such as long prompts, and may wait, of all threads together.
    pub large_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            resource: Arc::default(),
            level: Level::Trace,
            events: EventFilter::default(),
            propagate: Formats::default(),
            log_full_prompts: false,
            sampler: Sampler::default(),
            ring_bytes: 1 << 20,
            large_bytes: 64 << 20,
        }
    }
}
