//! Sums that can be corrected: every figure is signed, so a row can be subtracted.

use quipu_core::{
    Billing, Cost, EstimatedTotals, GroupSums, Sketch, Spread, Tokens, Unpriced, UsageEstimate, UsageTotals,
    Usd,
};
use serde::{Deserialize, Serialize};

use crate::codec::extra;
use crate::fault::Result;

/// Reasons in the order of their slots; append only.
const REASONS: [Unpriced; 5] = [
    Unpriced::UnknownModel,
    Unpriced::NoModel,
    Unpriced::NoUsage,
    Unpriced::NoUnitPrice,
    Unpriced::NotValidThen,
];

/// Sums added later.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Later {
    /// Priced rows under a subscription, and their list price.
    subscribed: i64,
    subscription: i128,
    /// Rows whose reported cost deviates from the computed one.
    deviating: i64,
}

/// Sums that came last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Last {
    /// In the rollup by tool, runs that only messages tell of.
    inferred: i64,
    /// Calls whose usage is estimated, and their tokens.
    estimated: i64,
    estimated_tokens: [i128; 2],
    /// Those with a price, and what they cost: low, expected, high.
    estimates_priced: i64,
    estimated_cost: [i128; 3],
}

impl Last {
    fn add(&mut self, other: &Self, sign: i64) {
        let wide = i128::from(sign);
        self.inferred += other.inferred * sign;
        self.estimated += other.estimated * sign;
        self.estimates_priced += other.estimates_priced * sign;
        for (mine, theirs) in self.estimated_tokens.iter_mut().zip(other.estimated_tokens) {
            *mine += theirs * wide;
        }
        for (mine, theirs) in self.estimated_cost.iter_mut().zip(other.estimated_cost) {
            *mine = mine.saturating_add(theirs.saturating_mul(wide));
        }
    }

    fn add_estimate(&mut self, estimate: &UsageEstimate) {
        self.estimated += 1;
        let tokens = [estimate.input.expected, estimate.output.expected];
        for (sum, tokens) in self.estimated_tokens.iter_mut().zip(tokens) {
            *sum += i128::from(tokens);
        }
        if let Some(cost) = estimate.cost {
            self.estimates_priced += 1;
            for (sum, cost) in self.estimated_cost.iter_mut().zip([cost.low, cost.expected, cost.high]) {
                *sum = sum.saturating_add(cost.raw());
            }
        }
    }

    fn estimated(&self) -> EstimatedTotals {
        let [input, output] = self.estimated_tokens.map(|sum| u64::try_from(sum.max(0)).unwrap_or(u64::MAX));
        let [low, expected, high] = self.estimated_cost.map(Usd::from_raw);
        EstimatedTotals {
            calls: u64::try_from(self.estimated).unwrap_or(0),
            tokens: Tokens { input, output, ..Tokens::default() },
            cost: (self.estimates_priced > 0).then_some(Spread { low, expected, high }),
        }
    }
}

/// Sums over ledger rows, of a trace or of a rollup's hour.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// LLM calls, or tool runs in the rollup by tool.
    pub(crate) calls: i64,
    /// Failed ones among them.
    pub(crate) errors: i64,
    tokens: [i128; 5],
    priced: i64,
    cost: i128,
    reports: i64,
    reported: i128,
    unpriced: [i64; 5],
    /// Durations of finished calls or runs.
    pub(crate) latency: Sketch,
    #[serde(skip)]
    later: Later,
    #[serde(skip)]
    last: Last,
}

/// The stored number of a reason.
pub(crate) fn reason_number(reason: Unpriced) -> usize {
    REASONS.iter().position(|known| *known == reason).unwrap_or(0)
}

/// The reason of a stored number.
pub(crate) fn reason_of(number: usize) -> Option<Unpriced> {
    REASONS.get(number).copied()
}

impl GroupSums for Figures {
    fn merge(&mut self, other: Self) {
        self.add(&other, 1);
    }

    fn heap_bytes(&self) -> usize {
        self.latency.heap_bytes()
    }
}

impl Figures {
    /// Packs the sums. The values of few latencies follow, so that their percentiles stay exact.
    pub(crate) fn pack(&self) -> Result<Vec<u8>> {
        extra::pack(self, (&self.later, &self.last, &self.latency.exact_values().to_vec()))
    }

