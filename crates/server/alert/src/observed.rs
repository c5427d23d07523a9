//! Observations of a rule: values by group.

use std::collections::BTreeMap;

use crate::group_key::group_key;
use crate::{Figure, Rule, Seen};

/// Observation of one group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Observation {
    pub seen: Seen,
    pub example: Option<quipu_core::TraceId>,
}

impl Observation {
    pub(crate) fn of(group: BTreeMap<String, String>, value: Option<f64>) -> (String, Self) {
        let seen = value.map_or(Seen::NoData, Seen::Value);
        (group_key(&group), Self { seen, example: None })
    }
}

/// Observations of a rule, by the group as JSON.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    pub groups: BTreeMap<String, Observation>,
    pub left_out: usize,
    /// A group that was looked for beyond the limit and is not here has no records.
    pub is_searched: bool,
    pub error: Option<String>,
}

impl Observed {
    /// Observation of a group, which may be missing.
    pub(crate) fn seen(&self, rule: &Rule, grp: &str) -> Seen {
        let is_unknown = self.left_out > 0 && !self.is_searched;
        let missing = || if is_unknown { Seen::Error } else { absent(rule) };
        self.groups.get(grp).map_or_else(missing, |found| found.seen)
    }
}

impl FromIterator<(String, Observation)> for Observed {
    fn from_iter<I: IntoIterator<Item = (String, Observation)>>(groups: I) -> Self {
        Self { groups: groups.into_iter().collect(), ..Self::default() }
    }
}

/// Observation of a known group that the answer does not have: sums are 0, all else is without data.
pub(crate) fn absent(rule: &Rule) -> Seen {
    match rule.figure {
        _ if rule.compared_with.is_some() => Seen::NoData,
        Figure::Cost
        | Figure::CostPerHour
        | Figure::Tokens
        | Figure::Count
        | Figure::Errors
        | Figure::Unpriced
        | Figure::Triggered => Seen::Value(0.0),
        _ => Seen::NoData,
    }
}
