//! Conditions under which records are of one call.

use super::MOST_OF_ONE_CALL;
use crate::evidence::{self, Evidence};
use crate::row::Row;

/// The evidence that two records are of one call. The order of the arguments does not matter.
pub(super) fn evidence_of(one: &Row, other: &Row) -> Option<Evidence> {
    let (first, second) = if other.cost.time < one.cost.time { (other, one) } else { (one, other) };
    evidence::of(first, second)
}

/// Whether the records of two groups can all be of one call. No record excludes another. If both groups
/// report usage, a pair of records agrees. A single record of a group may differ, such as a wrapper that sums
/// the events of a stream.
pub(super) fn fit(records: &[&Row], one: &[usize], other: &[usize]) -> bool {
    let pairs = || one.iter().flat_map(|a| other.iter().map(|b| (records[*a], records[*b])));
    let tells = |group: &[usize]| group.iter().any(|at| evidence::tells(records[*at]));
    one.len() + other.len() <= MOST_OF_ONE_CALL
        && !pairs().any(|(a, b)| evidence::excludes(a, b))
        && (!tells(one) || !tells(other) || pairs().any(|(a, b)| evidence::agree(a, b)))
}
