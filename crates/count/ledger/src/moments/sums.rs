//! Sums of usage outside of calls, such as that of an agent's run, and the calls of other traces that they
//! repeat (R3).

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use quipu_core::{Cost, Kind, Meeting, Rule, Signal, Timestamp, Usage};

use super::{Moment, Moments, around};
use crate::evidence::{end, is_one_family, is_within};
use crate::figures::{known, same_tokens};
use crate::row::{Id, Row};
use crate::senders;

/// A call as a sum sees it.
struct Summand<'r> {
    cost: &'r Cost,
    row: &'r Row,
}

/// Whether a row is the only holder of a sum of usage, and short enough to be compared with calls.
pub(super) fn is_sum(row: &Row) -> bool {
    let cost = &row.cost;
    let is_short = cost.duration.is_some_and(|duration| (1..=Meeting::SUMS).contains(&duration));
    cost.rule == Rule::OrphanRollup && cost.signal == Signal::Span && is_short
}

/// Whether the slots of sums hold a row, and not the moments of calls.
const fn is_in_sums(row: &Row) -> bool {
    matches!(row.cost.kind, Kind::Agent | Kind::Workflow | Kind::Tool) && row.cost.usage.is_some()
}

/// The moment in which a row is compared with others. A run whose calls are in its own trace has none.
pub(super) fn place(row: &Row) -> Option<Meeting> {
    row.moment.filter(|_| !is_in_sums(row) || row.cost.rule == Rule::OrphanRollup)
}

/// The moments of the calls that a sum in this slot may repeat, with their neighbours.
fn range(slot: Meeting, row: &Row) -> RangeInclusive<i64> {
    let at = |nanos: i64| slot.calls_at(Timestamp::from_nanos(nanos)).number();
    at(row.cost.time.nanos()) - 1..=at(end(&row.cost)) + 1
}

/// The moments of the calls that a sum may repeat; `None` for other rows.
pub(super) fn calls_of(slot: Meeting, row: &Row) -> Option<RangeInclusive<i64>> {
    (is_in_sums(row) && is_sum(row)).then(|| range(slot, row))
}

fn add_range(slot: Meeting, sum: &Row, unknown: &mut BTreeMap<Meeting, Timestamp>) {
    for (number, after) in range(slot, sum).zip(-1..) {
        let time = sum.cost.time.plus(after * Meeting::MOMENT);
        unknown.entry(Meeting::from_number(number)).or_insert(time);
    }
}

impl Moments {
    /// Further moments that these rows need: those of the calls that a sum repeats, and the slots of sums
    /// that a call may be part of.
    pub(super) fn beyond(&self, row: &Row, moment: Meeting, unknown: &mut BTreeMap<Meeting, Timestamp>) {
        if is_in_sums(row) {
            if is_sum(row) {
                add_range(moment, row, unknown);
            }
            return;
        }
        for slot in moment.sums_around() {
            self.sums_over(slot, moment).for_each(|sum| add_range(slot, sum, unknown));
            unknown.entry(slot).or_insert(row.cost.time);
        }
    }

