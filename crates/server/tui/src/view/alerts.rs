//! Alerts: states of the rules, episodes and silences.

use serde_json::Value;

use super::cells::{clock, status};
use super::{Ask, list};
use crate::figure::{pairs, text};
use crate::form::Tone;
use crate::page::{Block, Cell, Column, Page, Row, Table};
use crate::place::Target;
use crate::source::{AskError, Request};

/// Episodes that are shown.
const EPISODES: &str = "50";

/// States, then episodes, then silences in force.
pub(super) fn load(ask: &Ask<'_>) -> Result<Page, AskError> {
    let answer = ask.ask(&Request::get("/api/v1/alerts"))?;
    let history = ask.ask_if_there(&Request::get("/api/v1/alerts/history").with("limit", EPISODES));
    let silences = ask.ask_if_there(&Request::get("/api/v1/alerts/silences"));
    let tables =
        [states(&answer, ask.words.states, |_| true, ask), episodes(&history, ask), muted(&silences, ask)];
    Ok(Page { blocks: tables.map(Block::Table).into() })
}

/// States of an answer as a table, the most urgent first.
pub(super) fn states(
    answer: &Value,
    title: &'static str,
    wanted: impl Fn(&Value) -> bool,
    ask: &Ask<'_>,
) -> Table {
    let words = ask.words;
    let urgent = |alert: &Value| match alert["state"].as_str() {
        Some("firing") => 0,
        Some("error") => 1,
        Some("pending") => 2,
        Some("no_data") => 3,
        _ => 4,
    };
    let mut alerts: Vec<&Value> = list(answer, "alerts").filter(|alert| wanted(alert)).collect();
    alerts.sort_by_key(|alert| urgent(alert));
    let row = |alert: &&Value| {
        Row::new(vec![
            status(&alert["state"]),
            Cell::new(text(&alert["rule"])),
            Cell::new(pairs(&alert["group"])),
            Cell::new(figure(&alert["value"])),
            Cell::toned(figure(&alert["threshold"]), Tone::Dim),
            Cell::new(text(&alert["severity"])),
            Cell::new(clock(&alert["since"], ask)),
            Cell::toned(text(&alert["error"]), Tone::Bad),
        ])
        .to(target(alert))
    };
    Table {
        title,
        columns: vec![
            Column::words(words.status, 7, 0),
            Column::words(words.rule, 12, 0),
            Column::words(words.group, 8, 2),
            Column::figures(words.value, 1),
            Column::figures(words.threshold, 3),
            Column::words(words.severity, 8, 4),
            Column::words(words.since, 11, 5),
            Column::words(words.error, 8, 6),
        ],
        rows: alerts.iter().map(row).collect(),
        nothing: words.no_alerts,
        ..Table::default()
    }
}

/// A figure with at most four digits after the point.
fn figure(value: &Value) -> String {
    let Some(figure) = value.as_f64() else { return "–".into() };
    let text = format!("{figure:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if matches!(text, "" | "-" | "-0") { "0".into() } else { text.to_owned() }
}

fn target(alert: &Value) -> Target {
    let pair = |(key, value): (&String, &Value)| (key.clone(), value.as_str().unwrap_or_default().to_owned());
    Target::Alert {
        rule: alert["rule"].as_str().unwrap_or_default().to_owned(),
        group: alert["group"].as_object().into_iter().flatten().map(pair).collect(),
        episode: alert["episode"].as_str().map(str::to_owned),
    }
}

fn episodes(history: &Value, ask: &Ask<'_>) -> Table {
    let words = ask.words;
    let row = |episode: &Value| {
        Row::new(vec![
            Cell::new(clock(&episode["started_at"], ask)),
            Cell::new(clock(&episode["ended_at"], ask)),
            status(&episode["state"]),
            Cell::new(text(&episode["rule"])),
            Cell::new(pairs(&episode["group"])),
            Cell::new(figure(&episode["peak"])),
            Cell::new(text(&episode["acknowledged_by"])),
        ])
    };
    Table {
        title: words.history,
        columns: vec![
            Column::words(words.began, 11, 0),
            Column::words(words.ended, 11, 2),
            Column::words(words.status, 7, 1),
            Column::words(words.rule, 12, 0),
            Column::words(words.group, 8, 3),
            Column::figures(words.peak, 4),
            Column::words(words.by, 6, 5),
        ],
        rows: list(history, "episodes").map(row).collect(),
        nothing: words.no_history,
        ..Table::default()
    }
}

fn muted(silences: &Value, ask: &Ask<'_>) -> Table {
    let words = ask.words;
    let row = |silence: &Value| {
        Row::new(vec![
            Cell::new(pairs(&silence["matchers"])),
            Cell::new(clock(&silence["ends_at"], ask)),
            Cell::toned(text(&silence["author"]), Tone::Dim),
            Cell::toned(text(&silence["reason"]), Tone::Dim),
        ])
    };
    Table {
        title: words.silences,
        columns: vec![
            Column::words(words.matchers, 12, 0),
            Column::words(words.ends, 11, 0),
            Column::words(words.user, 6, 2),
            Column::words(words.reason, 8, 1),
        ],
        rows: list(silences, "silences").filter(|silence| silence["active"] == true).map(row).collect(),
        nothing: words.no_silences,
        ..Table::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_have_no_useless_digits() {
        let figures = [json!(0.05), json!(12), json!(0.0), json!(1.234_567), json!(null), json!(-0.000_01)];
        assert_eq!(figures.each_ref().map(figure), ["0.05", "12", "0", "1.2346", "–", "0"]);
    }
}
