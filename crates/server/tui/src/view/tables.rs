//! Sessions, agents, models and tools: one table each.

use serde_json::Value;

use super::cells::{clock, decimal, name, share};
use super::{Ask, list, summary};
use crate::figure::{count, millis, percent, rounded_cost, text};
use crate::form::Tone;
use crate::page::{Block, Cell, Column, Page, Row, Table};
use crate::place::{Place, Target};
use crate::source::AskError;

/// Rows of the list of sessions.
const ROWS: &str = "200";

/// The list of sessions, latest first.
pub(super) fn sessions(ask: &Ask<'_>) -> Result<Page, AskError> {
    let words = ask.words;
    let answer = ask.ask(&ask.of("/api/v1/sessions").with("limit", ROWS))?;
    let row = |session: &Value| {
        let row = Row::new(vec![
            Cell::toned(clock(&session["last_at"], ask), Tone::Dim),
            Cell::new(text(&session["session_id"])),
            name(&session["user_id"]),
            name(&session["agents"]),
            Cell::new(text(&session["traces"])),
            Cell::new(text(&session["llm_calls"])),
            Cell::new(text(&session["tool_calls"])),
            Cell::warns(text(&session["errors"]), Tone::Bad),
            Cell::new(count(&session["tokens"]["total"])),
            Cell::new(rounded_cost(session)),
        ]);
        match session["session_id"].as_str() {
            Some(id) => row.to(Target::Open(Place::Session(id.to_owned()))),
            None => row,
        }
    };
    Ok(whole(Table {
        columns: vec![
            Column::words(words.last, 11, 0),
            Column::words(words.of_session, 18, 0),
            Column::words(words.user, 8, 5),
            Column::words(words.agent, 8, 6),
            Column::figures(words.traces_label, 4),
            Column::figures(words.calls, 2),
            Column::figures(words.tool_runs, 7),
            Column::figures(words.errors, 3),
            Column::figures(words.tokens, 1),
            Column::figures(words.cost, 0),
        ],
        rows: list(&answer, "sessions").map(row).collect(),
        nothing: words.no_sessions,
        note: answer["next_cursor"].is_string().then(|| words.more_rows.to_owned()),
        ..Table::default()
    }))
}

/// Agents, most runs first.
pub(super) fn agents(ask: &Ask<'_>) -> Result<Page, AskError> {
    let words = ask.words;
    let answer = ask.ask(&ask.of("/api/v1/agents"))?;
    let row = |agent: &Value| {
        Row::new(vec![
            Cell::new(text(&agent["name"])),
            Cell::new(text(&agent["runs"])),
            Cell::warns(text(&agent["running"]), Tone::Warn),
            Cell::warns(text(&agent["errors"]), Tone::Bad),
            Cell::new(text(&agent["llm_calls"])),
            Cell::new(text(&agent["tool_calls"])),
            Cell::new(millis(&agent["duration_ms"]["p50"])),
            Cell::new(millis(&agent["duration_ms"]["p95"])),
            Cell::new(count(&agent["tokens"]["total"])),
            Cell::new(rounded_cost(agent)),
            Cell::toned(clock(&agent["last_at"], ask), Tone::Dim),
        ])
        .to(Target::term("agent", agent["name"].as_str().unwrap_or_default()))
    };
    Ok(whole(Table {
        columns: vec![
            Column::words(words.agent, 20, 0),
            Column::figures(words.runs, 1),
            Column::figures(words.running, 6),
            Column::figures(words.errors, 3),
            Column::figures(words.calls, 2),
            Column::figures(words.tool_runs, 5),
            Column::figures("p50", 7),
            Column::figures("p95", 4),
            Column::figures(words.tokens, 4),
            Column::figures(words.cost, 0),
            Column::words(words.last, 11, 8),
        ],
        rows: list(&answer, "agents").map(row).collect(),
        nothing: words.no_agents,
        ..Table::default()
    }))
}

/// Totals, and models by cost.
pub(super) fn models(ask: &Ask<'_>) -> Result<Page, AskError> {
    let answer = ask.ask(&ask.of("/api/v1/usage").with("group_by", "model"))?;
    let facts = summary::usage(&answer["total"], ask);
    Ok(Page { blocks: vec![Block::Facts(facts), Block::Table(usage(&answer, "model", "", usize::MAX, ask))] })
}

