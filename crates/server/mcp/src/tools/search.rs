//! Tool `search`: traces that match a filter.

use serde_json::Value;

use super::Called;
use crate::answer::Answer;
use crate::arguments::Arguments;
use crate::ask::Asker;
use crate::shape::{cost, list, millis, name};

/// Rows without `limit`.
const ROWS: u64 = 20;
/// Rows of one answer.
const MOST: u64 = 200;

pub(super) async fn call(asker: &dyn Asker, arguments: &Arguments<'_>) -> Called {
    let limit = arguments.number("limit")?.unwrap_or(ROWS).clamp(1, MOST);
    let question = arguments
        .question("/api/v1/traces")?
        .with("q", arguments.text("q")?)
        .with("sort", arguments.text("sort")?)
        .with("cursor", arguments.text("cursor")?)
        .with("limit", Some(limit.to_string()));
    let answer = asker.ask(question).await?;
    let lines: Vec<String> = list(&answer, "traces").iter().map(line).collect();
    let head = if lines.is_empty() {
        "No trace matches: widen `since` or `filter`.".to_owned()
    } else {
        format!("{} traces; `trace` with an id shows one.", lines.len())
    };
    let cursor = answer["next_cursor"].as_str().map(str::to_owned);
    let open = cursor.is_some();
    let rows = lines.len();
    let more = move |given: usize| match &cursor {
        Some(cursor) if given == rows => format!("search with cursor={cursor}"),
        _ => "search with a smaller `limit`, or raise `max_tokens`".to_owned(),
    };
    Ok(Answer::new(head, lines).with_more(more).open_ended(open))
}

fn line(trace: &Value) -> String {
    format!(
        "{} {} {} {} {} {} calls {} tools {} errors {} tokens {} [{}]",
        name(&trace["trace_id"]),
        trace["started_at"].as_str().and_then(|at| at.get(..19)).unwrap_or("-"),
        name(&trace["status"]),
        name(&trace["name"]),
        millis(&trace["duration_ms"]),
        name(&trace["llm_calls"]),
        name(&trace["tool_calls"]),
        name(&trace["errors"]),
        name(&trace["tokens"]["total"]),
        cost(trace),
        list(trace, "models").iter().map(name).collect::<Vec<_>>().join(", "),
    )
}
