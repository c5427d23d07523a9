//! Sums by hour, written as signed differences.

use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_answers::{is_usage, totals_of};
use quipu_core::{
    Billing, Cost, EstimatedTotals, GroupBy, Result, Sketch, Spread, Timestamp, Tokens, Unpriced, UsageKey,
    UsageTotals, Usd,
};

use crate::rowbinary::{Row, Rows};

/// Columns of a row.
pub(crate) const COLUMNS: &str = "hour, named, billing, model, provider, agent, framework, service, \
    convention, tool, rows, calls, errors, deviating, input, output, cache_read, cache_write, reasoning, cost, \
    cost_rows, subscription, subscription_rows, reported, reported_rows, unpriced, latency, latency_sum, \
    estimated_calls, estimated_input, estimated_output, estimated_low, estimated_cost, estimated_high, \
    estimated_rows";

/// Every sum of the rows of a group.
pub(crate) const SUMS: &str = "sum(rows), sum(calls), sum(errors), sum(deviating), sum(input), sum(output), \
    sum(cache_read), sum(cache_write), sum(reasoning), sum(cost), sum(cost_rows), sum(subscription), \
    sum(subscription_rows), sum(reported), sum(reported_rows), sumMap(unpriced), sumMap(latency), \
    sum(latency_sum), sum(estimated_calls), sum(estimated_input), sum(estimated_output), sum(estimated_low), \
    sum(estimated_cost), sum(estimated_high), sum(estimated_rows)";

/// Names of a group, in the order of the columns and of the bits in `named`.
const NAMES: [GroupBy; 7] = [
    GroupBy::Model,
    GroupBy::Provider,
    GroupBy::Agent,
    GroupBy::Framework,
    GroupBy::Service,
    GroupBy::Convention,
    GroupBy::Tool,
];

/// Reasons for a missing price by their stored number: append only.
const REASONS: [Unpriced; 5] = [
    Unpriced::UnknownModel,
    Unpriced::NoModel,
    Unpriced::NoUsage,
    Unpriced::NoUnitPrice,
    Unpriced::NotValidThen,
];

/// The column of a name and its bit in `named`; `None` for keys that the rollup does not have.
pub(crate) fn column(by: GroupBy) -> Option<(&'static str, u8)> {
    let at = NAMES.iter().position(|name| *name == by)?;
    let columns = ["model", "provider", "agent", "framework", "service", "convention", "tool"];
    Some((columns[at], 1 << at))
}

/// A group: hour, billing and names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    hour: Timestamp,
    subscription: bool,
    names: [Option<CompactString>; NAMES.len()],
}

impl Key {
    fn of(cost: &Cost) -> Self {
        let convention = Some(&cost.convention).filter(|name| !name.is_empty());
        let names = [
            cost.model(),
            cost.provider.as_ref(),
            cost.agent.as_ref(),
            cost.framework.as_ref(),
            cost.service.as_ref(),
            convention,
            cost.tool.as_ref(),
        ];
        Self {
            hour: cost.time.floor(Timestamp::HOUR),
            subscription: cost.billing == Billing::Subscription,
            names: names.map(|name| name.cloned()),
        }
    }

    /// The group in words, for findings of a check.
    pub(crate) fn told(&self) -> String {
        let names: Vec<&str> = self.names.iter().map(|name| name.as_deref().unwrap_or("-")).collect();
        format!("{} {}", self.hour, names.join(" "))
    }
}

/// Signed sums of one group.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Sums {
    rows: i64,
    counts: [i64; 8],
    money: [Usd; 6],
    known: [i64; 4],
    unpriced: BTreeMap<u16, i64>,
    latency: BTreeMap<u16, i64>,
    latency_sum: i64,
    estimated: [i64; 3],
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

impl Sums {
    fn of(totals: &UsageTotals) -> Self {
        let Tokens { input, output, cache_read, cache_write, reasoning } = totals.tokens;
        let counts = [
            totals.llm_calls,
            totals.errors,
            totals.deviating,
            input,
            output,
            cache_read,
            cache_write,
            reasoning,
        ];
        let spread = totals.estimated.cost.unwrap_or_default();
        let money = [totals.cost, totals.subscription, totals.reported].map(Option::unwrap_or_default);
        let known =
            [totals.cost, totals.subscription, totals.reported].map(|money| i64::from(money.is_some()));
        let number = |reason: &Unpriced| REASONS.iter().position(|known| known == reason).unwrap_or_default();
        let (buckets, latency_sum) = totals.latency.parts();
        let estimated = &totals.estimated;
        Self {
            rows: 1,
            counts: counts.map(signed),
            money: [money[0], money[1], money[2], spread.low, spread.expected, spread.high],
            known: [known[0], known[1], known[2], i64::from(estimated.cost.is_some())],
            unpriced: totals.unpriced.iter().map(|(why, rows)| (number(why) as u16, signed(*rows))).collect(),
            latency: buckets.iter().copied().collect(),
            latency_sum,
            estimated: [estimated.calls, estimated.tokens.input, estimated.tokens.output].map(signed),
        }
    }