    /// Unpacks the sums.
    pub(crate) fn unpack(bytes: &[u8]) -> Result<Self> {
        let (figures, later, last, values) = extra::unpack::<Self, Later, Last, Vec<(i64, i64)>>(bytes)?;
        Ok(Self { later, last, latency: figures.latency.with_exact_values(values), ..figures })
    }

    /// Adds packed sums. Values of latencies are decoded only while this sum keeps its own: most groups of an
    /// answer have dropped theirs after a few hours.
    pub(crate) fn add_packed(&mut self, bytes: &[u8]) -> Result<()> {
        let more =
            if self.latency.keeps_values() { Self::unpack(bytes)? } else { Self::without_values(bytes)? };
        self.add(&more, 1);
        Ok(())
    }

    /// Unpacks the sums, but not the values of latencies.
    fn without_values(bytes: &[u8]) -> Result<Self> {
        let (figures, later, last, ()) = extra::unpack::<Self, Later, Last, ()>(bytes)?;
        Ok(Self { later, last, ..figures })
    }

    /// Sums of only `rows` deviating rows.
    pub(crate) fn of_deviating(rows: i64) -> Self {
        Self { later: Later { deviating: rows, ..Later::default() }, ..Self::default() }
    }

    /// The contribution of one ledger row to usage.
    pub(crate) fn of_usage(cost: &Cost) -> Self {
        let mut figures = Self::default();
        figures.add_usage(cost);
        figures
    }

    /// Adds the contribution of one ledger row to usage.
    pub(crate) fn add_usage(&mut self, cost: &Cost) {
        if !cost.counts() {
            return;
        }
        if cost.is_call() {
            self.calls += 1;
            self.errors += i64::from(cost.failed);
            if let Some(duration) = cost.duration {
                self.latency.add(duration, 1);
            }
        }
        let tokens = cost.usage.as_ref().map(quipu_core::Usage::tokens).unwrap_or_default();
        let tokens = [tokens.input, tokens.output, tokens.cache_read, tokens.cache_write, tokens.reasoning];
        for (sum, tokens) in self.tokens.iter_mut().zip(tokens) {
            *sum += i128::from(tokens);
        }
        if let Some(amount) = cost.amount {
            let (rows, sum) = match cost.billing {
                Billing::Metered => (&mut self.priced, &mut self.cost),
                Billing::Subscription => (&mut self.later.subscribed, &mut self.later.subscription),
            };
            (*rows, *sum) = (*rows + 1, sum.saturating_add(amount.raw()));
        }
        self.later.deviating += i64::from(cost.deviates());
        if let Some(reported) = cost.reported {
            self.reports += 1;
            self.reported = self.reported.saturating_add(reported.raw());
        }
        if let Some(estimate) = cost.estimated() {
            self.last.add_estimate(estimate);
        }
        if let (Some(reason), true) = (cost.unpriced, cost.usage.is_some()) {
            self.unpriced[reason_number(reason)] += 1;
        }
    }

    /// The contribution of one ledger row to its tool.
    pub(crate) fn of_tool(cost: &Cost) -> Self {
        let mut figures = Self::default();
        if cost.is_tool_run() {
            figures.calls = 1;
            figures.errors = i64::from(cost.failed);
            if let Some(duration) = cost.duration {
                figures.latency.add(duration, 1);
            }
        }
        figures
    }

    /// So many tool runs more that only messages tell of.
    pub(crate) fn of_inferred(runs: i64) -> Self {
        Self { last: Last { inferred: runs, ..Last::default() }, ..Self::default() }
    }

    /// Adds `other` once, or takes it back with `sign` -1.
    pub(crate) fn add(&mut self, other: &Self, sign: i64) {
        let wide = i128::from(sign);
        self.calls += other.calls * sign;
        self.errors += other.errors * sign;
        self.priced += other.priced * sign;
        self.reports += other.reports * sign;
        self.cost = self.cost.saturating_add(other.cost.saturating_mul(wide));
        self.reported = self.reported.saturating_add(other.reported.saturating_mul(wide));
        self.later.subscribed += other.later.subscribed * sign;
        self.later.deviating += other.later.deviating * sign;
        self.last.add(&other.last, sign);
        self.later.subscription =
            self.later.subscription.saturating_add(other.later.subscription.saturating_mul(wide));
        for (mine, theirs) in self.tokens.iter_mut().zip(other.tokens) {
            *mine += theirs * wide;
        }
        for (mine, theirs) in self.unpriced.iter_mut().zip(other.unpriced) {
            *mine += theirs * sign;
        }
        if sign == 1 {
            self.latency.merge(&other.latency);
        } else {
            self.latency.take_back(&other.latency);
        }
    }

