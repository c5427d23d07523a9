//! Tests of traces in display order.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use quipu_core::{Kind, SpanId, SpanRow, Status, Timestamp};
use quipu_insight::{Outline, OutlineDraft};

fn id(number: u64) -> SpanId {
    SpanId::from_bytes((number + 1).to_be_bytes()).unwrap()
}

/// A span by number and parent, that runs from one microsecond to another.
fn row(number: u64, parent: Option<u64>, from: i64, to: i64) -> SpanRow {
    SpanRow {
        span_id: id(number),
        parent_id: parent.map(id),
        name: format!("span {number}").into(),
        kind: Kind::Other,
        start: Timestamp::from_nanos(from * 1_000),
        duration: Some((to - from) * 1_000),
        status: Status::Ok,
        agent: None,
        provider: None,
        model: None,
        tool: None,
        first_token: None,
        triggered: None,
        cost: None,
        conflicts: Vec::new(),
        raw: None,
    }
}

fn outline(mut rows: Vec<SpanRow>) -> Outline {
    rows.sort_by_key(|row| (row.start, row.span_id));
    let mut draft = OutlineDraft::default();
    rows.iter().for_each(|row| draft.add(row));
    draft.finish(true)
}

fn shape(outline: &Outline) -> Vec<(&str, u32, u32)> {
    outline.rows.iter().map(|row| (outline.name(row.name), row.depth, row.size)).collect()
}

#[test]
fn rows_stand_below_their_parents_and_siblings_by_start() {
    let rows =
        vec![row(0, None, 0, 100), row(1, Some(0), 50, 90), row(2, Some(0), 10, 40), row(3, Some(2), 20, 30)];
    let outline = outline(rows);
    assert_eq!(shape(&outline), [("span 0", 0, 4), ("span 2", 1, 2), ("span 3", 2, 1), ("span 1", 1, 1)]);
    let parents: Vec<_> = outline.rows.iter().map(|row| row.parent).collect();
    assert_eq!(parents, [None, Some(0), Some(1), Some(0)]);
}

#[test]
fn a_span_whose_parent_is_not_there_is_a_root() {
    let outline = outline(vec![row(0, None, 0, 10), row(1, Some(77), 1, 5), row(2, Some(1), 2, 3)]);
    assert_eq!(shape(&outline), [("span 0", 0, 1), ("span 1", 0, 2), ("span 2", 1, 1)]);
}

#[test]
fn a_circle_is_cut_before_its_earliest_span() {
    let circle =
        vec![row(0, Some(2), 5, 10), row(1, Some(0), 1, 10), row(2, Some(1), 3, 10), row(3, Some(0), 9, 10)];
    let names: Vec<_> =
        shape(&outline(circle)).into_iter().map(|(name, depth, _)| (name.to_owned(), depth)).collect();
    let want = [("span 1", 0), ("span 2", 1), ("span 0", 2), ("span 3", 3)]
        .map(|(name, depth)| (name.to_owned(), depth));
    assert_eq!(names, want);
    assert_eq!(shape(&outline(vec![row(0, Some(0), 0, 1)])), [("span 0", 0, 1)]);
}

#[test]
fn time_that_children_share_is_taken_from_their_parent_once() {
    let rows = vec![
        row(0, None, 0, 100),
        row(1, Some(0), 10, 30),
        row(2, Some(0), 20, 40),
        row(3, Some(0), 35, 38),
        row(4, Some(0), 90, 150),
        row(5, Some(0), 200, 300),
    ];
    let own: Vec<_> = outline(rows).rows.iter().map(|row| row.own).collect();
    assert_eq!(own[0], Some((100 - 30 - 10) * 1_000));
    let mut running = vec![row(0, None, 0, 100), row(1, Some(0), 60, 0)];
    running[1].duration = None;
    let own: Vec<_> = outline(running).rows.iter().map(|row| row.own).collect();
    assert_eq!(own, [Some(60_000), None], "a child that runs takes the rest");
}

#[test]
fn another_content_has_another_fingerprint() {
    let one = outline(vec![row(0, None, 0, 10), row(1, Some(0), 1, 2)]);
    let other = outline(vec![row(0, None, 0, 10), row(1, Some(0), 1, 3)]);
    assert_eq!(one.fingerprint(), one.clone().fingerprint());
    assert_ne!(one.fingerprint(), other.fingerprint());
}

#[test]
fn a_chain_of_a_hundred_thousand_spans_is_put_in_order() {
    let rows: Vec<SpanRow> = (0..100_000).map(|at| row(at, at.checked_sub(1), at as i64, 100_000)).collect();
    let began = Instant::now();
    let outline = outline(rows);
    assert_eq!(outline.rows.last().map(|row| row.depth), Some(99_999));
    assert_eq!(outline.rows[0].size, 100_000);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(outline.bytes() < 30 << 20, "{}", outline.bytes());
}

proptest! {
    #[test]
    fn any_parents_make_a_forest(parents in prop::collection::vec(prop::option::of(0_u64..40), 0..40)) {
        let rows: Vec<SpanRow> =
            parents.iter().zip(0..).map(|(parent, at)| row(at, *parent, (at as i64 * 7) % 13, 20)).collect();
        let outline = outline(rows);
        let ids: HashSet<_> = outline.rows.iter().map(|row| row.span_id).collect();
        prop_assert_eq!((ids.len(), outline.rows.len()), (parents.len(), parents.len()));
        for (at, row) in outline.rows.iter().enumerate() {
            let end = at + row.size as usize;
            prop_assert!(end <= outline.rows.len());
            for below in &outline.rows[at + 1..end] {
                prop_assert!(below.depth > row.depth);
            }
            if let Some(after) = outline.rows.get(end) {
                prop_assert!(after.depth <= row.depth);
            }
            match row.parent {
                Some(parent) => {
                    prop_assert!((parent as usize) < at);
                    prop_assert_eq!(outline.rows[parent as usize].depth + 1, row.depth);
                }
                None => prop_assert_eq!(row.depth, 0),
            }
        }
    }
}
