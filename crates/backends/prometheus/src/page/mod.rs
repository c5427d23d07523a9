//! The metrics page: families as text.

mod accept;
mod number;
mod read;
mod write;

pub use accept::Format;
pub(crate) use accept::preferred;
pub(crate) use number::number;
pub(crate) use read::read;
pub(crate) use write::page;

use prometheus::proto::MetricType;

/// Suffix of a counter's sample.
pub(crate) const TOTAL: &str = "_total";
/// Name of the family with the resource's attributes.
pub(crate) const TARGET_INFO: &str = "target_info";
/// Name of that family in OpenMetrics.
pub(crate) const INFO_BASE: &str = "target";

/// The name of a family in OpenMetrics: a counter without `_total`, an info without `_info`.
pub(crate) fn base(full: &str, kind: MetricType) -> &str {
    match kind {
        MetricType::COUNTER => full.strip_suffix(TOTAL).filter(|base| !base.is_empty()).unwrap_or(full),
        _ if full == TARGET_INFO => INFO_BASE,
        _ => full,
    }
}