    /// Adds `other` so many times.
    fn add(&mut self, other: &Self, times: i64) {
        let plus = |to: &mut i64, more: i64| *to = to.saturating_add(more.saturating_mul(times));
        plus(&mut self.rows, other.rows);
        plus(&mut self.latency_sum, other.latency_sum);
        for (to, more) in self.counts.iter_mut().zip(other.counts) {
            plus(to, more);
        }
        for (to, more) in self.known.iter_mut().zip(other.known) {
            plus(to, more);
        }
        for (to, more) in self.estimated.iter_mut().zip(other.estimated) {
            plus(to, more);
        }
        for (to, more) in self.money.iter_mut().zip(other.money) {
            *to = if times < 0 { *to - more } else { *to + more };
        }
        for (to, from) in [(&mut self.unpriced, &other.unpriced), (&mut self.latency, &other.latency)] {
            for (key, count) in from {
                plus(to.entry(*key).or_default(), *count);
            }
            to.retain(|_, count| *count != 0);
        }
    }

    fn totals(self) -> UsageTotals {
        let [calls, errors, deviating, input, output, cache_read, cache_write, reasoning] =
            self.counts.map(unsigned);
        let money = |at: usize| Some(self.money[at]).filter(|_| self.known[at] > 0);
        let [low, expected, high] = [self.money[3], self.money[4], self.money[5]];
        let reason = |(number, rows): (u16, i64)| Some((*REASONS.get(usize::from(number))?, unsigned(rows)));
        let [estimated_calls, estimated_input, estimated_output] = self.estimated.map(unsigned);
        UsageTotals {
            llm_calls: calls,
            errors,
            tokens: Tokens { input, output, cache_read, cache_write, reasoning },
            cost: money(0),
            subscription: money(1),
            unpriced: self.unpriced.iter().filter_map(|(number, rows)| reason((*number, *rows))).collect(),
            reported: money(2),
            deviating,
            latency: Sketch::from_parts(self.latency.clone(), self.latency_sum),
            estimated: EstimatedTotals {
                calls: estimated_calls,
                tokens: Tokens { input: estimated_input, output: estimated_output, ..Tokens::default() },
                cost: Some(Spread { low, expected, high }).filter(|_| self.known[3] > 0),
            },
        }
    }

    fn write(&self, row: Row) -> Row {
        let [calls, errors, deviating, input, output, cache_read, cache_write, reasoning] = self.counts;
        let row = [self.rows, calls, errors, deviating, input, output, cache_read, cache_write, reasoning]
            .into_iter()
            .fold(row, Row::i64);
        let row = (0..3).fold(row, |row, at| row.money(self.money[at]).i64(self.known[at]));
        let pairs =
            |map: &BTreeMap<u16, i64>| map.iter().map(|(key, count)| (*key, *count)).collect::<Vec<_>>();
        let row = row
            .counts(pairs(&self.unpriced).into_iter())
            .counts(pairs(&self.latency).into_iter())
            .i64(self.latency_sum);
        let row = self.estimated.into_iter().fold(row, Row::i64);
        (3..6).fold(row, |row, at| row.money(self.money[at])).i64(self.known[3])
    }

    fn read(rows: &mut Rows) -> Result<Self> {
        let mut sums = Self { rows: rows.i64()?, ..Self::default() };
        for count in &mut sums.counts {
            *count = rows.i64()?;
        }
        for at in 0..3 {
            (sums.money[at], sums.known[at]) = (rows.money()?, rows.i64()?);
        }
        let counts = |pairs: Vec<(u16, i64)>| pairs.into_iter().filter(|(_, count)| *count != 0).collect();
        (sums.unpriced, sums.latency) = (counts(rows.counts()?), counts(rows.counts()?));
        sums.latency_sum = rows.i64()?;
        for count in &mut sums.estimated {
            *count = rows.i64()?;
        }
        for at in 3..6 {
            sums.money[at] = rows.money()?;
        }
        sums.known[3] = rows.i64()?;
        Ok(sums)
    }
}

/// Differences of a commit, by group.
#[derive(Debug, Default)]
pub(crate) struct Differences(BTreeMap<Key, Sums>);

