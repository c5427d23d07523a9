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
    /// Connections open at a time, on all listeners together; one listener may have three quarters of them.
    pub connections: usize,
    /// Connections open at a time from one IPv4 address, or one IPv6 network of 64 bits.
    pub connections_per_address: usize,
    /// Requests under way on one HTTP/2 connection.
    pub streams: u32,
    /// Seconds that a request's headers may take from their first byte on, and before them a TLS handshake.
    pub header_seconds: u64,
    /// Seconds that a connection may stay open without a request.
    pub idle_seconds: u64,
    /// Seconds that the other side may take nothing of an answer.
    pub stall_seconds: u64,
    /// Bytes a second that a body must at least make, either way, after the first five seconds; 0 means any pace.
    pub least_bytes_per_second: u64,
    /// Seconds that requests under way may go on once the server stops.
    pub drain_seconds: u64,
    /// Answers of the API under way at a time; what comes beyond is told to come back later.
    pub answers: usize,
    /// Live feeds open at a time.
    pub watchers: usize,
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
            connections: 16_384,
            connections_per_address: 4_096,
            streams: 128,
            header_seconds: 10,
            idle_seconds: 180,
            stall_seconds: 30,
            least_bytes_per_second: 240,
            drain_seconds: 6,
            answers: 256,
            watchers: 1_024,
        }
    }
}