    /// Removes the latencies, which a trace's row does not need.
    pub(crate) fn without_latency(mut self) -> Self {
        self.latency = Sketch::new();
        self
    }

    /// Whether all sums are zero.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn tokens(&self) -> Tokens {
        let [input, output, cache_read, cache_write, reasoning] =
            self.tokens.map(|sum| u64::try_from(sum.max(0)).unwrap_or(u64::MAX));
        Tokens { input, output, cache_read, cache_write, reasoning }
    }

    pub(crate) fn cost(&self) -> Option<Usd> {
        (self.priced > 0).then(|| Usd::from_raw(self.cost))
    }

    /// The list price of usage under subscriptions.
    pub(crate) fn subscription(&self) -> Option<Usd> {
        (self.later.subscribed > 0).then(|| Usd::from_raw(self.later.subscription))
    }

    pub(crate) fn reported(&self) -> Option<Usd> {
        (self.reports > 0).then(|| Usd::from_raw(self.reported))
    }

    pub(crate) fn calls(&self) -> u64 {
        u64::try_from(self.calls).unwrap_or(0)
    }

    /// Tool runs that only messages tell of.
    pub(crate) fn inferred(&self) -> u64 {
        u64::try_from(self.last.inferred).unwrap_or(0)
    }

    pub(crate) fn errors(&self) -> u64 {
        u64::try_from(self.errors).unwrap_or(0)
    }

    /// Rows with usage but without a price.
    pub(crate) fn unpriced_calls(&self) -> u64 {
        u64::try_from(self.unpriced.iter().sum::<i64>()).unwrap_or(0)
    }

    /// The sums in the form of an answer.
    pub(crate) fn into_totals(self) -> UsageTotals {
        let reasons = self.unpriced.iter().enumerate().filter(|(_, calls)| **calls > 0);
        UsageTotals {
            subscription: self.subscription(),
            deviating: u64::try_from(self.later.deviating).unwrap_or(0),
            llm_calls: self.calls(),
            errors: self.errors(),
            tokens: self.tokens(),
            cost: self.cost(),
            unpriced: reasons
                .filter_map(|(slot, calls)| Some((reason_of(slot)?, u64::try_from(*calls).ok()?)))
                .collect(),
            reported: self.reported(),
            estimated: self.last.estimated(),
            latency: self.latency,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stored_sums_keep_exact_percentiles_and_older_records_stay_readable() {
        let mut figures = Figures { calls: 3, ..Figures::default() };
        for nanos in [1_000_000_007, 3_000_000_000, 5_000_000_000] {
            figures.latency.add(nanos, 1);
        }
        let read = Figures::unpack(&figures.pack().unwrap()).unwrap();
        assert_eq!((read.calls, read.latency.quantile(0.0)), (3, Some(1_000_000_007.0)));
        let older = extra::pack(&figures, (&figures.later, &figures.last, &())).unwrap();
        let read = Figures::unpack(&older).unwrap();
        assert_eq!(read, figures);
        assert!(read.latency.exact_values().is_empty());
    }

    proptest! {
        /// Packed sums add up as unpacked ones do, and percentiles are the same, exact or not.
        #[test]
        fn packed_sums_add_up(hours in prop::collection::vec(prop::collection::vec(0_i64..1_000_000, 1..90), 1..6)) {
            let (mut have, mut want) = (Figures::default(), Figures::default());
            for durations in hours {
                let mut hour = Figures { calls: 1, later: Later { deviating: 1, ..Later::default() }, ..Figures::default() };
                durations.iter().for_each(|duration| hour.latency.add(*duration, 1));
                have.add_packed(&hour.pack().unwrap()).unwrap();
                want.add(&hour, 1);
            }
            prop_assert_eq!(&have, &want);
            prop_assert_eq!(have.latency.exact_values(), want.latency.exact_values());
        }
    }
}
