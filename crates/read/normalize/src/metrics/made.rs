//! Span made from a group's figures.

use std::collections::BTreeMap;

use compact_str::format_compact;
use quipu_core::{Signal, Span, SpanId, Timestamp, TraceId, Usd, Value};
use quipu_semconv::quipu::GENAI_COST;
use quipu_semconv::{METRIC_SERIES, MetricFamily, Part};

use super::group::{Cluster, Group};

/// A span with the figures of one export as usage.
pub(super) fn span(family: &MetricFamily<'_>, group: &Group, cluster: &Cluster) -> Span {
    let (start, end) = (cluster.start, cluster.time);
    let began = start.map(|start| start.nanos().to_string()).unwrap_or_default();
    let series = TraceId::made_of(&[group.series.as_str(), &began]);
    let hour = end.floor(Timestamp::HOUR);
    let (trace, id, series, start) = if group.is_cumulative {
        let id = SpanId::made_of(&[&series.to_string(), &hour.nanos().to_string()]);
        (series, id, series, start.map_or(hour, |start| start.max(hour)))
    } else {
        // The name includes the types, because points of one export that arrive separately must not replace
        // each other.
        let parts = format!("{:?}", cluster.figures.keys());
        let point = TraceId::made_of(&[group.series.as_str(), &began, &end.nanos().to_string(), &parts]);
        let trace = TraceId::made_of(&[group.series.as_str(), &hour.nanos().to_string()]);
        (trace, SpanId::made_of(&[&point.to_string()]), point, start.unwrap_or(end))
    };
    let mut span = Span::new(trace, id, family.name, start.min(end), end);
    span.resource = group.resource.clone();
    span.scope = group.scope.clone();
    span.attributes = group.attributes.clone();
    span.attributes.push(Signal::ATTRIBUTE, Signal::Metric.as_str());
    span.attributes.push(METRIC_SERIES, format!("{}:{series}", family.name));
    push_usage(&mut span, family, &cluster.figures);
    span
}

/// Writes the figures under the conventions' keys. Input includes cached tokens, and output includes
/// reasoning.
fn push_usage(span: &mut Span, family: &MetricFamily<'_>, figures: &BTreeMap<Part, f64>) {
    let whole = |main: Part, parts: &[Part]| {
        let on_top = parts.iter().filter(|part| family.on_top.contains(part));
        let sum: f64 = on_top.filter_map(|part| figures.get(part)).sum();
        let said = figures.contains_key(&main) || sum > 0.0;
        said.then(|| figures.get(&main).copied().unwrap_or(0.0) + sum)
    };
    let input = whole(Part::Input, &[Part::CacheRead, Part::CacheWrite, Part::ToolPrompt]);
    let output = whole(Part::Output, &[Part::Reasoning]);
    let part = |part: Part| figures.get(&part).copied();
    let keys = [
        ("gen_ai.usage.input_tokens", input),
        ("gen_ai.usage.cache_read.input_tokens", part(Part::CacheRead)),
        ("gen_ai.usage.cache_write.input_tokens", part(Part::CacheWrite)),
        ("gen_ai.usage.tool_use_prompt_tokens", part(Part::ToolPrompt)),
        ("gen_ai.usage.output_tokens", output),
        ("gen_ai.usage.reasoning.output_tokens", part(Part::Reasoning)),
    ];
    for (key, figure) in keys {
        if let Some(figure) = figure {
            // Figures are limited on input, far below the range of an integer.
            span.attributes.push(key, Value::Int(figure.round() as i64));
        }
    }
    let cost = part(Part::Cost).and_then(Usd::from_reported).and_then(|cost| cost.per(family.units_a_dollar));
    if let Some(cost) = cost {
        span.attributes.push(GENAI_COST, format_compact!("{cost}").as_str());
    }
}
