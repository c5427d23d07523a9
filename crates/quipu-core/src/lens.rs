//! How a span was read: for people who ask where a figure comes from.

use std::borrow::Cow;

use compact_str::CompactString;

/// One canonical value and where it comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LensLine {
    /// Name of the canonical value, such as `request_model`, `cache_read`.
    pub field: CompactString,
    /// The value as text; of contents only their size.
    pub value: String,
    /// The attribute that it was read from; `None` when no attribute alone gave it.
    pub key: Option<CompactString>,
    /// Other attributes that could have given it, passed over in favour of `key`.
    pub passed_over: Vec<CompactString>,
    /// The rule that led from the attribute to the value, where it is more than copying.
    pub rule: Option<Cow<'static, str>>,
}

/// How one span was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lens {
    /// The adapter that read it; empty when none claimed it.
    pub adapter: CompactString,
    /// Adapters that changed the reading afterwards.
    pub enriched_by: Vec<CompactString>,
    /// What was understood, in the order of the record.
    pub lines: Vec<LensLine>,
    /// Keys that no table knows.
    pub unread: Vec<CompactString>,
}
