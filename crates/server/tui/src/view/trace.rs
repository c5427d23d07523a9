//! A trace as a tree with a waterfall.

use serde_json::{Value, json};

use super::{Ask, list, summary};
use crate::figure::{clean, millis, rounded, short};
use crate::form::Tone;
use crate::page::{Block, Cell, Column, Page, Row, Table};
use crate::place::{Place, Target};
use crate::source::{AskError, Request, escape};

/// Rows that are shown.
const ROWS: usize = 2_000;
/// Deepest level that is still indented.
const DEEPEST: usize = 16;

/// Totals, then the spans as a tree by start.
pub(super) fn load(ask: &Ask<'_>, id: &str) -> Result<Page, AskError> {
    let path = format!("/api/v1/traces/{}/outline", escape(id));
    let answer = ask.ask(&Request::get(path).with("limit", ROWS.to_string()))?;
    let facts = summary::trace(&answer["trace"], ask);
    Ok(Page { blocks: vec![Block::Facts(facts), Block::Table(tree(&answer, id, ask))] })
}

fn tree(answer: &Value, id: &str, ask: &Ask<'_>) -> Table {
    let words = ask.words;
    let outline =
        Outline { answer, whole: answer["trace"]["duration_ms"].as_f64().unwrap_or_default() * 1e3 };
    let total = answer["total"].as_u64().unwrap_or_default();
    let shown = list(answer, "ids").count();
    let branches = branches(answer, shown);
    let rows = list(answer, "ids").zip(branches).enumerate().map(|(at, (span, branch))| {
        let target = Target::Open(Place::Span(id.to_owned(), span.as_str().unwrap_or_default().to_owned()));
        Row::new(outline.cells(at, &branch)).to(target)
    });
    let left = total.saturating_sub(shown as u64);
    Table {
        columns: vec![
            Column::words(words.of_span, 22, 0),
            Column::words(words.kind, 5, 6),
            Column::words(words.what, 8, 4),
            Column::figures(words.offset, 7),
            Column::figures(words.duration, 0),
            Column::figures(words.input, 5),
            Column::figures(words.output, 5),
            Column::figures(words.cost, 3),
            Column::bars(words.waterfall, 1),
            Column::words("", 5, 2),
        ],
        rows: rows.collect(),
        nothing: words.no_spans,
        note: (left > 0).then(|| format!("{left} {}", words.more_spans)),
        ..Table::default()
    }
}

/// Columns of the outline.
struct Outline<'a> {
    answer: &'a Value,
    /// Microseconds of the whole trace.
    whole: f64,
}

impl Outline<'_> {
    fn number(&self, column: &str, at: usize) -> Option<i64> {
        self.answer[column][at].as_i64().filter(|number| *number >= 0)
    }

    /// A name by its index in another list.
    fn word(&self, column: &str, words: &str, at: usize) -> Option<String> {
        let index = usize::try_from(self.number(column, at)?).ok()?;
        self.answer[words][index].as_str().map(clean)
    }

    fn cells(&self, at: usize, branch: &str) -> Vec<Cell> {
        let kind = self.word("kind", "kinds", at).unwrap_or_default();
        let status = self.word("status", "statuses", at).unwrap_or_default();
        let failed = status == "error";
        let name = self.word("name", "names", at).unwrap_or_default();
        let what = self.word("model", "models", at).or_else(|| self.word("tool", "tools", at));
        let counted = self.answer["counted"][at].as_i64() == Some(1);
        let tokens = |column| self.number(column, at).map(|tokens| short(tokens.unsigned_abs()));
        let tone = if failed { Tone::Bad } else { Tone::Normal };
        let inferred = self.answer["inferred"][at] == 1;
        let dim = |text: String| Cell::toned(text, Tone::Dim);
        vec![
            Cell::toned(format!("{branch}{name}"), tone),
            dim(kind.clone()),
            Cell::new(what.unwrap_or_default()),
            dim(self.number("start_us", at).map(micros).unwrap_or_default()),
            Cell::new(self.number("duration_us", at).map(micros).unwrap_or_else(|| "–".into())),
            Cell::toned(tokens("input").unwrap_or_default(), if counted { Tone::Normal } else { Tone::Dim }),
            Cell::toned(tokens("output").unwrap_or_default(), if counted { Tone::Normal } else { Tone::Dim }),
            Cell::new(self.cost(at).filter(|_| counted).unwrap_or_default()),
            self.bar(at, if failed { Tone::Bad } else { tone_of(&kind) }),
            match (failed, status == "running", inferred) {
                (true, ..) => Cell::toned(status, Tone::Bad),
                (_, true, _) => Cell::toned(status, Tone::Warn),
                (.., true) => dim("inferred".into()),
                _ => Cell::default(),
            },
        ]
    }

    fn cost(&self, at: usize) -> Option<String> {
        let dollars = self.answer["cost_nusd"][at].as_i64()? as f64 / 1e9;
        rounded(&json!(format!("{dollars:.9}")))
    }

    fn bar(&self, at: usize, tone: Tone) -> Cell {
        let share = |micros: i64| if self.whole > 0.0 { micros as f64 / self.whole } else { 0.0 };
        let start = self.number("start_us", at).unwrap_or_default();
        // A running span has no end.
        let end = self.number("duration_us", at).map_or(1.0, |wide| share(start.saturating_add(wide)));
        Cell::bar(share(start), end, tone)
    }
}

fn micros(micros: i64) -> String {
    millis(&json!(micros as f64 / 1e3))
}

fn tone_of(kind: &str) -> Tone {
    match kind {
        "llm" | "embedding" | "rerank" => Tone::Accent,
        "tool" | "retrieval" | "memory" => Tone::Warn,
        "agent" | "workflow" => Tone::Good,
        _ => Tone::Normal,
    }
}

/// The branch before each name.
fn branches(answer: &Value, rows: usize) -> Vec<String> {
    let number = |column: &str, at: usize| answer[column][at].as_u64().unwrap_or_default() as usize;
    // Whether the ancestor of each level has a sibling further down.
    let mut open: Vec<bool> = Vec::new();
    (0..rows)
        .map(|at| {
            let depth = number("depth", at);
            let next = at + number("size", at).max(1);
            let more = next < rows && number("depth", next) == depth;
            open.resize(depth, false);
            let deep = depth.min(DEEPEST);
            let mut text: String = open
                .iter()
                .skip(1)
                .take(deep.saturating_sub(1))
                .map(|open| if *open { "│ " } else { "  " })
                .collect();
            if depth > 0 {
                text.push_str(if more { "├ " } else { "└ " });
            }
            open.push(more);
            text
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_join_siblings() {
        let answer = json!({"depth": [0, 1, 2, 2, 1, 0], "size": [5, 3, 1, 1, 1, 1]});
        assert_eq!(branches(&answer, 6), ["", "├ ", "│ ├ ", "│ └ ", "└ ", ""]);
    }

    #[test]
    fn a_deep_tree_is_indented_up_to_a_limit() {
        let depth: Vec<u64> = (0..500).collect();
        let size: Vec<u64> = (0..500).rev().map(|left| left + 1).collect();
        let branches = branches(&json!({"depth": depth, "size": size}), 500);
        assert_eq!(branches[499].chars().count(), 2 * DEEPEST);
    }
}
