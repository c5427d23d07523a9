//! Calls for records without usage that are left alone among many parallel calls.
//!
//! Each record is compared with a limited number of later ones, so the first of hundreds of parallel calls
//! can take all pairs of the others. The rest is paired by containment: a record gets the shortest free one
//! that encloses it. In the order of starts this gives the most pairs, and each record is looked up once.

use std::collections::BTreeSet;

use super::fit::{evidence_of, fit};
use crate::evidence::{self, STAGGER};
use crate::row::Row;

/// Most enclosing records that are tried for one.
const MOST_TRIED: usize = 8;

/// Pairs records that are alone and of which one has no usage.
pub(super) fn pair_leftover(records: &[&Row], groups: &mut [Vec<usize>]) {
    let lone = groups.iter().enumerate().filter_map(|(at, group)| match *group.as_slice() {
        [record] if records[record].cost.is_call() => Some((at, record)),
        _ => None,
    });
    let is_bare = |record: usize| !evidence::tells(records[record]);
    let (bare, told): (Vec<_>, Vec<_>) = lone.partition(|(_, record)| is_bare(*record));
    let bare: Vec<Lone> =
        bare.into_iter().filter(|(_, record)| evidence::is_vague(records[*record])).collect();
    let mut pairs = enclosed(records, &bare, &told);
    if pairs.len() < bare.len() && pairs.len() < told.len() {
        let paired: BTreeSet<Lone> = pairs.iter().flat_map(|(inner, outer)| [*inner, *outer]).collect();
        let left =
            |lone: Vec<Lone>| -> Vec<Lone> { lone.into_iter().filter(|one| !paired.contains(one)).collect() };
        pairs.extend(enclosed(records, &left(told), &left(bare)));
    }
    for ((from, record), (to, _)) in pairs {
        groups[from].clear();
        groups[to].push(record);
    }
}

/// Number of a group, and its only record.
type Lone = (usize, usize);

/// Pairs of inner and outer records, each record in one pair at most.
fn enclosed(records: &[&Row], inner: &[Lone], outer: &[Lone]) -> Vec<(Lone, Lone)> {
    let start = |lone: &Lone| records[lone.1].cost.time.nanos();
    let end = |lone: &Lone| evidence::end(&records[lone.1].cost);
    let in_order = |lone: &[Lone]| {
        let mut lone = lone.to_vec();
        lone.sort_by_key(|one| (start(one), one.1));
        lone
    };
    let mut outer = in_order(outer).into_iter().peekable();
    let mut free: BTreeSet<(i64, Lone)> = BTreeSet::new();
    let mut pairs = Vec::new();
    for one in in_order(inner) {
        let begun = start(&one).saturating_add(STAGGER);
        while let Some(next) = outer.next_if(|next| start(next) <= begun) {
            free.insert((end(&next), next));
        }
        let until = (end(&one).saturating_sub(STAGGER), (0, 0));
        let fits = |(_, other): &&(i64, Lone)| {
            evidence_of(records[one.1], records[other.1]).is_some() && fit(records, &[other.1], &[one.1])
        };
        let found = free.range(until..).take(MOST_TRIED).find(fits).copied();
        if let Some(found) = found {
            free.remove(&found);
            pairs.push((one, found.1));
        }
    }
    pairs
}
