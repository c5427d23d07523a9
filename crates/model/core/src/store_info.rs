//! Facts about a store: location, layout and size.

/// Location, layout and size of a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreInfo {
    /// Location, as a URI without secrets.
    pub uri: String,
    /// Version of the store's layout.
    pub version: u32,
    /// Number of days with data.
    pub days: u64,
    /// Number of stored spans.
    pub spans: u64,
    /// Bytes on disk or in memory.
    pub bytes: u64,
    /// Number of spans that full-text search has not indexed yet.
    pub search_lag_spans: u64,
    /// Milliseconds by which full-text search is behind.
    pub search_lag_ms: u64,
}
