//! Property tests: laws for any trace, in any order, split into any batches.

use std::collections::HashMap;

use proptest::prelude::*;
use quipu_core::{Billing, Kind, Span};

use crate::world::*;

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        4 => Just(Kind::Llm),
        2 => Just(Kind::Agent),
        2 => Just(Kind::Tool),
        1 => Just(Kind::Task),
        1 => Just(Kind::Embedding),
        1 => Just(Kind::Other),
    ]
}

/// A tree of up to 14 spans. Parents are arbitrary numbers, so missing roots and cycles occur too.
fn trace() -> impl Strategy<Value = Vec<Span>> {
    let one = (
        kind(),
        proptest::option::weighted(0.8, 0_u64..14),
        0_i64..50,
        1_i64..100,
        proptest::option::of(0_u64..50),
        proptest::option::weighted(0.3, 0_u8..3),
        0_u8..3,
    );
    proptest::collection::vec(one, 1..14).prop_map(|parts| {
        parts
            .into_iter()
            .enumerate()
            .map(|(number, (kind, parent, start, length, tokens, response, name))| {
                let number = number as u64;
                let parent = parent.filter(|parent| *parent < number || *parent > 11);
                let mut made = span(number, parent, kind, start, start + length);
                if let Some(tokens) = tokens {
                    made = with_usage(made, tokens, tokens / 2);
                }
                if let (Some(response), true) = (response, kind.is_call()) {
                    made = with_response(made, &format!("r{response}"));
                }
                if tokens.is_some_and(|tokens| tokens % 5 == 1) {
                    made.canonical.billing = Some(Billing::Subscription);
                    made = with_unit(made, "web_searches", u64::from(name));
                }
                let name = format!("name-{name}");
                match kind {
                    Kind::Agent => made.canonical.agent = Some(name.into()),
                    Kind::Tool => made.canonical.tool = Some(name.into()),
                    _ => {}
                }
                made
            })
            .collect()
    })
}

fn shuffled() -> impl Strategy<Value = (Vec<Span>, Vec<Span>, usize)> {
    trace().prop_flat_map(|spans| (Just(spans.clone()), Just(spans).prop_shuffle(), 1_usize..5))
}

/// Whether every path of parents ends.
fn is_a_tree(spans: &[Span]) -> bool {
    let parents: HashMap<_, _> = spans.iter().map(|span| (span.span_id, span.parent_id)).collect();
    let ends = |span: &Span| {
        let mut way = std::iter::successors(span.parent_id, |id| parents.get(id).copied().flatten());
        way.nth(parents.len()).is_none()
    };
    spans.iter().all(ends)
}

/// The differences between two ledgers, in brief.
fn difference(one: &Rows, other: &Rows) -> Vec<String> {
    let brief = |rows: &Rows| -> Vec<String> {
        rows.values()
            .map(|row| {
                let who = (&row.agent, &row.tool, row.billing);
                format!("{} {:?} {:?} {who:?} {:?}", row.span_id, row.kind, row.rule, row.usage)
            })
            .collect()
    };
    let (one, other) = (brief(one), brief(other));
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|row| !those.contains(row)).cloned().collect()
    };
    [only(&one, &other), only(&other, &one)].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn order_and_cuts_do_not_matter((spans, other, cut) in shuffled()) {
        let at_once = count(&[spans], 1000);
        let in_parts: Vec<_> = other.chunks(cut).map(<[_]>::to_vec).collect();
        prop_assert_eq!(difference(&count(&in_parts, 1000), &at_once), Vec::<String>::new());
        prop_assert_eq!(difference(&count(&in_parts, 0), &at_once), Vec::<String>::new());
    }

    #[test]
    fn delivery_again_changes_nothing((spans, other, cut) in shuffled()) {
        let mut twice: Vec<_> = other.chunks(cut).map(<[_]>::to_vec).collect();
        twice.extend(spans.chunks(cut + 1).map(<[_]>::to_vec));
        prop_assert_eq!(difference(&count(&twice, 1000), &count(&[spans], 1000)), Vec::<String>::new());
    }

    #[test]
    fn no_usage_counts_beside_one_that_repeats_it(spans in trace().prop_filter("a circle has no top", |spans| is_a_tree(spans))) {
        let rows = count(std::slice::from_ref(&spans), 1000);
        let spans: HashMap<_, _> = spans.iter().map(|span| (span.span_id, span)).collect();
        for row in rows.values().filter(|row| row.rule == quipu_core::Rule::OrphanRollup) {
            let mut next = spans[&row.span_id].parent_id;
            for _ in 0..20 {
                let Some(above) = next.and_then(|id| spans.get(&id)) else { break };
                let usage = above.canonical.usage.as_ref().filter(|usage| usage.has_figures());
                let usage_outside_of_calls = usage.is_some() && !above.canonical.kind.is_call();
                prop_assert!(!(usage_outside_of_calls && rows[&above.span_id].counts()) || above.span_id == row.span_id);
                next = above.parent_id;
            }
        }
    }
}
