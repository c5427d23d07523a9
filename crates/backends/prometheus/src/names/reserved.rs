//! Names that are in use on a page.

use std::collections::HashMap;

use prometheus::proto::MetricType;

use super::{INFO_BASE, TARGET_INFO, base};

/// Names of families and of their samples. No two families may share one. For example, a gauge `a_count` and
/// a histogram `a` would both write a sample `a_count` (OpenMetrics 1.0, «Suffixes»).
#[derive(Debug, Clone, Default)]
pub(crate) struct Reserved(HashMap<String, String>);

impl Reserved {
    /// Reserves the names of a family, unless another family has one of them. A repeated call for the same
    /// family succeeds.
    pub(crate) fn admit(&mut self, full: &str, kind: MetricType) -> bool {
        let names = names(full, kind);
        if names.iter().any(|name| self.0.get(name).is_some_and(|owner| owner != full)) {
            return false;
        }
        self.0.extend(names.into_iter().map(|name| (name, full.to_owned())));
        true
    }

    /// Frees the names of a family.
    pub(crate) fn free(&mut self, full: &str, kind: MetricType) {
        for name in names(full, kind) {
            if self.0.get(&name).is_some_and(|owner| owner == full) {
                self.0.remove(&name);
            }
        }
    }
}

fn names(full: &str, kind: MetricType) -> Vec<String> {
    let base = base(full, kind);
    let suffixes: &[&str] = match kind {
        MetricType::COUNTER => &["", "_total", "_created"],
        MetricType::HISTOGRAM => &["", "_bucket", "_count", "_sum", "_created"],
        MetricType::SUMMARY => &["", "_count", "_sum", "_created"],
        MetricType::GAUGE | MetricType::UNTYPED => &[""],
    };
    let mut names: Vec<String> = suffixes.iter().map(|suffix| format!("{base}{suffix}")).collect();
    names.push(full.to_owned());
    if full == TARGET_INFO {
        names.push(INFO_BASE.to_owned());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_two_families_never_share_a_name() {
        let mut reserved = Reserved::default();
        assert!(reserved.admit("a", MetricType::HISTOGRAM));
        assert!(!reserved.admit("a_count", MetricType::GAUGE));
        assert!(reserved.admit("a_counts", MetricType::GAUGE));
        assert!(reserved.admit("b_total", MetricType::COUNTER));
        assert!(!reserved.admit("b", MetricType::GAUGE), "in OpenMetrics the counter's family is called b");
        assert!(reserved.admit("b_total", MetricType::COUNTER));
        reserved.free("a", MetricType::HISTOGRAM);
        assert!(reserved.admit("a_count", MetricType::GAUGE));
    }
}
