//! Figures derived from a store's rows.

use quipu_core::{Sketch, UsageGroup, UsageTotals};

/// A distribution of durations in milliseconds; all `None` when there was nothing to measure.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Latency {
    /// Mean, exact.
    pub avg: Option<f64>,
    /// Median, within one percent.
    pub p50: Option<f64>,
    /// 95th percentile, within one percent.
    pub p95: Option<f64>,
    /// 99th percentile, within one percent.
    pub p99: Option<f64>,
}

/// The latency figures of a sketch of nanoseconds.
pub fn latency(sketch: &Sketch) -> Latency {
    let at = |quantile| sketch.quantile(quantile).map(|nanos| nanos / 1e6);
    Latency { avg: sketch.mean().map(|nanos| nanos / 1e6), p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

/// Nanoseconds as milliseconds.
pub fn millis(nanos: i64) -> f64 {
    nanos as f64 / 1e6
}

/// The part of `calls` that did not fail, 0 to 1; `None` without calls.
pub fn success_rate(calls: u64, errors: u64) -> Option<f64> {
    (calls > 0).then(|| calls.saturating_sub(errors) as f64 / calls as f64)
}

/// The sums over all groups. Every counted call is in exactly one group, so nothing is added twice.
pub fn total(groups: &[UsageGroup]) -> UsageTotals {
    let mut total = UsageTotals::default();
    groups.iter().for_each(|group| total.merge(&group.totals));
    total
}

/// Calls with usage but without a price, whatever the reason.
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
