//! What recording costs the thread that records, beside its peers.
//!
//! Every contender records the same span of a call to a model, with the same 12 attributes from data that the caller owns: 6
//! texts (2 of them constant), 4 integers, 2 doubles. They take turns in short bursts, so that what else the machine does
//! strikes all alike, and what they have queued is drained between bursts, outside of the measure. Time is CPU time of the
//! recording thread.

pub mod call;
pub mod clock;
pub mod metric;
pub mod peers;
pub mod quipu;
pub mod scale;

/// One way to record.
pub trait Contender {
    /// Its name in figures.
    fn name(&self) -> &'static str;

    /// Records each of the calls.
    fn burst(&mut self, calls: &[call::Call]);

    /// Empties its queues.
    fn settle(&mut self);

    /// Calls that it did not record because a queue was full: a figure with any is none.
    fn dropped(&self) -> u64 {
        0
    }
}

/// Every contender, ours first.
pub fn contenders() -> Vec<Box<dyn Contender>> {
    vec![
        Box::new(quipu::Typed::new()),
        Box::new(quipu::Layered::new()),
        Box::new(peers::OtelSdk::new()),
        Box::new(peers::TracingOtel::new()),
        Box::new(peers::Fastrace::new()),
    ]
}
