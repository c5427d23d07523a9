//! Plain tables for terminals: words to the left, figures to the right, no frames.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
pub use quipu_tui::figure::{bytes, clean, cost, millis, text, time, usd};
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
