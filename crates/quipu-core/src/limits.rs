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
    /// Bytes of one trace's spans, unpacked, that are taken from senders; the spans beyond are refused. The count begins anew with the
    /// process, and for a trace that 65,536 others were sent after.
    pub trace_bytes: u64,
    /// Bytes of a span's name, an id-like attribute, or a label.
    pub name_bytes: usize,
    /// Seconds that a record's time may lie ahead of the clock.
    pub future_seconds: u64,
    /// Seconds that a record's time may lie behind the clock.
    pub past_seconds: u64,
    /// UTC days that the records of one request may reach, besides yesterday, today and tomorrow.
    pub days_per_request: usize,
    /// UTC days that one key may reach within an hour, besides yesterday, today and tomorrow. A project may reach four times as many.
    pub days_per_hour: usize,
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
    /// Bytes of memory that answers of the API and bodies in the gateway may hold together. When it is used up, a caller that holds its
    /// fair share is told 503 and when to come back.
    pub answer_bytes: usize,
    /// Bytes of one list of groups; the groups beyond are left out, and the answer says that it is truncated.
    pub group_bytes: usize,
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
            trace_bytes: 512 << 20,
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
            group_bytes: 16 << 20,
            watchers: 1_024,
        }
    }
}

impl Limits {
    /// The defaults for records that a person chose to bring in, such as files: they may be of any age.
    #[must_use]
    pub fn of_any_age() -> Self {
        Self { past_seconds: u64::from(u32::MAX), ..Self::default() }
    }
}
