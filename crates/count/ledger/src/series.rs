//! Metrics as a last resort: tokens of calls without a better signal (R7).

use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::{Charge, Cost, PriceUnit, Rule, Signal, Usage};

use crate::row::{self, Arrivals, Id, Records, Row};
use crate::spent::Spent;

/// Prefixes of generic metric names, in order of preference among metrics of the same tokens. A vendor's own
/// metric precedes them, because it knows cached tokens. The newer OpenTelemetry metric comes next.
const GENERIC: &[&str] = &["gen_ai.client.inference.", "gen_ai."];

fn rank(row: &Row) -> usize {
    let name = row.operation.as_deref().unwrap_or_default();
    GENERIC.iter().position(|prefix| name.starts_with(prefix)).map_or(0, |at| at + 1)
}

/// Whether records of the same credentials know calls, and which metric of them is the best.
struct Source {
    calls_are_known: bool,
    costs_are_known: bool,
    best: usize,
}

fn sources(records: &Records, rows: &BTreeMap<Id, Cost>) -> BTreeMap<u64, Source> {
    let mut sources: BTreeMap<u64, Source> = BTreeMap::new();
    for (id, record) in records {
        let unknown = Source { calls_are_known: false, costs_are_known: false, best: usize::MAX };
        let source = sources.entry(record.arrival.credentials()).or_insert(unknown);
        if record.cost.signal == Signal::Metric {
            let is_of_tokens = record.cost.counts() && record.cost.usage.is_some();
            source.best = source.best.min(if is_of_tokens { rank(record) } else { usize::MAX });
            continue;
        }
        // A record that was joined into one of another sender tells of a call of its own sender.
        let tells = |row: &Cost| (row::tells(row), row::reports(row));
        let (own, decided) = (tells(&record.cost), rows.get(id).map(tells).unwrap_or_default());
        let joined = rows.get(id).is_some_and(|row| matches!(row.rule, Rule::Duplicate | Rule::Echo));
        source.calls_are_known |= decided.0 || (joined && own.0);
        source.costs_are_known |= decided.1 || (joined && own.1);
    }
    sources
}

/// Sets the rule and the growth of its series for each metric row. `told` returns whether a more reliable
/// signal of the same sender knows calls of its time outside of this meeting.
///
/// Calls of the same credentials replace all metrics. Calls of the gateway take their own tokens only, and
/// calls of other keys take nothing.
pub(crate) fn settle(
    records: &Records,
    rows: &mut BTreeMap<Id, Cost>,
    arrivals: &Arrivals,
    told: impl Fn(&Row) -> bool,
) {
    let metrics = || records.iter().filter(|(_, row)| row.cost.signal == Signal::Metric && row.cost.counts());
    if metrics().next().is_none() {
        return;
    }
    let sources = sources(records, rows);
    let mut spent = Spent::of(rows, arrivals);
    let mut series: BTreeMap<Option<&CompactString>, Vec<(&Id, &Row)>> = BTreeMap::new();
    for (id, row) in metrics() {
        series.entry(row.call_id.as_ref()).or_default().push((id, row));
    }
    for mut points in series.into_values() {
        points.sort_by_key(|(id, row)| (row.cost.time, **id));
        let mut earlier: Vec<(&Row, bool)> = Vec::new();
        for (id, row) in points {
            let Some(counted) = rows.get_mut(id) else { continue };
            let before = earlier.iter().rev().find(|(before, counts)| continues(before, row, *counts));
            grow(counted, before.map(|(before, _)| &before.cost), &row.cost);
            let Some(source) = sources.get(&row.arrival.credentials()) else { continue };
            let second = row.cost.usage.is_some() && rank(row) > source.best;
            // Only costs can replace a metric of cost alone.
            let known = match row.cost.usage {
                Some(_) => source.calls_are_known || told(row),
                None => source.costs_are_known,
            };
            counted.rule = if second || known { Rule::Echo } else { Rule::Metric };
            earlier.push((row, counted.rule == Rule::Metric));
            if counted.rule == Rule::Metric && row.arrival.is_of_a_key() && !spent.is_empty() {
                let takers = spent.take_from(counted);
                let metric = counted.clone();
                takers.iter().for_each(|taker| {
                    rows.entry(*taker).and_modify(|call| call.add_scopes_of(&metric));
                });
            }
        }
    }
}

/// Whether a reading of a series continues another one. A reading of other credentials continues only one
/// that counts at the same price, such as that of a key before its rotation.
fn continues(before: &Row, now: &Row, counts: bool) -> bool {
    before.arrival.credentials() == now.arrival.credentials()
        || (counts && Charge::of(&now.cost).covers(&Charge::of(&before.cost)))
}

/// Sets the growth of a series since an earlier reading.
fn grow(counted: &mut Cost, before: Option<&Cost>, now: &Cost) {
    counted.usage = now.usage.as_ref().map(|now| grown(before.and_then(|before| before.usage.as_ref()), now));
    counted.reported = now.reported.map(|cost| match before.and_then(|before| before.reported) {
        Some(old) if old <= cost => cost - old,
        _ => cost,
    });
}

/// The growth of a cumulative series since an earlier reading, bucket by bucket. A smaller value means that
/// the series was reset.
fn grown(before: Option<&Usage>, now: &Usage) -> Usage {
    let Some(before) = before else { return now.clone() };
    let fell = now.input < before.input || now.output < before.output;
    if fell {
        return now.clone();
    }
    let less = |now: Option<u64>, before: Option<u64>| now.map(|now| now.saturating_sub(before.unwrap_or(0)));
    Usage {
        input: less(now.input, before.input),
        cache_read: less(now.cache_read, before.cache_read),
        cache_write: less(now.cache_write, before.cache_write),
        cache_write_5m: less(now.cache_write_5m, before.cache_write_5m),
        cache_write_1h: less(now.cache_write_1h, before.cache_write_1h),
        input_audio: less(now.input_audio, before.input_audio),
        input_image: less(now.input_image, before.input_image),
        cache_read_audio: less(now.cache_read_audio, before.cache_read_audio),
        units: less_units(&now.units, &before.units),
        tool_prompt: less(now.tool_prompt, before.tool_prompt),
        output: less(now.output, before.output),
        reasoning: less(now.reasoning, before.reasoning),
        output_audio: less(now.output_audio, before.output_audio),
        output_image: less(now.output_image, before.output_image),
        reading: now.reading,
        estimated: now.estimated,
    }
}

fn less_units(now: &BTreeMap<PriceUnit, u64>, before: &BTreeMap<PriceUnit, u64>) -> BTreeMap<PriceUnit, u64> {
    now.iter()
        .map(|(unit, count)| (unit.clone(), count.saturating_sub(before.get(unit).copied().unwrap_or(0))))
        .collect()
}
