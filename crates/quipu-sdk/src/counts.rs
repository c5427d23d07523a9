//! What a recorder has taken in and what it had to drop.

/// Figures since the recorder began. Nothing is dropped without being counted here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Spans recorded.
    pub spans: u64,
    /// Events recorded.
    pub events: u64,
    /// Spans that head sampling left out; their usage is recorded all the same.
    pub unsampled: u64,
    /// Records dropped, by reason.
    pub dropped: Vec<(&'static str, u64)>,
    /// Events that filters kept out, by reason: `level`, `type`, `framework`, `predicate`. They were not wanted, and so are
    /// not dropped.
    pub filtered: Vec<(&'static str, u64)>,
}
