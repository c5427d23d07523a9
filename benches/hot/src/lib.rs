//! Cost of recording on the recording thread, compared with peers.
//!
//! Every contender records the same span of a call to a model, with the same 12 attributes from data that the
//! caller owns. The attributes are 6 texts (2 of them constant), 4 integers, 2 doubles. They take turns in
//! short bursts, so other load on the machine affects all alike. Their queues are drained between bursts,
//! outside of the measurement. Time is CPU time of the recording thread.

pub mod call;
pub mod clock;
pub mod metric;
pub mod peers;
pub mod quipu;
pub mod scale;

/// One way of recording.
pub trait Contender {
    /// Its name in figures.
    fn name(&self) -> &'static str;

    /// Records each of the calls.
    fn burst(&mut self, calls: &[call::Call]);

    /// Empties its queues.
    fn settle(&mut self);

    /// Calls that it dropped because a queue was full: a figure with any is invalid.
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
