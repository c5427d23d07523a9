//! Layout of a page on lines of a given width.

use unicode_width::UnicodeWidthStr as _;

use super::{Block, Fact, Page, Table, chart, table};
use crate::form::{Look, Piece, Tone, wrap};

/// Least width of a block that stands next to another.
const BESIDE: usize = 56;
/// Space between blocks next to each other.
const GAP: usize = 3;

/// A line of a page.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Line {
    pub(crate) pieces: Vec<Piece>,
    /// Cells that belong to a row with a target: first, end, and the number of the target.
    pub(crate) hits: Vec<(usize, usize, usize)>,
    /// Line with the titles of the table that this line belongs to.
    pub(crate) titles: Option<usize>,
}

impl Line {
    pub(crate) fn new(pieces: Vec<Piece>) -> Self {
        Self { pieces, ..Self::default() }
    }

    pub(crate) fn width(&self) -> usize {
        self.pieces.iter().map(Piece::width).sum()
    }
}

/// Lines of a page. None is wider than `width`.
pub(crate) fn lay_out(page: &Page, width: usize, look: &Look) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut targets = 0;
    stack(&page.blocks, width.max(1), look, &mut targets, &mut lines);
    lines
}

fn stack(blocks: &[Block], width: usize, look: &Look, targets: &mut usize, lines: &mut Vec<Line>) {
    for block in blocks {
        let drawn = one(block, width, look, targets);
        let tight = matches!(block, Block::Text(_));
        if !lines.is_empty() && !drawn.is_empty() && !tight {
            lines.push(Line::default());
        }
        let from = lines.len();
        lines.extend(drawn.into_iter().map(|line| Line { titles: line.titles.map(|at| at + from), ..line }));
    }
}

fn one(block: &Block, width: usize, look: &Look, targets: &mut usize) -> Vec<Line> {
    match block {
        Block::Facts(all) => facts(all, width, look),
        Block::Title(title) => vec![title_line(title, width, look)],
        Block::Text(pieces) => pieces.iter().flat_map(|piece| paragraph(piece, width, look)).collect(),
        Block::Chart(points) => chart::draw(points, width, look),
        Block::Table(of) => titled(of, width, look, targets),
        Block::Beside(blocks) => beside(blocks, width, look, targets),
    }
}

fn title_line(title: &Piece, width: usize, look: &Look) -> Line {
    Line::new(vec![Piece::new(look.fit(&title.text, width), title.tone)])
}

fn paragraph(piece: &Piece, width: usize, look: &Look) -> Vec<Line> {
    let text = look.text(&piece.text);
    wrap(&text, width)
        .into_iter()
        .map(|line| Line::new(vec![Piece::new(look.fit(&line, width), piece.tone)]))
        .collect()
}

fn titled(of: &Table, width: usize, look: &Look, targets: &mut usize) -> Vec<Line> {
    let mut lines = Vec::new();
    if !of.title.is_empty() {
        lines.push(title_line(&Piece::new(of.title, Tone::Head), width, look));
    }
    let from = lines.len();
    let drawn = table::draw(of, width, look, targets);
    lines.extend(drawn.into_iter().map(|line| Line { titles: line.titles.map(|at| at + from), ..line }));
    lines.extend(of.note.iter().flat_map(|note| paragraph(&Piece::new(note, Tone::Dim), width, look)));
    lines
}

/// Labels and values, as many on a line as fit.
fn facts(facts: &[Fact], width: usize, look: &Look) -> Vec<Line> {
    let mut lines = vec![Line::default()];
    let mut used = 0;
    for fact in facts {
        let label = look.text(fact.label);
        let value = look.fit(&fact.value.text, width.saturating_sub(label.width() + 1).max(1));
        let wide = label.width() + 1 + value.width();
        if used > 0 && used + 3 + wide > width {
            lines.push(Line::default());
            used = 0;
        }
        let Some(line) = lines.last_mut() else { continue };
        if used > 0 {
            line.pieces.push(Piece::plain("   "));
            used += 3;
        }
        if label.width() + 2 > width {
            line.pieces.push(Piece::new(look.fit(&label, width), Tone::Dim));
        } else {
            line.pieces.push(Piece::new(format!("{label} "), Tone::Dim));
            line.pieces.push(Piece::new(value, fact.value.tone));
        }
        used += wide;
    }
    lines
}

fn beside(blocks: &[Block], width: usize, look: &Look, targets: &mut usize) -> Vec<Line> {
    let fit = ((width + GAP) / (BESIDE + GAP)).clamp(1, blocks.len().max(1));
    let mut lines = Vec::new();
    for blocks in blocks.chunks(fit) {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        let each = (width + GAP) / blocks.len() - GAP.min((width + GAP) / blocks.len());
        let columns: Vec<Vec<Line>> =
            blocks.iter().map(|block| one(block, each.max(1), look, targets)).collect();
        let from = lines.len();
        lines.extend(zip(columns, each.max(1), from));
    }
    lines
}

/// Joins columns of lines.
fn zip(columns: Vec<Vec<Line>>, each: usize, from: usize) -> Vec<Line> {
    let alone = columns.len() == 1;
    let height = columns.iter().map(Vec::len).max().unwrap_or_default();
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    let join = |_| {
        let mut whole = Line::default();
        let mut at = 0;
        for column in &mut columns {
            let line = column.next().unwrap_or_default();
            let wide = line.width();
            if !line.pieces.is_empty() {
                let gap = at - whole.width().min(at);
                whole.pieces.extend((gap > 0).then(|| Piece::plain(" ".repeat(gap))));
            }
            debug_assert!(wide <= each, "{line:?}");
            whole.hits.extend(line.hits.iter().map(|(first, end, row)| (first + at, end + at, *row)));
            // The titles of one table must not cover another one.
            whole.titles = line.titles.filter(|_| alone).map(|titles| titles + from);
            whole.pieces.extend(line.pieces);
            at += each + GAP;
        }
        whole
    };
    (0..height).map(join).collect()
}