impl Differences {
    /// Replaces one version of a ledger row by the next.
    pub(crate) fn replace(&mut self, old: Option<&Cost>, new: Option<&Cost>) {
        for (cost, times) in [(old, -1), (new, 1)] {
            if let Some(cost) = cost.filter(|cost| cost.counts() && is_usage(cost)) {
                self.0.entry(Key::of(cost)).or_default().add(&Sums::of(&totals_of(cost)), times);
            }
        }
    }

    /// Adds the sums of a stored row of the rollup, negated.
    pub(crate) fn take_back(&mut self, key: Key, sums: &Sums) {
        self.0.entry(key).or_default().add(sums, -1);
    }

    /// The groups that differ, and the rows of the table.
    pub(crate) fn changed(&self) -> impl Iterator<Item = (&Key, &Sums)> {
        self.0.iter().filter(|(_, sums)| **sums != Sums::default())
    }

    pub(crate) fn rows(&self) -> Row {
        self.changed().fold(Row::default(), |row, (key, sums)| {
            let named =
                |bits: u8, (at, name): (usize, &Option<CompactString>)| bits | u8::from(name.is_some()) << at;
            let row = row
                .i64(key.hour.nanos())
                .u8(key.names.iter().enumerate().fold(0, named))
                .u8(u8::from(key.subscription));
            sums.write(key.names.iter().fold(row, |row, name| row.name(name.as_deref())))
        })
    }
}

/// The next stored group with all columns in order.
pub(crate) fn read_group(rows: &mut Rows) -> Result<(Key, Sums)> {
    let (hour, named, subscription) = (Timestamp::from_nanos(rows.i64()?), rows.u8()?, rows.u8()? == 1);
    let mut names = <[Option<CompactString>; NAMES.len()]>::default();
    for (at, name) in names.iter_mut().enumerate() {
        let text = rows.text()?;
        *name = Some(text.into()).filter(|_| named & 1 << at != 0);
    }
    Ok((Key { hour, subscription, names }, Sums::read(rows)?))
}

/// The next group of an answer whose columns are those of the keys, each a time, or a flag with a name, then
/// [`SUMS`]. `None` if its rows were all taken back.
pub(crate) fn read_sums(rows: &mut Rows, keys: &[GroupBy]) -> Result<Option<(Vec<UsageKey>, UsageTotals)>> {
    let mut key = Vec::with_capacity(keys.len());
    for by in keys {
        key.push(match by {
            GroupBy::Billing => {
                let billing = if rows.u8()? == 1 { Billing::Subscription } else { Billing::Metered };
                UsageKey::Name(Some(CompactString::const_new(billing.as_str())))
            }
            by if column(*by).is_some() => {
                let is_named = rows.u8()? != 0;
                let text = rows.text()?;
                UsageKey::Name(Some(text.into()).filter(|_| is_named))
            }
            by => {
                let hour = Timestamp::from_nanos(rows.i64()?);
                UsageKey::Time(by.start(hour).unwrap_or(hour))
            }
        });
    }
    let sums = Sums::read(rows)?;
    Ok((sums.rows != 0).then(|| (key, sums.totals())))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use quipu_conformance::sample::{draft, priced};

    use super::*;

    fn call(number: u64, usd: &str) -> Cost {
        priced(&draft(1, number).llm("openai/gpt-5", 10, 1).span(), usd)
    }

    #[test]
    fn a_row_that_is_taken_back_leaves_nothing() {
        let (mut sums, row) = (Differences::default(), call(1, "0.1"));
        sums.replace(None, Some(&row));
        assert_eq!(sums.changed().count(), 1);
        sums.replace(Some(&row), None);
        assert_eq!(sums.changed().count(), 0);
        assert!(sums.rows().into_bytes().is_empty());
    }

    #[test]
    fn a_written_group_is_read_again() {
        let mut sums = Differences::default();
        sums.replace(None, Some(&call(1, "0.000000000000000000000001")));
        sums.replace(Some(&call(2, "7")), None);
        let mut rows = Rows::new(sums.rows().into_bytes().into());
        let (key, read) = read_group(&mut rows).unwrap();
        assert!(rows.is_empty());
        assert_eq!(sums.changed().next().unwrap(), (&key, &read));
        sums.take_back(key, &read);
        assert_eq!(sums.changed().count(), 0);
    }

    #[test]
    fn totals_are_those_of_the_rows() {
        let mut sums = Sums::default();
        let rows = [call(1, "0.1"), call(2, "0.2"), call(3, "3")];
        rows.iter().for_each(|row| sums.add(&Sums::of(&totals_of(row)), 1));
        sums.add(&Sums::of(&totals_of(&rows[2])), -1);
        let mut want = totals_of(&rows[0]);
        want.merge(&totals_of(&rows[1]));
        assert_eq!(sums.totals(), want);
    }
}
