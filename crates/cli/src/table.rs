//! Plain tables for terminals: words to the left, figures to the right, no frames.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde_json::Value;

/// A column: its title, and whether it holds figures.
pub struct Column(pub &'static str, pub bool);

/// Rows under titles.
pub fn table(columns: &[Column], rows: Vec<Vec<String>>) -> String {
    let titles: Vec<String> = columns.iter().map(|column| column.0.to_owned()).collect();
    let figures: Vec<bool> = columns.iter().map(|column| column.1).collect();
    plain_table(&titles, &figures, rows)
}

/// The same with titles that are known at run time. `figures` has the columns to align to the right.
pub fn plain_table(titles: &[String], figures: &[bool], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(titles);
    for (at, _) in figures.iter().enumerate().filter(|(_, figures)| **figures) {
        if let Some(column) = table.column_mut(at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    rows.into_iter().for_each(|row| {
        table.add_row(row);
    });
    table.trim_fmt()
}

/// A row for each item of an answer's list.
pub fn rows(answer: &Value, list: &str, row: impl Fn(&Value) -> Vec<String>) -> Vec<Vec<String>> {
    answer[list].as_array().into_iter().flatten().map(row).collect()
}

/// Text of a field; a dash where it is null.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => "–".into(),
        Value::String(text) => clean(text),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Removes characters with which telemetry text could control the terminal. Control characters become spaces.
/// The same applies to characters that turn the direction of writing (CVE-2021-42574) or end a line for some
/// programs.
pub fn clean(text: &str) -> String {
    let steers = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if steers(c) { ' ' } else { c }).collect()
}

/// Milliseconds in the unit that reads best.
pub fn millis(value: &Value) -> String {
    match value.as_f64() {
        None => "–".into(),
        Some(ms) if ms < 1.0 => format!("{:.0} µs", ms * 1_000.0),
        Some(ms) if ms < 1_000.0 => format!("{ms:.0} ms"),
        Some(ms) if ms < 60_000.0 => format!("{:.2} s", ms / 1_000.0),
        Some(ms) => format!("{:.0} min {:02.0} s", (ms / 60_000.0).floor(), (ms % 60_000.0) / 1_000.0),
    }
}

/// Dollars as the API wrote them.
pub fn usd(value: &Value) -> String {
    match value.as_str() {
        None => "–".into(),
        Some(amount) => match amount.strip_prefix('-') {
            Some(less) => format!("-${less}"),
            None => format!("${amount}"),
        },
    }
}

/// The cost of a row in dollars, or the list price if all of it ran under a subscription. A row without usage
/// has a dash; any other row is marked as unpriced.
pub fn cost(row: &Value) -> String {
    let unused = row["tokens"].is_null() || row["tokens"]["total"] == 0;
    match row["cost_usd"].as_str() {
        Some(amount) => format!("${amount}"),
        None if row["subscription_usd"].is_string() => format!("({} plan)", usd(&row["subscription_usd"])),
        None if unused => "–".into(),
        None => "unpriced".into(),
    }
}

/// A time to the second.
pub fn time(value: &Value) -> String {
    let text = value.as_str().unwrap_or("–");
    text.get(..19).map_or_else(|| text.to_owned(), |second| second.replace('T', " "))
}
