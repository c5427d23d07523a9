//! Tool `query`: figures of any records by group and time.

use serde_json::Value;

use super::Called;
use crate::answer::Answer;
use crate::arguments::Arguments;
use crate::ask::Asker;
use crate::shape::{cost, key, list, millis, name};

pub(super) async fn call(asker: &dyn Asker, arguments: &Arguments<'_>) -> Called {
    let question = arguments
        .question("/api/v1/query")?
        .with("from", Some(arguments.needed("from")?))
        .with("group_by", arguments.text("group_by")?)
        .with("step", arguments.text("step")?)
        .with("sort", arguments.text("sort")?)
        .with("name", arguments.text("name")?)
        .with("top", arguments.number("top")?.map(|top| top.to_string()));
    let answer = asker.ask(question).await?;
    let mut lines = Vec::new();
    for group in list(&answer, "groups") {
        lines.push(format!("{}: {}", key(group), figures(group)));
        let points = list(group, "points").iter();
        lines.extend(points.map(|point| format!("  {}: {}", name(&point["at"]), figures(point))));
    }
    let left = answer["left_out"].as_u64().filter(|left| *left > 0);
    let left = left.map_or_else(String::new, |left| format!(" {left} further groups: raise `top`."));
    Ok(Answer::new(format!("Total: {}.{left}", figures(&answer["total"])), lines))
}

fn figures(row: &Value) -> String {
    let mut parts = vec![format!("count {}", name(&row["count"]))];
    if row["errors"].as_u64().is_some_and(|errors| errors > 0) {
        parts.push(format!("errors {}", name(&row["errors"])));
    }
    if row["tokens"]["total"].as_u64().is_some_and(|tokens| tokens > 0) {
        parts.push(format!("tokens {}", name(&row["tokens"]["total"])));
        parts.push(cost(row));
    }
    if row["latency_ms"].is_object() {
        let latency = &row["latency_ms"];
        parts.push(format!("p50 {} p95 {}", millis(&latency["p50"]), millis(&latency["p95"])));
    }
    if !row["value"].is_null() {
        parts.push(format!("value {}", name(&row["value"])));
    }
    if row["trace_id"].is_string() {
        parts.push(format!("trace {}", name(&row["trace_id"])));
    }
    parts.join(", ")
}
