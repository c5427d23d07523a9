//! Totals, calls over time, what needs attention, the latest traces.

use serde_json::Value;

use super::{Ask, alerts, list, series, summary, tables, traces, windows};
use crate::figure::{clean, text};
use crate::form::{Piece, Tone};
use crate::page::{Block, Cell, Column, Page, Row, Table};
use crate::place::{Place, Target};
use crate::source::{AskError, Request};

/// Rows of each list.
const SHOWN: usize = 6;
/// Latest traces.
const TRACES: &str = "12";

/// The overview.
pub(super) fn load(ask: &Ask<'_>) -> Result<Page, AskError> {
    let words = ask.words;
    let usage = ask.ask(&ask.of("/api/v1/usage").with("group_by", "model"))?;
    let latest = ask.ask(&ask.of("/api/v1/traces").with("limit", TRACES))?;
    let figures =
        ask.ask(&ask.of("/api/v1/query").with("from", "calls").with("step", "auto").with("top", "1"))?;
    let mut blocks = vec![Block::Facts(summary::usage(&usage["total"], ask))];
    if list(&latest, "traces").next().is_none() && ask.filter.is_empty() {
        blocks.push(Block::Text(vec![Piece::plain(""), Piece::new(words.nothing_yet, Tone::Dim)]));
        return Ok(Page { blocks });
    }
    let count = |point: &Value| {
        (point["count"].as_f64().unwrap_or_default(), point["errors"].as_f64().unwrap_or_default())
    };
    let chart = series::chart(&figures, words.calls_over_time, ask, count, |most| format!("{most:.0}"));
    blocks.extend(chart.map(Block::Chart));
    blocks.extend(attention(ask).map(Block::Table));
    let latest = Table { note: None, ..traces::table(&latest, words.latest_traces, ask) };
    blocks.push(Block::Table(latest));
    let tools = ask.ask(&ask.of("/api/v1/tools"))?;
    blocks.push(Block::Beside(vec![
        Block::Table(tables::usage(&usage, "model", words.top_costs, SHOWN, ask)),
        Block::Table(tables::tools_table(&tools, words.most_used_tools, SHOWN, ask)),
    ]));
    blocks.extend(failures(ask)?.map(Block::Table));
    let plans = ask.ask(&ask.since("/api/v1/plans", "8d"))?;
    let windows = windows::table(&plans, ask);
    blocks.extend((!windows.rows.is_empty()).then_some(Block::Table(windows)));
    Ok(Page { blocks })
}

/// Alerts that fire, budgets that are spent to 80 %, backends that are not ready.
fn attention(ask: &Ask<'_>) -> Option<Table> {
    let words = ask.words;
    let answer = ask.ask_if_there(&Request::get("/api/v1/alerts"));
    let bad = |alert: &Value| matches!(alert["state"].as_str(), Some("firing" | "error"));
    let firing = alerts::states(&answer, "", bad, ask);
    let mut rows: Vec<Row> = firing
        .rows
        .into_iter()
        .take(SHOWN)
        .map(|row| {
            let said = |at: usize| row.cells.get(at).map_or("", |cell| cell.piece.text.as_str());
            let figures = format!("{} {}, {} {}", words.value, said(3), words.threshold, said(4));
            let text = format!("{} {} ({figures})", said(1), said(2));
            let cells = vec![Cell::toned(words.alerts, Tone::Bad), Cell::new(text)];
            Row { cells, target: row.target }
        })
        .collect();
    let answer = ask.ask_if_there(&Request::get("/api/v1/budgets"));
    for budget in list(&answer, "budgets") {
        let tight = |account: &&Value| account["share"].as_f64().is_some_and(|share| share >= 0.8);
        for account in list(budget, "accounts").filter(tight).take(SHOWN) {
            let share = account["share"].as_f64().unwrap_or_default() * 100.0;
            let tone = if share >= 100.0 { Tone::Bad } else { Tone::Warn };
            let text = format!("{} {share:.0} %", clean(budget["name"].as_str().unwrap_or_default()));
            rows.push(
                Row::new(vec![Cell::toned(words.budgets, tone), Cell::new(text)])
                    .to(Target::Open(Place::Budgets)),
            );
        }
    }
    let answer = ask.ask_if_there(&Request::get("/api/v1/backends"));
    let down = |backend: &&Value| !matches!(backend["state"].as_str(), Some("ready") | None);
    for backend in list(&answer, "backends").filter(down) {
        let said =
            format!("{} {} {}", text(&backend["name"]), text(&backend["state"]), text(&backend["reason"]));
        rows.push(
            Row::new(vec![Cell::toned(words.system, Tone::Bad), Cell::new(said)])
                .to(Target::Open(Place::System)),
        );
    }
    (!rows.is_empty()).then(|| Table {
        title: words.attention,
        columns: vec![Column::words(words.kind, 8, 0), Column::words(words.what_is, 10, 0)],
        rows,
        ..Table::default()
    })
}

/// The most frequent failures.
fn failures(ask: &Ask<'_>) -> Result<Option<Table>, AskError> {
    let words = ask.words;
    let asked = ask.of("/api/v1/query").with("from", "failures").with("group_by", "error").with("top", "5");
    let answer = ask.ask(&asked)?;
    let row = |group: &Value| {
        let row = Row::new(vec![
            Cell::toned(text(&group["key"]["error"]), Tone::Bad),
            Cell::new(text(&group["count"])),
        ]);
        match group["trace_id"].as_str() {
            Some(id) => row.to(Target::Open(Place::Trace(id.to_owned()))),
            None => row,
        }
    };
    let rows: Vec<Row> = list(&answer, "groups").map(row).collect();
    let table = Table {
        title: words.failures,
        columns: vec![Column::words(words.error, 12, 0), Column::figures(words.count, 0)],
        rows,
        ..Table::default()
    };
    Ok(Some(table).filter(|table| !table.rows.is_empty()))
}
