//! Config of a recorder.

use std::sync::Arc;

use quipu_core::{Cost, Level, Resource, Span};

use crate::propagate::Formats;
use crate::{EventFilter, ManualClock, Sampler};

/// Config of a recorder.
///
/// ```
/// use quipu_sdk::{Level, Recorder, RecorderConfig};
///
/// let config = RecorderConfig { level: Level::Debug, log_full_prompts: true, ..RecorderConfig::default() };
/// let (recorder, drain) = Recorder::new(config);
/// # drop((recorder, drain));
/// ```
#[derive(Debug, Clone)]
pub struct RecorderConfig {
    /// Source of every record: `service.name` and similar attributes.
    pub resource: Arc<Resource>,
    /// Minimum level of recorded events.
    pub level: Level,
    /// Filter of events at or above that level, and levels by type.
    pub events: EventFilter,
    /// Propagation formats of outgoing requests.
    pub propagate: Formats,
    /// Whether prompts, answers, and arguments and results of tools are recorded.
    pub log_full_prompts: bool,
    /// Head sampler. Spans of unsampled traces are recorded as far as totals need them.
    pub sampler: Sampler,
    /// Most bytes of waiting records per thread; further records are dropped and counted. A thread starts
    /// with a small part of it. An LLM call without prompts takes about 300 bytes.
    pub ring_bytes: usize,
    /// Most bytes of waiting records that are too large for a ring, such as long prompts, over all threads.
    pub large_bytes: usize,
    /// Clock of spans and events, for tests; `None` for the machine's. Times within a span, of its events and
    /// its first token, always come from the machine's clock.
    pub clock: Option<ManualClock>,
    /// Prices ended spans for [`crate::Ended`]; `None` gives no costs there.
    pub pricer: Option<Pricer>,
}

/// Function that counts and prices a span by itself.
///
/// ```
/// use quipu_sdk::{Pricer, RecorderConfig};
///
/// let pricer = Pricer::new(|span| {
///     println!("{}", span.name);
///     None
/// });
/// let config = RecorderConfig { pricer: Some(pricer), ..RecorderConfig::default() };
/// # drop(config);
/// ```
#[derive(Clone)]
pub struct Pricer(Arc<PriceSpan>);

type PriceSpan = dyn Fn(Span) -> Option<Cost> + Send + Sync;

impl Pricer {
    /// Creates a pricer. The function runs on the thread that asks, and must not block.
    pub fn new(price: impl Fn(Span) -> Option<Cost> + Send + Sync + 'static) -> Self {
        Self(Arc::new(price))
    }

    /// The ledger row of a span; `None` if it is no call and no tool run.
    pub fn row(&self, span: Span) -> Option<Cost> {
        (self.0)(span)
    }
}

impl std::fmt::Debug for Pricer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pricer")
    }
}

impl Default for RecorderConfig {
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
            clock: None,
            pricer: None,
        }
    }
}
