//! The first groups of an answer, in the order of `/api/v1/query`.

use std::cmp::Reverse;

use quipu_query::Rank;

use crate::{MeasuredGroup, RuleFigures};

/// Indices of the first `top` groups: those of the highest rank, and among equals by name. Groups without a
/// name come last among equals.
pub(crate) fn first(groups: &[MeasuredGroup], rank: Rank, top: usize) -> Vec<usize> {
    let mut ranked: Vec<(f64, usize)> =
        groups.iter().enumerate().map(|(place, group)| (value(rank, &group.figures), place)).collect();
    let order = |one: &(f64, usize), other: &(f64, usize)| {
        let by_rank = other.0.total_cmp(&one.0);
        by_rank.then_with(|| named(&groups[one.1].key).cmp(named(&groups[other.1].key)))
    };
    if top < ranked.len() {
        ranked.select_nth_unstable_by(top, order);
        ranked.truncate(top);
    }
    ranked.sort_unstable_by(order);
    ranked.into_iter().map(|(_, place)| place).collect()
}

fn named(key: &[Option<String>]) -> impl Iterator<Item = (Reverse<bool>, Option<&String>)> {
    key.iter().map(|name| (Reverse(name.is_some()), name.as_ref()))
}

/// The figure by which groups are ordered; unknown figures are below all others.
fn value(rank: Rank, figures: &RuleFigures) -> f64 {
    match rank {
        Rank::Count => figures.count as f64,
        Rank::Errors => figures.errors as f64,
        Rank::Latency => figures.latency.quantile(0.95).unwrap_or(-1.0),
        Rank::Tokens => figures.tokens.map_or(-1.0, |tokens| tokens as f64),
        Rank::Cost => figures.cost.map_or(-1.0, |cost| cost.raw() as f64),
        Rank::Value => figures.value.unwrap_or(f64::NEG_INFINITY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_ordered_by_rank_and_then_by_name() {
        let group = |name: Option<&str>, count, tokens| MeasuredGroup {
            key: vec![name.map(str::to_owned)],
            figures: RuleFigures { count, tokens, ..RuleFigures::default() },
            ..MeasuredGroup::default()
        };
        let groups = [
            group(None, 2, Some(0)),
            group(Some("b"), 2, None),
            group(Some("a"), 2, None),
            group(Some("c"), 9, None),
        ];
        assert_eq!(first(&groups, Rank::Count, 10), [3, 2, 1, 0]);
        assert_eq!(first(&groups, Rank::Count, 2), [3, 2]);
        assert_eq!(first(&groups, Rank::Tokens, 2), [0, 2], "no tokens are less than none used");
    }
}
