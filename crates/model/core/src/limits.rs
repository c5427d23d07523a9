//! Limits of the project in one place, as data.

use serde::{Deserialize, Serialize};

/// Input limits. Input over a limit is refused with a message that names the limit. If a refusal would lose a
/// good record, the record is shortened and counted instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of a request body as sent.
    pub body_bytes: usize,
    /// Bytes of a request body after decompression.
    pub decompressed_bytes: usize,
    /// Levels of lists and maps in one attribute value; deeper values become null and are counted.
    pub nesting: usize,
    /// Attributes on one record; further ones are dropped and counted.
    pub attributes: usize,
    /// Bytes of one attribute value; a longer text is cut and counted.
    pub value_bytes: usize,
    /// Events on one span.
    pub span_events: usize,
    /// Links on one span.
    pub span_links: usize,
    /// Buckets of one histogram point, or quantiles of one summary point; a point with more is refused.
    pub point_buckets: usize,
    /// Bytes of one trace's spans, unpacked, accepted from senders; further spans are refused. The count
    /// restarts with the process, and for a trace after which 65,536 other traces were sent. `trace_spans`
    /// has no such restart.
    pub trace_bytes: u64,
    /// Spans of one trace; further spans are refused. Stored spans count, also those of an earlier process.
    pub trace_spans: u64,
    /// Bytes of a span's name, an id-like attribute, a label, or a metric's unit or description.
    pub name_bytes: usize,
    /// Seconds that a record's time may be ahead of the clock.
    pub future_seconds: u64,
    /// Seconds that a record's time may be behind the clock.
    pub past_seconds: u64,
    /// UTC days that the records of one request may cover, besides yesterday, today and tomorrow.
    pub days_per_request: usize,
    /// UTC days that the records of one key may cover within an hour, besides yesterday, today and tomorrow.
    /// A project may cover four times as many.
    pub days_per_hour: usize,
    /// Seconds until a request must have arrived in full.
    pub request_seconds: u64,
    /// Requests that wait for the pipeline; further ones are refused with a request to retry.
    pub queue_requests: usize,
    /// Bytes of decoded requests that wait for the pipeline; further ones are refused with a request to
    /// retry.
    pub queue_bytes: usize,
    /// Rows on one page of an answer.
    pub page_rows: usize,
    /// Open connections on all listeners together; one listener may have three quarters of them.
    pub connections: usize,
    /// Open connections from one IPv4 address, or one IPv6 network of 64 bits.
    pub connections_per_address: usize,
    /// Concurrent requests on one HTTP/2 connection.
    pub streams: u32,
    /// Seconds for a TLS handshake, and then for a request's headers from their first byte on.
    pub header_seconds: u64,
    /// Seconds that a connection may stay open without a request.
    pub idle_seconds: u64,
    /// Seconds after which an answer is aborted if the client reads nothing of it.
    pub stall_seconds: u64,
    /// Least bytes a second of a body in either direction, after the first five seconds; 0 means no limit.
    pub least_bytes_per_second: u64,
    /// Seconds for running requests to finish after the server stops.
    pub drain_seconds: u64,
    /// Concurrent answers of the API; further requests are refused with a request to retry.
    pub answers: usize,
    /// Bytes of memory for answers of the API and bodies in the gateway together. When they are used up, a
    /// caller at its fair share gets 503 and a time to retry.
    pub answer_bytes: usize,
    /// Bytes of the API's caches of traces in display order and of graphs, for all projects together.
    pub cache_bytes: usize,
    /// Bytes of one list of groups; further groups are left out, and the answer is marked as truncated.
    pub group_bytes: usize,
    /// Concurrent live feeds.
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
            point_buckets: 1_024,
            trace_bytes: 512 << 20,
            trace_spans: 100_000,
            name_bytes: 1_024,
            future_seconds: 24 * 3_600,
            past_seconds: 31 * 24 * 3_600,
            days_per_request: 32,
            days_per_hour: 366,
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
            answer_bytes: 96 << 20,
            cache_bytes: 32 << 20,
            group_bytes: 16 << 20,
            watchers: 1_024,
        }
    }
}

impl Limits {
    /// The defaults for records that a user imports, such as files: records of any age are accepted.
    #[must_use]
    pub fn of_any_age() -> Self {
        Self { past_seconds: u64::from(u32::MAX), ..Self::default() }
    }
}
