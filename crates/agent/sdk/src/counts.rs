//! Counters of a recorder: recorded, dropped and filtered.

/// Counters since the recorder started. They include every dropped record.
///
/// ```
/// use quipu_sdk::{Recorder, RecorderConfig};
///
/// let (recorder, drain) = Recorder::new(RecorderConfig::default());
/// recorder.context().tool("search").end();
/// let counts = recorder.counts();
/// println!("{counts:?}");
/// # drop(drain);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Spans recorded.
    pub spans: u64,
    /// Events recorded.
    pub events: u64,
    /// Spans that head sampling left out; their usage is still recorded.
    pub unsampled: u64,
    /// Dropped records by reason.
    pub dropped: Vec<(&'static str, u64)>,
    /// Filtered events by reason: `level`, `type`, `framework`, `predicate`. They are unwanted, so they do
    /// not count as dropped.
    pub filtered: Vec<(&'static str, u64)>,
}
