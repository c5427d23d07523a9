//! One trace as a tree of text.

use std::collections::HashMap;

use serde_json::Value;

use crate::table::{Column, cost, millis, table, text, usd};

/// Deepest level that is still indented.
const DEEPEST: usize = 40;

/// The head line, then the spans as a tree by start.
pub fn trace(answer: &Value) -> String {
    let trace = &answer["trace"];
    let head = [
        text(&trace["name"]),
        text(&trace["framework"]),
        text(&trace["status"]),
        millis(&trace["duration_ms"]),
        format!("{} calls", text(&trace["llm_calls"])),
        format!("{} errors", text(&trace["errors"])),
        format!("{} tokens", text(&trace["tokens"]["total"])),
        cost(trace),
    ];
    let columns = [
        Column("span", false),
        Column("kind", false),
        Column("model or tool", false),
        Column("duration", true),
        Column("input", true),
        Column("output", true),
        Column("cost", true),
        Column("", false),
    ];
    let rows = in_order(answer["spans"].as_array().map_or(&[], Vec::as_slice));
    let rows = rows.into_iter().map(|(depth, span)| row(depth, span)).collect();
    format!("{}\n\n{}", head.join(" · "), table(&columns, rows))
}

fn row(depth: usize, span: &Value) -> Vec<String> {
    let tokens = &span["tokens"];
    let counted = span["counted"].as_bool().unwrap_or(false);
    let unpriced = counted && !tokens.is_null() && span["cost_usd"].is_null();
    let note = match span["status"].as_str() {
        Some("error") => "failed".into(),
        _ if !tokens.is_null() && !counted => format!("not counted: {}", text(&span["counted_reason"])),
        _ if unpriced => text(&span["cost_reason"]),
        _ if counted && span["billing"] == "subscription" => "by list price, under a subscription".into(),
        _ if span["reported_deviates"] == true => format!("reported: {}", usd(&span["reported_cost_usd"])),
        _ => String::new(),
    };
    let what = [&span["model"], &span["tool"]].into_iter().find(|value| !value.is_null());
    vec![
        format!("{}{}", "  ".repeat(depth.min(DEEPEST)), text(&span["name"])),
        text(&span["kind"]),
        what.map(text).unwrap_or_default(),
        millis(&span["duration_ms"]),
        if tokens.is_null() { String::new() } else { text(&tokens["input"]) },
        if tokens.is_null() { String::new() } else { text(&tokens["output"]) },
        if counted { cost(span) } else { String::new() },
        note,
    ]
}

/// Spans depth first, with their depth. A span whose parent is not there is a root; spans come by start
/// already.
fn in_order(spans: &[Value]) -> Vec<(usize, &Value)> {
    let ids: HashMap<&str, usize> =
        spans.iter().enumerate().filter_map(|(at, span)| Some((span["span_id"].as_str()?, at))).collect();
    let mut children: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut roots = Vec::new();
    for (at, span) in spans.iter().enumerate() {
        match span["parent_span_id"].as_str().and_then(|id| ids.get(id)) {
            Some(parent) if *parent != at => children.entry(*parent).or_default().push(at),
            _ => roots.push(at),
        }
    }
    let mut stack: Vec<(usize, usize)> = roots.into_iter().rev().map(|at| (0, at)).collect();
    let mut out = Vec::with_capacity(spans.len());
    while let Some((depth, at)) = stack.pop() {
        out.push((depth, &spans[at]));
        stack.extend(children.remove(&at).into_iter().flatten().rev().map(|child| (depth + 1, child)));
    }
    out
}
