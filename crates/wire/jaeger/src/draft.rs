//! A span between wire and record: decoded, but not validated.

use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{Resource, SpanEvent, SpanKind, Value};

/// A key and its value, within the limits.
pub(crate) type Pair = (CompactString, Value);

/// A decoded span of any wire. Ids with only zero bytes were not sent.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) trace_id: [u8; 16],
    pub(crate) span_id: [u8; 8],
    pub(crate) parent_id: [u8; 8],
    pub(crate) name: CompactString,
    /// Kind from a field of its own; Jaeger has it in a tag.
    pub(crate) kind: SpanKind,
    pub(crate) flags: u32,
    /// Nanoseconds since the epoch; 0 if not sent.
    pub(crate) start: i64,
    /// Nanoseconds; `None` while it runs.
    pub(crate) duration: Option<i64>,
    pub(crate) references: Vec<Reference>,
    pub(crate) tags: Vec<Pair>,
    pub(crate) logs: Vec<SpanEvent>,
    /// Source of the span, if the span itself contains it.
    pub(crate) process: Option<Arc<Resource>>,
    /// Error found by the decoder.
    pub(crate) fault: Option<DraftError>,
}

/// One of a span's references.
#[derive(Clone, Copy, Default)]
pub(crate) struct Reference {
    pub(crate) trace_id: [u8; 16],
    pub(crate) span_id: [u8; 8],
    /// `FOLLOWS_FROM`, not `CHILD_OF`.
    pub(crate) follows: bool,
}

/// Reason of a rejected span: a label, and words.
pub(crate) struct DraftError {
    pub(crate) reason: &'static str,
    pub(crate) why: String,
}

impl DraftError {
    pub(crate) fn new(reason: &'static str, why: impl Into<String>) -> Self {
        Self { reason, why: why.into() }
    }
}

/// Reason why decoding stops early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The bytes are invalid.
    Broken(String),
    /// The memory limit is reached.
    Full,
}

pub(crate) type Read<T> = Result<T, Stop>;

impl Stop {
    pub(crate) fn broken(why: &str) -> Self {
        Self::Broken(why.to_owned())
    }
}
