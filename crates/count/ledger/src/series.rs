//! Metrics as a last resort: tokens of calls without a better signal (R7).

use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::{Cost, PriceUnit, Rule, Signal, Usage};

use crate::row::{Id, Records, Row};

/// Prefixes of generic metric names, in order of preference among metrics of the same tokens. A vendor's own
/// metric precedes them, because it knows cached tokens. The newer OpenTelemetry metric comes next.
const GENERIC: &[&str] = &["gen_ai.client.inference.", "gen_ai."];

fn rank(row: &Row) -> usize {
    let name = row.operation.as_deref().unwrap_or_default();
    GENERIC.iter().position(|prefix| name.starts_with(prefix)).map_or(0, |at| at + 1)
}

/// Sets the rule and the growth of its series for each metric row. `told` returns whether a more reliable
/// signal knows calls of its time.
pub(crate) fn settle(records: &Records, rows: &mut BTreeMap<Id, Cost>, told: impl Fn(&Row) -> bool) {
    let metrics = || records.iter().filter(|(_, row)| row.cost.signal == Signal::Metric && row.cost.counts());
    let tokens = metrics().filter(|(_, row)| row.cost.usage.is_some());
    let best = tokens.map(|(_, row)| rank(row)).min().unwrap_or(0);
    let mut series: BTreeMap<Option<&CompactString>, Vec<(&Id, &Row)>> = BTreeMap::new();
    for (id, row) in metrics() {
        series.entry(row.call_id.as_ref()).or_default().push((id, row));
    }
    for mut points in series.into_values() {
        points.sort_by_key(|(id, row)| (row.cost.time, **id));
        let mut before: Option<(Option<&Usage>, Option<quipu_core::Usd>)> = None;
        for (id, row) in points {
            let Some(counted) = rows.get_mut(id) else { continue };
            let now = (row.cost.usage.as_ref(), row.cost.reported);
            counted.usage = now.0.map(|now| grown(before.and_then(|(usage, _)| usage), now));
            counted.reported = now.1.map(|cost| match before.and_then(|(_, cost)| cost) {
                Some(old) if old <= cost => cost - old,
                _ => cost,
            });
            let second = row.cost.usage.is_some() && rank(row) > best;
            counted.rule = if second || told(row) { Rule::Echo } else { Rule::Metric };
            before = Some(now);
        }
    }
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
