//! Figures derived from a store's rows.

use quipu_core::{Sketch, UsageGroup, UsageTotals};

/// A distribution of durations in milliseconds; all `None` without a duration. Percentiles are exact up to
/// [`quipu_core::MOST_EXACT`] different durations, beyond that within one percent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Latency {
    /// Mean, exact.
    pub avg: Option<f64>,
    /// Median.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
}

/// The latency figures of a sketch of nanoseconds.
pub fn latency(sketch: &Sketch) -> Latency {
    let at = |quantile| sketch.quantile(quantile).map(|nanos| nanos / 1e6);
    Latency { avg: sketch.mean().map(|nanos| nanos / 1e6), p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

/// How durations are spread, in milliseconds. The mean is exact, all else as in [`Latency`].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spread {
    /// Mean.
    pub avg: f64,
    /// Least.
    pub min: f64,
    /// A quarter is at most this.
    pub p25: f64,
    /// Median.
    pub p50: f64,
    /// Three quarters are at most this.
    pub p75: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Greatest.
    pub max: f64,
}

/// The spread of a sketch of nanoseconds; `None` for an empty one.
pub fn spread(sketch: &Sketch) -> Option<Spread> {
    let at = |quantile| sketch.quantile(quantile).map(|nanos| nanos / 1e6);
    Some(Spread {
        avg: sketch.mean()? / 1e6,
        min: at(0.0)?,
        p25: at(0.25)?,
        p50: at(0.5)?,
        p75: at(0.75)?,
        p95: at(0.95)?,
        p99: at(0.99)?,
        max: at(1.0)?,
    })
}

/// Most bins of a histogram.
pub const MAX_BINS: u16 = 64;

/// Bounds of histogram bins, in buckets of a sketch: all histograms of one answer share them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bins {
    first: u16,
    width: u16,
}

impl Bins {
    /// At most [`MAX_BINS`] bins of the same relative width over all that `sketch` has; `None` when it has
    /// nothing.
    pub fn of(sketch: &Sketch) -> Option<Self> {
        let (buckets, _) = sketch.parts();
        let ((first, _), (last, _)) = (*buckets.first()?, *buckets.last()?);
        Some(Self { first, width: (last - first) / MAX_BINS + 1 })
    }

    /// Upper bound in milliseconds and count of every bin from the first to the last that has any.
    pub fn counts(self, sketch: &Sketch) -> Vec<(f64, u64)> {
        let number = |bucket: u16| bucket.saturating_sub(self.first) / self.width;
        let mut counts = std::collections::BTreeMap::<u16, u64>::new();
        for (bucket, times) in sketch.parts().0 {
            *counts.entry(number(*bucket)).or_default() += u64::try_from(*times).unwrap_or(0);
        }
        let (Some(first), Some(last)) = (counts.keys().next(), counts.keys().next_back()) else {
            return Vec::new();
        };
        let upper = |bin: u16| {
            let bucket = u32::from(self.first) + (u32::from(bin) + 1) * u32::from(self.width) - 1;
            Sketch::upper(u16::try_from(bucket).unwrap_or(u16::MAX)) / 1e6
        };
        (*first..=*last).map(|bin| (upper(bin), counts.get(&bin).copied().unwrap_or(0))).collect()
    }
}

/// Nanoseconds as milliseconds.
pub fn millis(nanos: i64) -> f64 {
    nanos as f64 / 1e6
}

/// The share of `calls` that did not fail, 0 to 1; `None` without calls.
pub fn success_rate(calls: u64, errors: u64) -> Option<f64> {
    (calls > 0).then(|| calls.saturating_sub(errors) as f64 / calls as f64)
}

/// The sums over all groups. Every counted call is in exactly one group, so nothing is added twice.
pub fn total(groups: &[UsageGroup]) -> UsageTotals {
    let mut total = UsageTotals::default();
    groups.iter().for_each(|group| total.merge(&group.totals));
    total
}

/// Calls with usage but without a price, for any reason.
pub fn unpriced_calls(totals: &UsageTotals) -> u64 {
    totals.unpriced.values().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quipu_core::{Tokens, Unpriced};

    #[test]
    fn latencies_are_in_milliseconds() {
        let mut sketch = Sketch::new();
        (1..=100).for_each(|ms| sketch.add(ms * 1_000_000, 1));
        let have = latency(&sketch);
        assert_eq!(have.avg, Some(50.5));
        let near = |have: Option<f64>, want: f64| (have.unwrap() - want).abs() <= want * 0.02;
        assert!(near(have.p50, 51.0) && near(have.p95, 95.0) && near(have.p99, 99.0), "{have:?}");
        assert_eq!(latency(&Sketch::new()), Latency::default());
    }

    #[test]
    fn a_spread_has_its_ends_and_a_histogram_all_values_once() {
        let mut sketch = Sketch::new();
        (1..=1_000).for_each(|ms| sketch.add(ms * 1_000_000, 1));
        let have = spread(&sketch).unwrap();
        let near = |have: f64, want: f64| (have - want).abs() <= want * 0.02;
        assert!(near(have.min, 1.0) && near(have.p25, 250.0) && near(have.max, 1_000.0), "{have:?}");
        assert_eq!(spread(&Sketch::new()), None);
        let bins = Bins::of(&sketch).unwrap();
        let counts = bins.counts(&sketch);
        assert!(counts.len() <= usize::from(MAX_BINS) && counts.len() > 32, "{}", counts.len());
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), 1_000);
        assert!(counts.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(counts.last().unwrap().0 >= 1_000.0 * 0.99);
        let mut part = Sketch::new();
        part.add(500_000_000, 3);
        let alone = bins.counts(&part);
        assert_eq!((alone.len(), alone[0].1), (1, 3));
        assert!(counts.iter().any(|(upper, _)| *upper == alone[0].0), "they share their bounds");
        assert_eq!((Bins::of(&Sketch::new()), bins.counts(&Sketch::new())), (None, Vec::new()));
    }

    #[test]
    fn rates_need_calls() {
        assert_eq!(success_rate(0, 0), None);
        assert_eq!(success_rate(4, 1), Some(0.75));
    }

    #[test]
    fn a_total_is_the_sum_of_its_groups() {
        let totals = |input, cost: Option<&str>| UsageTotals {
            llm_calls: 1,
            tokens: Tokens { input, ..Tokens::default() },
            cost: cost.map(|cost| cost.parse().unwrap()),
            unpriced: cost.is_none().then_some((Unpriced::UnknownModel, 1)).into_iter().collect(),
            ..UsageTotals::default()
        };
        let group = |totals| UsageGroup { key: Vec::new(), totals };
        let have =
            total(&[group(totals(10, Some("0.1"))), group(totals(5, None)), group(totals(1, Some("0.2")))]);
        assert_eq!((have.llm_calls, have.tokens.input), (3, 16));
        assert_eq!(have.cost, "0.3".parse().ok());
        assert_eq!(unpriced_calls(&have), 1);
        assert_eq!(total(&[]).cost, None);
    }
}
