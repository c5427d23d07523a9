//! Documents: one for each record, with the fields of the Elastic Common Schema.
//! <https://www.elastic.co/docs/reference/ecs/ecs-field-reference>

mod attributes;
mod cost;
mod event;
mod fields;
mod metric;
mod source;
mod span;

pub(crate) use cost::cost;
pub(crate) use event::event;
pub(crate) use metric::point;
pub(crate) use span::span;

/// The ECS release of these fields.
pub(crate) const ECS: &str = "9.0.0";

/// Longest indexed text of an attribute, in bytes of JSON. Lucene rejects whole documents for terms over
/// 32,766 bytes, and OpenSearch's `flat_object` has no `ignore_above`.
pub(crate) const INDEXED: usize = 8_000;

/// Data stream of a document.
pub(crate) struct StreamName<'a> {
    /// Second part of the data stream's name.
    pub dataset: &'a str,
    /// Third part of the data stream's name.
    pub namespace: &'a str,
}