/// Groups of usage by one key, most expensive first.
pub(super) fn usage(
    answer: &Value,
    key: &'static str,
    title: &'static str,
    most: usize,
    ask: &Ask<'_>,
) -> Table {
    let words = ask.words;
    let cost = |group: &Value| {
        decimal(&group["cost_usd"]).or_else(|| decimal(&group["subscription_usd"])).unwrap_or(-1.0)
    };
    let mut groups: Vec<&Value> =
        list(answer, "groups").filter(|group| group["key"][key].is_string()).collect();
    let calls = |group: &Value| group["llm_calls"].as_u64().unwrap_or_default();
    groups.sort_by(|a, b| cost(b).total_cmp(&cost(a)).then_with(|| calls(b).cmp(&calls(a))));
    let left = groups.len().saturating_sub(most);
    let dearest = groups.first().map_or(0.0, |group| cost(group));
    let row = |group: &&Value| {
        let tokens = &group["tokens"];
        Row::new(vec![
            Cell::new(text(&group["key"][key])),
            Cell::new(text(&group["llm_calls"])),
            Cell::warns(text(&group["errors"]), Tone::Bad),
            Cell::new(count(&tokens["input"])),
            Cell::new(count(&tokens["cache_read"])),
            Cell::new(count(&tokens["output"])),
            Cell::new(count(&tokens["reasoning"])),
            Cell::new(millis(&group["latency_ms"]["p50"])),
            Cell::new(millis(&group["latency_ms"]["p95"])),
            Cell::warns(text(&group["unpriced_calls"]), Tone::Warn),
            Cell::new(rounded_cost(group)),
            share(cost(group).max(0.0), dearest, Tone::Accent),
        ])
        .to(Target::term(key, group["key"][key].as_str().unwrap_or_default()))
    };
    Table {
        title,
        columns: usage_columns(key, ask),
        rows: groups.iter().take(most).map(row).collect(),
        nothing: words.no_calls,
        note: (left > 0).then(|| format!("{left} {}", words.more)),
    }
}

fn usage_columns(key: &str, ask: &Ask<'_>) -> Vec<Column> {
    let words = ask.words;
    let title = match key {
        "agent" => words.agent,
        "tool" => words.tool,
        _ => words.model,
    };
    vec![
        Column::words(title, 20, 0),
        Column::figures(words.calls, 1),
        Column::figures(words.errors, 3),
        Column::figures(words.input, 4),
        Column::figures(words.cached, 6),
        Column::figures(words.output, 4),
        Column::figures(words.reasoning, 8),
        Column::figures("p50", 7),
        Column::figures("p95", 5),
        Column::figures(words.unpriced, 9),
        Column::figures(words.cost, 0),
        Column::bars(words.share, 10),
    ]
}

/// Tools, most runs first.
pub(super) fn tools(ask: &Ask<'_>) -> Result<Page, AskError> {
    let answer = ask.ask(&ask.of("/api/v1/tools"))?;
    Ok(whole(tools_table(&answer, "", usize::MAX, ask)))
}

/// Tools of an answer as a table.
pub(super) fn tools_table(answer: &Value, title: &'static str, most: usize, ask: &Ask<'_>) -> Table {
    let words = ask.words;
    let row = |tool: &Value| {
        Row::new(vec![
            Cell::new(text(&tool["name"])),
            Cell::new(text(&tool["calls"])),
            Cell::toned(count(&tool["inferred"]), Tone::Dim),
            Cell::warns(text(&tool["errors"]), Tone::Bad),
            Cell::new(percent(tool["success_rate"].as_f64())),
            Cell::new(millis(&tool["latency_ms"]["p50"])),
            Cell::new(millis(&tool["latency_ms"]["p95"])),
            Cell::new(millis(&tool["latency_ms"]["p99"])),
            Cell::toned(text(&tool["last_error"]), Tone::Dim),
        ])
        .to(Target::term("tool", tool["name"].as_str().unwrap_or_default()))
    };
    Table {
        title,
        columns: vec![
            Column::words(words.tool, 20, 0),
            Column::figures(words.runs, 0),
            Column::figures(words.inferred, 7),
            Column::figures(words.errors, 1),
            Column::figures(words.success, 2),
            Column::figures("p50", 4),
            Column::figures("p95", 3),
            Column::figures("p99", 6),
            Column::words(words.last_error, 10, 5),
        ],
        rows: list(answer, "tools").take(most).map(row).collect(),
        nothing: words.no_tools,
        ..Table::default()
    }
}

fn whole(table: Table) -> Page {
    Page { blocks: vec![Block::Table(table)] }
}
