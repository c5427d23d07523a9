//! Observations of a rule: values by group.

use std::collections::BTreeMap;

use crate::Seen;
use crate::group_key::group_key;

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

impl FromIterator<(String, Observation)> for Observed {
    fn from_iter<I: IntoIterator<Item = (String, Observation)>>(groups: I) -> Self {
        Self { groups: groups.into_iter().collect(), ..Self::default() }
    }
}
