//! Laws of every ledger: the order of arrival has no effect, and its figures add up.

use proptest::prelude::*;
use quipu_core::{Batch, Cost, GroupBy, Rule, Store, Tokens, Usage, UsageQuery};

use crate::cuts::{apart, joined, shuffled};
use crate::found::Found;
use crate::recording::ALL;
use crate::store::Fed;

/// Facts of a ledger without the reasons: which of two equal records of a call counts does not matter.
fn figures(fed: &Fed) -> (Found, Vec<Cost>) {
    (Found::of(fed), fed.ledger())
}

/// The parts of a usage fit into it.
fn fits(usage: &Usage) {
    let part = |part: Option<u64>| part.unwrap_or(0);
    let cached = part(usage.cache_read) + part(usage.cache_write);
    assert_eq!(usage.input_uncached() + cached, part(usage.input).max(cached), "{usage:?}");
    assert!(cached <= part(usage.input), "{usage:?}");
    assert!(part(usage.reasoning) <= part(usage.output), "{usage:?}");
}

fn sum(rows: &[Cost]) -> (u64, Tokens) {
    let counted = rows.iter().filter(|row| row.counts());
    let tokens = counted.clone().filter_map(|row| row.usage.as_ref()).map(Usage::tokens);
    let tokens = tokens.fold(Tokens::default(), |sum, tokens| sum.plus(&tokens));
    (counted.filter(|row| row.is_call()).count() as u64, tokens)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_and_cut_gives_the_same_ledger(
        at in any::<prop::sample::Index>(),
        seed in any::<u64>(),
        sizes in prop::collection::vec(1_usize..9, 1..5),
        again in 0_usize..40,
    ) {
        let recording = &ALL[at.index(ALL.len())];
        let straight = figures(&Fed::with(recording.batches()));
        let parts = shuffled(apart(&recording.batches()), seed);
        let repeated: Vec<Batch> = parts.iter().take(again).cloned().collect();
        let fed = Fed::with(joined(parts, &sizes));
        prop_assert_eq!(&figures(&fed).0, &straight.0, "{}", &recording.name);
        prop_assert_eq!(&figures(&fed).1, &straight.1, "{}", &recording.name);
        fed.feed(repeated);
        prop_assert_eq!(figures(&fed), straight, "{} delivered again", &recording.name);
    }

    #[test]
    fn sources_in_one_store_do_not_meet(
        first in any::<prop::sample::Index>(),
        second in any::<prop::sample::Index>(),
        seed in any::<u64>(),
    ) {
        let (first, second) = (first.index(ALL.len()), second.index(ALL.len()));
        prop_assume!(first != second);
        let alone = [first, second].map(|at| Found::of(&Fed::with(ALL[at].batches())));
        let both = [ALL[first].batches(), ALL[second].batches()].concat();
        let found = Found::of(&Fed::with(shuffled(apart(&both), seed)));
        let names = || format!("{} and {}", ALL[first].name, ALL[second].name);
        prop_assert_eq!(found.tokens, alone[0].tokens.plus(&alone[1].tokens), "{}", names());
        prop_assert_eq!(found.calls, alone[0].calls + alone[1].calls, "{}", names());
        prop_assert_eq!(found.runs(), alone[0].runs() + alone[1].runs(), "{}", names());
    }
}

#[test]
fn buckets_are_disjoint_and_add_up() {
    for recording in &*ALL {
        let fed = Fed::with(recording.batches());
        let rows = fed.ledger();
        rows.iter().filter_map(|row| row.usage.as_ref()).for_each(fits);
        let found = Found::of(&fed);
        assert_eq!(sum(&rows), (found.calls, found.tokens), "{}", recording.name);
        for key in [
            GroupBy::Model,
            GroupBy::Provider,
            GroupBy::Agent,
            GroupBy::Framework,
            GroupBy::Service,
            GroupBy::Session,
            GroupBy::User,
            GroupBy::Convention,
            GroupBy::Hour,
            GroupBy::Day,
        ] {
            let query = UsageQuery { group_by: vec![key], ..UsageQuery::default() };
            let groups = fed.ask(fed.store.usage(&query));
            let tokens = groups.iter().fold(Tokens::default(), |sum, group| sum.plus(&group.totals.tokens));
            let calls: u64 = groups.iter().map(|group| group.totals.llm_calls).sum();
            assert_eq!((calls, tokens), (found.calls, found.tokens), "{} by {key:?}", recording.name);
        }
    }
}

#[test]
fn every_row_that_does_not_count_says_why() {
    for recording in &*ALL {
        let fed = Fed::with(recording.batches());
        let traces: u64 = fed.traces().iter().map(|trace| trace.llm_calls).sum();
        assert_eq!(traces, Found::of(&fed).calls, "{}: traces and usage", recording.name);
        for row in fed.ledger().iter().filter(|row| !row.counts()) {
            assert!(row.amount.is_none(), "{}: {:?} is priced", recording.name, row.rule);
            assert_ne!(row.rule, Rule::Leaf);
        }
    }
}