    /// The slots of sums that may change with the calls of these moments.
    pub(super) fn slots_over(&self, moments: &[Meeting]) -> Vec<Meeting> {
        let slots = |moment: &Meeting| {
            let moment = *moment;
            moment
                .sums_around()
                .into_iter()
                .filter(move |slot| self.sums_over(*slot, moment).next().is_some())
        };
        let mut slots: Vec<Meeting> = moments.iter().flat_map(slots).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// Whether there is a sum that may repeat the calls of a moment.
    pub(super) fn has_sums_over(&self, moment: Meeting) -> bool {
        moment.sums_around().into_iter().any(|slot| self.sums_over(slot, moment).next().is_some())
    }

    fn sums_over(&self, slot: Meeting, moment: Meeting) -> impl Iterator<Item = &Row> {
        let known = self.moments.peek(&slot).filter(|slot| slot.has_sums);
        let sums = known.into_iter().flat_map(|slot| slot.rows());
        sums.filter(move |row| is_sum(row) && range(slot, row).contains(&moment.number()))
    }

    /// Adds to `joined` the sums of a moment that repeat calls, and returns those that cannot be decided,
    /// because calls of their time are not in memory.
    pub(super) fn yield_sums(&self, meeting: Meeting, joined: &mut BTreeMap<Id, Cost>) -> Vec<Id> {
        let Some(moment) = self.moments.peek(&meeting).filter(|moment| moment.has_sums) else {
            return Vec::new();
        };
        let (mut unknown, mut repeats) = (Vec::new(), Vec::new());
        for row in moment.rows().filter(|row| is_sum(row)) {
            let id = row.id();
            if joined.get(&id).is_some_and(|cost| cost.rule != Rule::OrphanRollup) {
                continue;
            }
            let calls: Option<Vec<Meeting>> = if is_in_sums(row) {
                let moments = range(meeting, row).map(Meeting::from_number);
                Some(moments.collect()).filter(|all: &Vec<Meeting>| all.iter().all(|one| self.is_whole(*one)))
            } else {
                Some(around(meeting).to_vec())
            };
            match calls {
                Some(moments) if self.repeats(row, &moments) => repeats.push((id, row.cost.clone())),
                Some(_) => {}
                None => unknown.push(id),
            }
        }
        joined.extend(repeats.into_iter().map(|(id, cost)| (id, Cost { rule: Rule::Repeats, ..cost })));
        unknown
    }

    /// Whether a sum is that of the calls in its time. Unrelated calls may be among them. So the calls of its
    /// model, and those without a known parent, are summed up separately too.
    fn repeats(&self, sum: &Row, moments: &[Meeting]) -> bool {
        let known_moments: Option<Vec<&Moment>> =
            moments.iter().map(|moment| self.moments.peek(moment)).collect();
        let Some(known_moments) = known_moments.filter(|all| all.iter().all(|moment| !moment.crowded)) else {
            return false;
        };
        let joined: Vec<BTreeMap<Id, Cost>> =
            moments.iter().map(|moment| self.join_around(*moment)).collect();
        let calls: Vec<Summand<'_>> = known_moments
            .iter()
            .zip(&joined)
            .flat_map(|(moment, joined)| {
                moment
                    .rows()
                    .map(move |row| Summand { cost: joined.get(&row.id()).unwrap_or(&row.cost), row })
            })
            .filter(|call| {
                call.cost.is_call() && known(call.cost).is_some() && is_within(call.cost, &sum.cost)
            })
            // A later sender does not take away the money of a sum.
            .filter(|call| !senders::is_later(call.row.arrival, sum.arrival))
            .collect();
        let is_sum_of = |fits: &dyn Fn(&Summand<'_>) -> bool| {
            let all = calls.iter().filter(|call| fits(call)).filter_map(|call| call.cost.usage.as_ref());
            known(&sum.cost).is_some_and(|told| same_tokens(told, &total(all)))
        };
        let of_model = |call: &Summand<'_>| is_one_family(call.cost, &sum.cost);
        is_sum_of(&|_| true)
            || is_sum_of(&of_model)
            || is_sum_of(&|call| call.row.is_top)
            || is_sum_of(&|call| call.row.is_top && of_model(call))
    }
}

/// The tokens of several calls.
fn total<'a>(usages: impl Iterator<Item = &'a Usage>) -> Usage {
    let sum = usages.fold(quipu_core::Tokens::default(), |sum, usage| sum.plus(&usage.tokens()));
    Usage {
        input: Some(sum.input),
        output: Some(sum.output),
        cache_read: Some(sum.cache_read),
        cache_write: Some(sum.cache_write),
        reasoning: Some(sum.reasoning),
        ..Usage::default()
    }
}
