//! The first stage: reads the meaning of raw records.

use quipu_core::{Adapters, Batch, Stage};

/// First stage of every pipeline. It fills in what the adapters read from raw records, and adds the spans
/// that events and metrics describe. Run it once per record: a second run adds those spans again.
///
/// [`quipu_core::Intake::read`] runs it on the caller's thread, so requests are read in parallel.
#[derive(Clone, Default)]
pub struct Read(Adapters);

impl Read {
    /// Creates the stage; without adapters it changes nothing.
    pub const fn new(adapters: Adapters) -> Self {
        Self(adapters)
    }
}

impl Stage for Read {
    fn name(&self) -> &'static str {
        "read"
    }

    fn apply(&self, batch: &mut Batch) {
        self.0.read_batch(batch);
    }
}
