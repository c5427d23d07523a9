//! Budgets with their accounts and forecast.

use serde_json::Value;

use super::cells::{clock, decimal, minute, stamp};
use super::pace::pace;
use super::{Ask, list};
use crate::figure::{pairs, percent, text};
use crate::form::Tone;
use crate::page::{Block, Cell, Column, Page, Row, Table};
use crate::source::{AskError, Request};

/// The accounts of all budgets.
pub(super) fn load(ask: &Ask<'_>) -> Result<Page, AskError> {
    let answer = ask.ask(&Request::get("/api/v1/budgets"))?;
    Ok(Page { blocks: vec![Block::Table(table(&answer, "", ask))] })
}

/// Accounts of an answer as a table.
pub(super) fn table(answer: &Value, title: &'static str, ask: &Ask<'_>) -> Table {
    let words = ask.words;
    let rows = list(answer, "budgets").flat_map(|budget| {
        list(budget, "accounts").map(|account| row(budget, account, ask)).collect::<Vec<_>>()
    });
    Table {
        title,
        columns: vec![
            Column::words(words.name, 8, 0),
            Column::words(words.scope, 8, 4),
            Column::figures(words.spent, 1),
            Column::figures(words.reserved, 7),
            Column::figures(words.limit, 2),
            Column::words(words.unit, 3, 5),
            Column::figures(words.share, 0),
            Column::words(words.limit_at, 11, 2),
            Column::words(words.resets, 11, 3),
            Column::words(words.action, 6, 6),
            Column::bars(words.used, 8),
        ],
        rows: rows.collect(),
        nothing: words.no_budgets,
        ..Table::default()
    }
}

fn row(budget: &Value, account: &Value, ask: &Ask<'_>) -> Row {
    let share = account["share"].as_f64();
    let (spent, limit) = (decimal(&account["spent"]).unwrap_or_default(), decimal(&account["limit"]));
    let ahead = stamp(&account["period_start"])
        .zip(stamp(&account["resets_at"]))
        .and_then(|(started, ends)| pace(spent, limit, started, ends, ask.now));
    let reached = ahead.and_then(|ahead| ahead.reached);
    let when = reached.map(|at| if at <= ask.now { ask.words.reached.to_owned() } else { minute(at, ask) });
    let tone = match (share, reached) {
        (Some(share), _) if share >= 1.0 => Tone::Bad,
        (_, Some(_)) => Tone::Warn,
        _ => Tone::Good,
    };
    Row::new(vec![
        Cell::new(text(&budget["name"])),
        Cell::toned(pairs(&account["scope"]), Tone::Dim),
        Cell::new(text(&account["spent"])),
        Cell::warns(text(&account["reserved"]), Tone::Normal),
        Cell::new(text(&account["limit"])),
        Cell::toned(text(&account["unit"]), Tone::Dim),
        Cell::toned(percent(share), tone),
        Cell::toned(when.unwrap_or_else(|| "–".into()), tone),
        Cell::new(clock(&account["resets_at"], ask)),
        Cell::toned(text(&budget["config"]["action"]), Tone::Dim),
        share.map_or_else(Cell::default, |share| Cell::bar(0.0, share, tone)),
    ])
}
