//! The page: families as text.

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

/// What the name of a counter's sample ends with.
pub(crate) const TOTAL: &str = "_total";
/// The family of the resource's attributes.
pub(crate) const TARGET_INFO: &str = "target_info";
/// What OpenMetrics calls that family.
pub(crate) const INFO_BASE: &str = "target";

/// What OpenMetrics calls a family: a counter's name is without `_total`, an info's without `_info`.
pub(crate) fn base(full: &str, kind: MetricType) -> &str {
    match kind {
        MetricType::COUNTER => full.strip_suffix(TOTAL).filter(|base| !base.is_empty()).unwrap_or(full),
        _ if full == TARGET_INFO => INFO_BASE,
        _ => full,
    }
}
