//! What a store tells of itself.

/// What a store holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreInfo {
    /// Where it is, as a URI without secrets.
    pub uri: String,
    /// Version of its layout.
    pub version: u32,
    /// Days with data.
    pub days: u64,
    /// Spans kept.
    pub spans: u64,
    /// Bytes on disk or in memory.
    pub bytes: u64,
    /// Spans that full text search does not know yet.
    pub search_lag_spans: u64,
    /// Milliseconds that full text search is behind.
    pub search_lag_ms: u64,
}
