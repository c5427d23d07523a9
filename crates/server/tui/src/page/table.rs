//! Layout of a table: which columns fit, and how wide they are.

use unicode_width::UnicodeWidthStr as _;

use super::layout::Line;
use super::{Cell, Column, ColumnKind, Row, Table};
use crate::form::{Look, Piece, Tone};

/// Space between columns.
const GAP: usize = 2;
/// Space on the left, for the mark of the selected row.
const MARGIN: usize = 2;
/// Least width of a column of bars.
const BARS: usize = 12;
/// Widest column of bars.
const WIDEST: usize = 120;

/// Titles and rows.
pub(super) fn draw(table: &Table, width: usize, look: &Look, targets: &mut usize) -> Vec<Line> {
    if table.rows.is_empty() {
        let text = look.fit(table.nothing, width.saturating_sub(MARGIN));
        let margin = Piece::plain(" ".repeat(MARGIN.min(width)));
        return vec![Line::new(vec![margin, Piece::new(text, Tone::Dim)])];
    }
    let widths = widths(table, width, look);
    let mut lines = vec![titles(table, &widths, look)];
    for row in &table.rows {
        let mut line = one(table, row, &widths, look);
        if row.target.is_some() {
            line.hits = vec![(0, width, *targets)];
            *targets += 1;
        }
        line.titles = Some(0);
        lines.push(line);
    }
    lines.iter_mut().for_each(|line| clip(line, width, look));
    lines
}

/// Keeps a line within a screen that is narrower than the least table.
fn clip(line: &mut Line, width: usize, look: &Look) {
    let mut left = width;
    for piece in &mut line.pieces {
        if piece.width() > left {
            piece.text = look.fit(&piece.text, left);
        }
        left -= piece.width().min(left);
    }
}

fn titles(table: &Table, widths: &[Option<usize>], look: &Look) -> Line {
    let mut pieces = vec![Piece::plain(" ".repeat(MARGIN))];
    for (column, width) in shown(&table.columns, widths) {
        let right = column.kind == ColumnKind::Figures;
        pieces.push(Piece::new(look.padded(column.title, width, right), Tone::Dim));
        pieces.push(Piece::plain(" ".repeat(GAP)));
    }
    pieces.pop();
    Line::new(pieces)
}

fn shown<'a>(
    columns: &'a [Column],
    widths: &'a [Option<usize>],
) -> impl Iterator<Item = (&'a Column, usize)> {
    columns.iter().zip(widths).filter_map(|(column, width)| Some((column, (*width)?)))
}

fn one(table: &Table, row: &Row, widths: &[Option<usize>], look: &Look) -> Line {
    let mut pieces = vec![Piece::plain(" ".repeat(MARGIN))];
    let empty = Cell::default();
    for (at, (column, width)) in table.columns.iter().zip(widths).enumerate() {
        let Some(width) = *width else { continue };
        let cell = row.cells.get(at).unwrap_or(&empty);
        match cell.bar {
            Some(ends) => pieces.extend(bar(ends, width, cell.piece.tone, look)),
            None => {
                let right = column.kind == ColumnKind::Figures;
                pieces.push(Piece::new(look.padded(&cell.piece.text, width, right), cell.piece.tone));
            }
        }
        pieces.push(Piece::plain(" ".repeat(GAP)));
    }
    pieces.pop();
    Line::new(pieces)
}

/// A bar between two shares of a width; at least one mark is visible.
fn bar((from, to): (f64, f64), width: usize, tone: Tone, look: &Look) -> Vec<Piece> {
    let share = |value: f64| if value.is_finite() { value.clamp(0.0, 1.0) } else { 0.0 };
    let (from, to) = (share(from), share(to.max(from)));
    let first = ((from * width as f64).floor() as usize).min(width.saturating_sub(1));
    let end = ((to * width as f64).round() as usize).clamp(first, width);
    let mark = match end - first {
        0 => look.glyphs.tick.to_string(),
        cells => look.glyphs.bar[0].to_string().repeat(cells),
    };
    let rest = width - first - mark.width().min(width - first);
    vec![
        Piece::plain(" ".repeat(first)),
        Piece::new(look.fit(&mark, width), tone),
        Piece::plain(" ".repeat(rest)),
    ]
}

