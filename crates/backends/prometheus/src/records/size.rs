//! Estimated size of a series on the page.

use quipu_core::PointValue;

use crate::names::Labels;

/// Bytes of a line besides name and labels: suffix, own label, value and line end.
const LINE: usize = 48;
/// Bytes of a label besides its name and value: equals sign, quotation marks and comma.
const LABEL: usize = 4;

/// Bytes of the lines of a series. Escaped characters are not counted twice.
pub(super) fn on_page(full: &str, labels: &Labels, value: &PointValue) -> usize {
    let labels = labels.iter().map(|label| label.name.len() + label.value.len() + LABEL).sum::<usize>();
    lines(value).saturating_mul(full.len() + labels + LINE)
}

/// Lines of a series: its samples, and the time of its creation.
const fn lines(value: &PointValue) -> usize {
    match value {
        PointValue::Number(_) => 2,
        PointValue::Distribution { buckets, quantiles, .. } => buckets.len() + quantiles.len() + 3,
    }
}
