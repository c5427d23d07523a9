//! Every bound of the project in one place, as data.

use serde::{Deserialize, Serialize};

/// Bounds on what is taken in. What is over a bound is refused with a message that names it, or mended and counted where a
/// refusal would lose a good record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of a request body as sent.
    pub body_bytes: usize,
    /// Bytes of a request body after decompression.
    pub decompressed_bytes: usize,
    /// Levels of lists and maps in one attribute value; what is deeper becomes null and is counted.
    pub nesting: usize,
    /// Attributes on one record; what is beyond is left out and counted.
    pub attributes: usize,
    /// Bytes of one attribute value; a longer text is cut there and counted.
    pub value_bytes: usize,
    /// Events on one span.
    pub span_events: usize,
    /// Links on one span.
    pub span_links: usize,
    /// Bytes of a span's name, an id-like attribute, or a label.
    pub name_bytes: usize,
    /// Seconds that a record's time may lie ahead of the clock.
    pub future_seconds: u64,
    /// Seconds that a record's time may lie behind the clock.
    pub past_seconds: u64,
    /// Seconds that a request may take to arrive.
    pub request_seconds: u64,
    /// Requests waiting for the pipeline before new ones are told to come back later.
    pub queue_requests: usize,
    /// Bytes of decoded requests waiting for the pipeline before new ones are told to come back later.
    pub queue_bytes: usize,
    /// Rows of one page of an answer.
    pub page_rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 32 << 20,
            decompressed_bytes: 64 << 20,
            nesting: 24,
            attributes: 1_024,
            value_bytes: 8 << 20,
            span_events: 4_096,
            span_links: 1_024,
            name_bytes: 1_024,
            future_seconds: 24 * 3_600,
            past_seconds: 10 * 366 * 24 * 3_600,
            request_seconds: 30,
            queue_requests: 1_024,
            queue_bytes: 64 << 20,
            page_rows: 10_000,
        }
    }
}
