//! A page as plain lines for screen readers: no columns, bars or frames.

use super::{Block, Page, Row, Table};
use crate::figure::clean;
use crate::form::{Look, Piece};
use crate::place::Target;

/// The lines of a page. Each value has its label before it.
pub(crate) fn plain(page: &Page, look: &Look) -> Vec<String> {
    let mut lines = Vec::new();
    blocks(&page.blocks, look, &mut lines);
    lines
}

fn blocks(all: &[Block], look: &Look, lines: &mut Vec<String>) {
    for block in all {
        match block {
            Block::Facts(facts) => {
                lines.extend(facts.iter().map(|fact| pair(fact.label, &fact.value, look)));
            }
            Block::Title(title) => lines.push(look.text(&title.text)),
            Block::Text(pieces) => lines.extend(pieces.iter().map(|piece| look.text(&piece.text))),
            Block::Chart(chart) => {
                let [first, last] = &chart.ends;
                let text = format!("{}: {}, {first} – {last}", chart.title, chart.most);
                lines.push(look.text(&text));
            }
            Block::Table(table) => rows(table, look, lines),
            Block::Beside(all) => blocks(all, look, lines),
        }
    }
}

fn pair(label: &str, value: &Piece, look: &Look) -> String {
    look.text(&format!("{label}: {}", value.text))
}

fn rows(table: &Table, look: &Look, lines: &mut Vec<String>) {
    if !table.title.is_empty() {
        lines.push(look.text(table.title));
    }
    if table.rows.is_empty() {
        lines.push(look.text(table.nothing));
    }
    lines.extend(table.rows.iter().map(|row| line(table, row, look)));
    lines.extend(table.note.iter().map(|note| look.text(note)));
}

fn line(table: &Table, row: &Row, look: &Look) -> String {
    let cells = table.columns.iter().zip(&row.cells).filter(|(_, cell)| !cell.piece.text.trim().is_empty());
    let cells = cells.map(|(column, cell)| match column.title {
        "" => look.text(cell.piece.text.trim()),
        title => look.text(&format!("{title}: {}", cell.piece.text.trim())),
    });
    // Commands such as `trace ID` need it.
    let id = match &row.target {
        Some(target @ Target::Open(_)) => target.id().map(|id| look.text(&format!("id: {}", clean(id)))),
        _ => None,
    };
    cells.chain(id).collect::<Vec<_>>().join("; ")
}
