//! Clues: numbers that two records of one call have in common, so that one is found by the other.
//!
//! Thousands of parallel calls overlap in time. Records with figures are found by these, by ids, by the text
//! of the answer or by the request. Only records without figures are compared with all others of their time.
//!
//! The work for n records that are alike grows with n², so it has limits. Records beyond them are a crowd:
//! they are compared with no others, and keep the decision of their traces and ids.

use std::collections::BTreeSet;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use quipu_core::{Kind, Usage, answer_id_is_unique};

use super::moment::{Key, key_of};
use crate::figures::{FIRST_EVENT, cached, known};
use crate::row::Row;

/// Maximum number of records of a moment that share a clue and are compared.
const MOST_ALIKE: usize = 2_560;
/// Maximum number of records of a moment without figures that are compared.
const MOST_BARE: usize = 1_280;

/// The records of a moment by their clues.
#[derive(Debug)]
pub(super) struct Clues {
    by_number: HashMap<u64, Keys>,
    /// The records without figures.
    bare: BTreeSet<Key>,
    /// The clues of more than [`MOST_ALIKE`] records.
    crowds: HashSet<u64>,
    /// Whether a crowd came or went since the latest decision.
    has_new_crowd: bool,
}

/// Records with one clue. Most clues are of one record.
#[derive(Debug)]
struct Keys {
    first: Key,
    more: Vec<Key>,
}

impl Clues {
    pub fn of<'r>(rows: impl Iterator<Item = &'r Row>) -> Self {
        let (by_number, bare, crowds) = (HashMap::new(), BTreeSet::new(), HashSet::new());
        let mut clues = Self { by_number, bare, crowds, has_new_crowd: false };
        rows.for_each(|row| clues.add(row));
        clues.has_new_crowd = false;
        clues
    }

    pub fn add(&mut self, row: &Row) {
        let key = key_of(row);
        if known(&row.cost).is_none() {
            self.bare.insert(key);
            self.has_new_crowd |= self.bare.len() == MOST_BARE + 1;
        }
        each(row, Figures::Own, |clue| match self.by_number.get_mut(&clue) {
            Some(keys) => {
                keys.more.push(key);
                // The first one is not among them.
                self.has_new_crowd |= keys.more.len() >= MOST_ALIKE && self.crowds.insert(clue);
            }
            None => drop(self.by_number.insert(clue, Keys { first: key, more: Vec::new() })),
        });
    }

    pub fn remove(&mut self, row: &Row) {
        let key = key_of(row);
        let was_bare = self.bare.remove(&key);
        self.has_new_crowd |= was_bare && self.bare.len() == MOST_BARE;
        each(row, Figures::Own, |clue| {
            let Some(keys) = self.by_number.get_mut(&clue) else { return };
            if keys.first != key {
                keys.more.retain(|other| *other != key);
            } else if let Some(next) = keys.more.pop() {
                keys.first = next;
            } else {
                self.by_number.remove(&clue);
                return;
            }
            self.has_new_crowd |= keys.more.len() < MOST_ALIKE && self.crowds.remove(&clue);
        });
    }

    /// Whether a crowd came or went since the last call.
    pub fn take_new_crowd(&mut self) -> bool {
        std::mem::take(&mut self.has_new_crowd)
    }

    /// Whether a record of this moment is in a crowd.
    pub fn is_in_crowd(&self, row: &Row) -> bool {
        let mut is_alike = false;
        if !self.crowds.is_empty() {
            each(row, Figures::Own, |clue| is_alike |= self.crowds.contains(&clue));
        }
        is_alike || (self.bare.len() > MOST_BARE && known(&row.cost).is_none())
    }

    /// The records without figures, except a crowd.
    pub fn bare(&self) -> Option<&BTreeSet<Key>> {
        Some(&self.bare).filter(|bare| bare.len() <= MOST_BARE)
    }

    /// The records with one of these clues, except crowds, some of them several times.
    pub fn with(&self, wanted: &[u64]) -> impl Iterator<Item = Key> {
        let no_crowds = wanted.iter().filter(|clue| !self.crowds.contains(*clue));
        let keys = no_crowds.filter_map(|clue| self.by_number.get(clue));
        keys.flat_map(|keys| std::iter::once(keys.first).chain(keys.more.iter().copied()))
    }
}

/// The clues of other records that may be of the same call.
pub(super) fn near(row: &Row) -> Vec<u64> {
    let mut clues = Vec::new();
    each(row, Figures::Near, |clue| clues.push(clue));
    clues
}

/// Which figures of other records are found.
#[derive(Clone, Copy, PartialEq)]
enum Figures {
    /// Those in the same step of output tokens.
    Own,
    /// Also those that differ by the first event of a stream.
    Near,
}

#[derive(Hash)]
enum Clue<'r> {
    Id(&'r str),
    Asked(u64),
    Text(u64),
    Request(u64),
    /// Input tokens, and output tokens in steps of [`FIRST_EVENT`].
    Figures(u64, u64),
}

/// Visits the clues of a record.
fn each(row: &Row, figures: Figures, mut visit: impl FnMut(u64)) {
    let mut tell = |clue: Clue<'_>| visit(FixedState::default().hash_one(clue));
    let is_run = row.cost.kind == Kind::Tool;
    // Many records of a local server share an id that is not unique. Other evidence is needed for those.
    if let Some(id) = row.call_id.as_deref().filter(|id| is_run || answer_id_is_unique(id)) {
        tell(Clue::Id(id));
    }
    row.asked.iter().for_each(|asked| tell(Clue::Asked(*asked)));
    row.marks.text.iter().for_each(|text| tell(Clue::Text(text.number())));
    row.marks.request.iter().for_each(|request| tell(Clue::Request(request.number())));
    let Some(usage) = known(&row.cost) else { return };
    let output = usage.output.unwrap_or(0);
    for input in inputs(usage) {
        if figures == Figures::Near {
            let step = output / FIRST_EVENT;
            step.checked_sub(1)
                .into_iter()
                .chain([step + 1])
                .for_each(|step| tell(Clue::Figures(input, step)));
        }
        steps(usage).for_each(|step| tell(Clue::Figures(input, step)));
    }
}

/// The input tokens, also without the cached ones.
fn inputs(usage: &Usage) -> impl Iterator<Item = u64> {
    let input = usage.input.unwrap_or(0);
    let rest = Some(cached(usage)).filter(|cached| *cached > 0).and_then(|cached| input.checked_sub(cached));
    std::iter::once(input).chain(rest)
}

/// The steps of the output tokens, also without the reasoning tokens and with them added.
fn steps(usage: &Usage) -> impl Iterator<Item = u64> {
    let output = usage.output.unwrap_or(0);
    let reasoning = usage.reasoning.filter(|reasoning| *reasoning > 0);
    let others = reasoning
        .into_iter()
        .flat_map(move |part| output.checked_sub(part).into_iter().chain(output.checked_add(part)));
    std::iter::once(output).chain(others).map(|output| output / FIRST_EVENT)
}
