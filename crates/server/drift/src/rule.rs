//! The statistical rule for a change of the share of spans with a field.

use std::collections::BTreeMap;

use crate::field::Presence;

/// Minimum number of spans on each side.
const SPANS: u64 = 20;
/// Smallest material difference between the shares of any two days of the two sides.
const GAP: f64 = 0.3;
/// The gap is at least this many times as wide as the range of daily shares on each side.
const RANGES: f64 = 2.0;
/// A share is nearly constant within this distance of none or all.
const NEARLY: f64 = 0.05;
/// Minimum number of days on each side if a share is neither none nor all.
const DAYS_OF_A_MIX: usize = 7;
/// Minimum number of days on each side if the application decides too.
const DAYS_OF_TRAFFIC: usize = 3;
/// Smallest test statistic, in standard deviations. By chance it occurs once in three million comparisons.
const Z: f64 = 5.0;
/// Minimum number of spans of a day; smaller days are combined.
const SPANS_OF_A_DAY: u64 = 10;

/// Number of spans, and of spans with the field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) spans: u64,
    pub(crate) with: u64,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.spans += other.spans;
        self.with += other.with;
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a few weeks stay far below 2^52")]
    fn floats(self) -> (f64, f64) {
        (self.spans as f64, self.with as f64)
    }

    fn share(self) -> f64 {
        let (spans, with) = self.floats();
        if spans > 0.0 { with / spans } else { 0.0 }
    }
}

/// The counts of a day by stratum. Only spans of one stratum are compared.
pub(crate) type Day = BTreeMap<usize, Count>;

/// The result of a comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Verdict {
    /// Too few comparable spans.
    TooFew,
    /// No significant change.
    Same,
    /// The share has changed.
    Changed(Step),
}

/// A change of share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step {
    /// Shares of both sides. A stratum has the same weight on both.
    pub(crate) shares: (f64, f64),
    /// Number of compared spans of both sides.
    pub(crate) spans: (u64, u64),
}

/// Compares two sides within their common strata.
pub(crate) fn compare(before: &[Day], after: &[Day], presence: Presence) -> Verdict {
    let (all_before, all_after) = (sum(before), sum(after));
    let both: Vec<(usize, Count, Count)> = all_before
        .iter()
        .filter_map(|(stratum, before)| Some((*stratum, *before, *all_after.get(stratum)?)))
        .collect();
    let spans =
        both.iter().fold((0, 0), |sums, (_, before, after)| (sums.0 + before.spans, sums.1 + after.spans));
    if spans.0 < SPANS || spans.1 < SPANS {
        return Verdict::TooFew;
    }
    let shares = standardised(&both);
    let daily = (daily(before, &both), daily(after, &both));
    let holds = (shares.0 - shares.1).abs() >= GAP
        && are_apart(&daily.0, &daily.1)
        && enough_days(&daily.0, &daily.1, presence)
        && deviations(&both) >= Z;
    if holds { Verdict::Changed(Step { shares, spans }) } else { Verdict::Same }
}

fn sum(days: &[Day]) -> Day {
    let mut sums = Day::new();
    for (stratum, count) in days.iter().flatten() {
        sums.entry(*stratum).or_default().add(*count);
    }
    sums
}

/// The shares of both sides with Mantel-Haenszel weights, which cancel a change of the mix of strata.
fn standardised(both: &[(usize, Count, Count)]) -> (f64, f64) {
    let (mut before, mut after, mut weights) = (0.0, 0.0, 0.0);
    for (_, one, other) in both {
        let (one_spans, _) = one.floats();
        let (other_spans, _) = other.floats();
        let weight = one_spans * other_spans / (one_spans + other_spans).max(1.0);
        before += weight * one.share();
        after += weight * other.share();
        weights += weight;
    }
    (before / weights, after / weights)
}

/// The Cochran-Mantel-Haenszel statistic, in standard deviations.
fn deviations(both: &[(usize, Count, Count)]) -> f64 {
    let (mut difference, mut variance) = (0.0, 0.0);
    for (_, one, other) in both {
        let ((one_spans, one_with), (other_spans, other_with)) = (one.floats(), other.floats());
        let (all, with) = (one_spans + other_spans, one_with + other_with);
        if all > 1.0 {
            difference += one_with - one_spans * with / all;
            variance += one_spans * other_spans * with * (all - with) / (all * all * (all - 1.0));
        }
    }
    if variance > 0.0 { difference.abs() / variance.sqrt() } else { 0.0 }
}

