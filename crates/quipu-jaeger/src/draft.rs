//! A span on its way from a wire to a record: read, not yet judged.

use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{Resource, SpanEvent, SpanKind, Value};

/// A key and its value, within the bounds.
pub(crate) type Pair = (CompactString, Value);

/// What a wire says of one span. Ids of nothing but zeros were not sent.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) trace_id: [u8; 16],
    pub(crate) span_id: [u8; 8],
    pub(crate) parent_id: [u8; 8],
    pub(crate) name: CompactString,
    /// As the wire has it in a field of its own; Jaeger has it in a tag.
    pub(crate) kind: SpanKind,
    pub(crate) flags: u32,
    /// Nanoseconds since the epoch; 0 when not sent.
    pub(crate) start: i64,
    /// Nanoseconds; `None` while it runs.
    pub(crate) duration: Option<i64>,
    pub(crate) references: Vec<Reference>,
    pub(crate) tags: Vec<Pair>,
    pub(crate) logs: Vec<SpanEvent>,
    /// What produced it, where that stands in the span itself.
    pub(crate) process: Option<Arc<Resource>>,
    /// What was found wrong while it was read.
    pub(crate) fault: Option<Refusal>,
}

/// One of a span's references.
#[derive(Clone, Copy, Default)]
pub(crate) struct Reference {
    pub(crate) trace_id: [u8; 16],
    pub(crate) span_id: [u8; 8],
    /// `FOLLOWS_FROM`, not `CHILD_OF`.
    pub(crate) follows: bool,
}

/// Why a span is refused: a label, and words.
pub(crate) struct Refusal {
    pub(crate) reason: &'static str,
    pub(crate) why: String,
}

impl Refusal {
    pub(crate) fn new(reason: &'static str, why: impl Into<String>) -> Self {
        Self { reason, why: why.into() }
    }
}

/// Why reading ends before the end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The bytes are not what they should be.
    Broken(String),
    /// There is no room for what they hold.
    Full,
}

pub(crate) type Read<T> = Result<T, Stop>;

impl Stop {
    pub(crate) fn broken(why: &str) -> Self {
        Self::Broken(why.to_owned())
    }
}
