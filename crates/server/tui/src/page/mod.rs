//! A page: the contents of a view as blocks, and their layout on lines.

mod chart;
mod layout;
mod plain;
mod table;

pub(crate) use layout::{Line, lay_out};
pub(crate) use plain::plain;

use crate::form::{Piece, Tone};
use crate::place::Target;

/// Contents of a view.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Page {
    pub(crate) blocks: Vec<Block>,
}

/// A part of a page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Block {
    /// Labels with their values, on as few lines as they fit.
    Facts(Vec<Fact>),
    /// A table.
    Table(Table),
    /// A chart of values over time.
    Chart(Chart),
    /// A title within the page.
    Title(Piece),
    /// Paragraphs.
    Text(Vec<Piece>),
    /// Blocks next to each other if the screen is wide, else below each other.
    Beside(Vec<Self>),
}

/// A label with its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fact {
    pub(crate) label: &'static str,
    pub(crate) value: Piece,
}

impl Fact {
    pub(crate) fn new(label: &'static str, value: impl AsRef<str>) -> Self {
        Self::toned(label, value, Tone::Strong)
    }

    pub(crate) fn toned(label: &'static str, value: impl AsRef<str>, tone: Tone) -> Self {
        Self { label, value: Piece::new(value, tone) }
    }
}

/// Rows under titles.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Table {
    /// Title above the table; empty for a table that fills the page.
    pub(crate) title: &'static str,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Row>,
    /// Text in place of rows.
    pub(crate) nothing: &'static str,
    /// Text below the rows, such as the number of rows that are left out.
    pub(crate) note: Option<String>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub(crate) title: &'static str,
    pub(crate) kind: ColumnKind,
    /// Columns with a higher rank are dropped first if the screen is narrow; those of rank 0 stay.
    pub(crate) rank: u8,
}

/// Contents of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// Words to the left, shortened down to a least width.
    Words { least: usize },
    /// Figures to the right, never shortened.
    Figures,
    /// Bars, which take the width that is left.
    Bars,
}

impl Column {
    pub(crate) const fn words(title: &'static str, least: usize, rank: u8) -> Self {
        Self { title, kind: ColumnKind::Words { least }, rank }
    }

    pub(crate) const fn figures(title: &'static str, rank: u8) -> Self {
        Self { title, kind: ColumnKind::Figures, rank }
    }

    pub(crate) const fn bars(title: &'static str, rank: u8) -> Self {
        Self { title, kind: ColumnKind::Bars, rank }
    }
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Row {
    pub(crate) cells: Vec<Cell>,
    pub(crate) target: Option<Target>,
}

impl Row {
    pub(crate) fn new(cells: Vec<Cell>) -> Self {
        Self { cells, target: None }
    }

    pub(crate) fn to(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }
}

/// A cell of a row.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Cell {
    pub(crate) piece: Piece,
    /// From and to, as shares of the column.
    pub(crate) bar: Option<(f64, f64)>,
}

impl Cell {
    pub(crate) fn new(text: impl AsRef<str>) -> Self {
        Self { piece: Piece::plain(text), bar: None }
    }

    pub(crate) fn toned(text: impl AsRef<str>, tone: Tone) -> Self {
        Self { piece: Piece::new(text, tone), bar: None }
    }

    /// A figure that stands out unless it is 0.
    pub(crate) fn warns(text: impl AsRef<str>, tone: Tone) -> Self {
        let idle = matches!(text.as_ref(), "0" | "–" | "");
        Self::toned(text, if idle { Tone::Dim } else { tone })
    }

    /// A bar, with a text for terminals without bars.
    pub(crate) fn bar(from: f64, to: f64, tone: Tone) -> Self {
        Self { piece: Piece::new("", tone), bar: Some((from, to)) }
    }
}

/// Values over time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chart {
    pub(crate) title: String,
    /// Values; the second of each pair is the marked part of it, such as errors.
    pub(crate) points: Vec<(f64, f64)>,
    /// Times of the first and the last point.
    pub(crate) ends: [String; 2],
    /// Largest value as text.
    pub(crate) most: String,
}

impl Page {
    /// Targets of the rows, in the order of the page.
    pub(crate) fn targets(&self) -> Vec<&Target> {
        let mut found = Vec::new();
        collect(&self.blocks, &mut found);
        found
    }
}

fn collect<'a>(blocks: &'a [Block], found: &mut Vec<&'a Target>) {
    for block in blocks {
        match block {
            Block::Table(table) => found.extend(table.rows.iter().filter_map(|row| row.target.as_ref())),
            Block::Beside(blocks) => collect(blocks, found),
            _ => {}
        }
    }
}