/// The share of each day over the compared strata; small days are combined.
fn daily(days: &[Day], both: &[(usize, Count, Count)]) -> Vec<f64> {
    let mut groups: Vec<Count> = Vec::with_capacity(days.len());
    let mut open = Count::default();
    for day in days {
        for (stratum, _, _) in both {
            open.add(day.get(stratum).copied().unwrap_or_default());
        }
        if open.spans >= SPANS_OF_A_DAY {
            groups.push(std::mem::take(&mut open));
        }
    }
    match groups.last_mut() {
        Some(last) => last.add(open),
        None => groups.push(open),
    }
    groups.into_iter().map(Count::share).collect()
}

fn range(shares: &[f64]) -> (f64, f64) {
    shares.iter().fold((1.0, 0.0), |(low, high), share| (share.min(low), share.max(high)))
}

/// Whether the daily shares of both sides are apart, relative to their range on each side.
fn are_apart(before: &[f64], after: &[f64]) -> bool {
    let ((low, high), (other_low, other_high)) = (range(before), range(after));
    let gap = (low - other_high).max(other_low - high);
    gap >= GAP && gap >= RANGES * (high - low) && gap >= RANGES * (other_high - other_low)
}

fn enough_days(before: &[f64], after: &[f64], presence: Presence) -> bool {
    let is_constant = |shares: &[f64]| {
        let (low, high) = range(shares);
        low >= 1.0 - NEARLY || high <= NEARLY
    };
    let days = match presence {
        _ if !is_constant(before) || !is_constant(after) => DAYS_OF_A_MIX,
        Presence::Traffic => DAYS_OF_TRAFFIC,
        Presence::Steady => 1,
    };
    before.len() >= days && after.len() >= days
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(strata: &[(usize, u64, u64)]) -> Day {
        strata.iter().map(|(stratum, spans, with)| (*stratum, Count { spans: *spans, with: *with })).collect()
    }

    fn is_changed(before: &[Day], after: &[Day], presence: Presence) -> bool {
        matches!(compare(before, after, presence), Verdict::Changed(_))
    }

    #[test]
    fn all_to_nothing_is_a_change_after_twenty_spans() {
        let (all, none) = (day(&[(0, 20, 20)]), day(&[(0, 20, 0)]));
        let step = Step { shares: (1.0, 0.0), spans: (20, 20) };
        assert_eq!(
            compare(std::slice::from_ref(&all), std::slice::from_ref(&none), Presence::Steady),
            Verdict::Changed(step)
        );
        assert_eq!(
            compare(std::slice::from_ref(&all), &[day(&[(0, 19, 0)])], Presence::Steady),
            Verdict::TooFew
        );
        assert!(!is_changed(std::slice::from_ref(&all), std::slice::from_ref(&none), Presence::Traffic));
        let (all, none) = (vec![all; 3], vec![none; 3]);
        assert!(is_changed(&all, &none, Presence::Traffic));
    }

    #[test]
    fn another_mix_of_strata_is_no_change() {
        let before = [day(&[(0, 900, 900), (1, 100, 0)])];
        let after = [day(&[(0, 100, 100), (1, 900, 0)])];
        assert_eq!(compare(&before, &after, Presence::Steady), Verdict::Same);
        assert_eq!(compare(&before, &[day(&[(2, 900, 0)])], Presence::Steady), Verdict::TooFew);
    }

    #[test]
    fn a_mix_needs_a_week_on_both_sides() {
        let (before, after) = (day(&[(0, 100, 70)]), day(&[(0, 100, 10)]));
        let sides = |days: usize| (vec![before.clone(); days], vec![after.clone(); days]);
        let (six, seven) = (sides(6), sides(7));
        assert!(!is_changed(&six.0, &six.1, Presence::Steady));
        assert!(is_changed(&seven.0, &seven.1, Presence::Steady));
    }

    #[test]
    fn few_spans_a_day_are_taken_together() {
        let one = |with: u64| vec![day(&[(0, 1, with)]); 25];
        assert!(is_changed(&one(1), &one(0), Presence::Steady));
    }
}
