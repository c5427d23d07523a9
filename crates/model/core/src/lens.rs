//! Provenance of a span's canonical values, for users who check the source of a figure.

use std::borrow::Cow;

use compact_str::CompactString;

/// One canonical value and its source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LensLine {
    /// Name of the canonical value, such as `request_model`, `cache_read`.
    pub field: CompactString,
    /// The value as text; for contents only their size.
    pub value: String,
    /// The attribute that gave the value; `None` if several gave it together.
    pub key: Option<CompactString>,
    /// Other attributes that could have given it; `key` took precedence.
    pub passed_over: Vec<CompactString>,
    /// The rule that derived the value, unless it was copied.
    pub rule: Option<Cow<'static, str>>,
}

/// Provenance of one span's values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lens {
    /// The adapter that read it; empty if none claimed it.
    pub adapter: CompactString,
    /// Adapters that changed the values afterwards.
    pub enriched_by: Vec<CompactString>,
    /// Values in the order of the record.
    pub lines: Vec<LensLine>,
    /// Keys that are in no table.
    pub unread: Vec<CompactString>,
}
