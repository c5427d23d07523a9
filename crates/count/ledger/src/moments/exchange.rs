//! Exchange of records between parallel calls, for records that the most certain pairs leave alone.
//!
//! Two parallel calls can be told by records whose times nest in several ways. The closest pair can then take
//! the only record that fits a third one. A chain of exchanges gives each record a call: it is an augmenting
//! path of a bipartite matching (Berge 1957), over groups of records.

use super::fit::{evidence_of, fit};
use crate::evidence::{self, Evidence};
use crate::row::Row;

/// Most groups at one time among which records are exchanged.
const MOST_GROUPS: usize = 64;

/// A record that takes the place of another one, which looks for another group.
struct Step {
    record: usize,
    /// Position of the step that displaced this record; `None`: the record was alone.
    displaced_by: Option<usize>,
    /// Group of the record before the exchange.
    from: usize,
}

/// Finds calls for records that are alone and have no unique id. Those with usage have the text of the
/// answer.
pub(super) fn exchange(records: &[&Row], groups: &mut [Vec<usize>]) {
    let held = groups.iter().filter(|group| !group.is_empty()).count();
    if !(3..=MOST_GROUPS).contains(&held) {
        return;
    }
    for at in 0..groups.len() {
        if let [record] = *groups[at].as_slice()
            && is_movable(records[record])
        {
            place(records, groups, Step { record, displaced_by: None, from: at });
        }
    }
}

/// Whether a record says only by its time, or also by its answer, which call it is of. Parallel calls can
/// have equal answers.
fn is_movable(row: &Row) -> bool {
    let is_unsure = !evidence::tells(row) || row.marks.text.is_some();
    row.cost.is_call() && evidence::is_vague(row) && is_unsure
}

/// Whether figures join a record with another one of its group.
fn is_sure(records: &[&Row], group: &[usize], record: usize) -> bool {
    let others = group.iter().filter(|at| **at != record);
    let mut evidence = others.filter_map(|at| evidence_of(records[record], records[*at]));
    evidence.any(|evidence| evidence <= Evidence::Figures)
}

/// Searches the shortest chain of exchanges that ends in a group without a record of that kind, and applies
/// it.
fn place(records: &[&Row], groups: &mut [Vec<usize>], lone: Step) {
    let mut steps = vec![lone];
    let mut next = 0;
    while let Some(step) = steps.get(next) {
        let (record, from) = (step.record, step.from);
        for to in (0..groups.len()).filter(|to| *to != from) {
            match entry(records, &groups[to], record) {
                Some(Entry::Free) => return apply(groups, &steps, next, to),
                Some(Entry::Instead(other)) if steps.iter().all(|step| step.record != other) => {
                    steps.push(Step { record: other, displaced_by: Some(next), from: to });
                }
                _ => {}
            }
        }
        next += 1;
    }
}

/// How a record can enter a group.
enum Entry {
    Free,
    Instead(usize),
}

fn entry(records: &[&Row], group: &[usize], record: usize) -> Option<Entry> {
    let row = records[record];
    let mut excluded = group.iter().copied().filter(|at| evidence::excludes(row, records[*at]));
    let (other, more) = (excluded.next(), excluded.next());
    let stays = |other: usize| !is_movable(records[other]) || is_sure(records, group, other);
    if more.is_some() || other.is_some_and(stays) {
        return None;
    }
    let rest: Vec<usize> = group.iter().copied().filter(|at| Some(*at) != other).collect();
    let is_shown = rest.iter().any(|at| evidence_of(row, records[*at]).is_some());
    (is_shown && fit(records, &rest, &[record])).then_some(other.map_or(Entry::Free, Entry::Instead))
}

/// Moves the last record of a chain to `to`, and each displacing record to the group that it displaced from.
fn apply(groups: &mut [Vec<usize>], steps: &[Step], last: usize, to: usize) {
    let (mut step, mut to) = (&steps[last], to);
    loop {
        groups[step.from].retain(|record| *record != step.record);
        groups[to].push(step.record);
        let Some(by) = step.displaced_by else { return };
        to = step.from;
        step = &steps[by];
    }
}