/// Width of each column; none for a column that is dropped.
fn widths(table: &Table, width: usize, look: &Look) -> Vec<Option<usize>> {
    let room = width.saturating_sub(MARGIN);
    let natural: Vec<usize> = (0..table.columns.len()).map(|at| natural(table, at, look)).collect();
    let least: Vec<usize> = table
        .columns
        .iter()
        .zip(&natural)
        .map(|(column, natural)| match column.kind {
            ColumnKind::Words { least } => least.min(*natural),
            ColumnKind::Figures => *natural,
            ColumnKind::Bars => BARS,
        })
        .collect();
    let mut widths: Vec<Option<usize>> = natural.iter().map(|width| Some(*width)).collect();
    // One long text must not squeeze all others.
    let most = (room * 2 / 5).max(1);
    // A column without values says nothing.
    for (at, column) in table.columns.iter().enumerate() {
        if column.rank > 0 && is_empty(table, at) {
            widths[at] = None;
        }
    }
    let need = |widths: &[Option<usize>], of: &[usize]| {
        let kept = widths.iter().zip(of).filter(|(width, _)| width.is_some()).map(|(_, of)| of + GAP);
        kept.sum::<usize>().saturating_sub(GAP)
    };
    while need(&widths, &least) > room {
        let ranks =
            table.columns.iter().enumerate().filter(|(at, column)| widths[*at].is_some() && column.rank > 0);
        let Some((at, _)) = ranks.max_by_key(|(at, column)| (column.rank, *at)) else { break };
        widths[at] = None;
    }
    let words = |at: usize| matches!(table.columns[at].kind, ColumnKind::Words { .. });
    for (at, width) in widths.iter_mut().enumerate().filter(|(at, _)| words(*at)) {
        *width = width.map(|width| width.min(most.max(least[at])));
    }
    shrink(table, &mut widths, &least, room);
    regrow(&mut widths, &natural, room);
    spread(table, &mut widths, room);
    widths
}

/// Takes width from the least important columns until all fit.
fn shrink(table: &Table, widths: &mut [Option<usize>], least: &[usize], room: usize) {
    loop {
        let over = used(widths).saturating_sub(room);
        let spare = |at: usize, width: usize| width.saturating_sub(least[at]);
        let wide = widths.iter().enumerate().filter_map(|(at, width)| Some((at, (*width)?)));
        let wide = wide.filter(|(at, width)| spare(*at, *width) > 0);
        let least_important = wide.max_by_key(|(at, width)| (table.columns[*at].rank, *width));
        let Some((at, width)) = least_important.filter(|_| over > 0) else { return };
        // In steps, so that two columns of one rank end with the same width.
        widths[at] = Some(width - over.min(spare(at, width)).min((width / 4).max(1)));
    }
}

/// Gives columns that were limited the width that is left.
fn regrow(widths: &mut [Option<usize>], natural: &[usize], room: usize) {
    for at in 0..widths.len() {
        let left = room.saturating_sub(used(widths));
        widths[at] = widths[at].map(|width| natural[at].min(width + left).max(width));
    }
}

/// Width of all columns.
fn used(widths: &[Option<usize>]) -> usize {
    widths.iter().flatten().map(|width| width + GAP).sum::<usize>().saturating_sub(GAP)
}

/// Gives the width that is left to the bars.
fn spread(table: &Table, widths: &mut [Option<usize>], room: usize) {
    let left = room.saturating_sub(used(widths));
    for (column, width) in table.columns.iter().zip(widths) {
        if let (ColumnKind::Bars, Some(width)) = (column.kind, width) {
            *width = (*width + left).min(WIDEST);
        }
    }
}

fn natural(table: &Table, at: usize, look: &Look) -> usize {
    let column = &table.columns[at];
    let title = look.text(column.title).width();
    if column.kind == ColumnKind::Bars {
        return title.max(BARS);
    }
    let cells = table.rows.iter().filter_map(|row| row.cells.get(at));
    cells.map(|cell| look.text(&cell.piece.text).width()).max().unwrap_or_default().max(title)
}

fn is_empty(table: &Table, at: usize) -> bool {
    table.rows.iter().all(|row| match row.cells.get(at) {
        Some(cell) => cell.bar.is_none() && matches!(cell.piece.text.as_str(), "" | "–"),
        None => true,
    })
}
