//! Builder of one pretty line.

use std::fmt::Display;
use std::io::Write;

use anstyle::Style;
use quipu_core::{Timestamp, TraceId};

use super::style::{DIM, of_trace};
use super::text::Safe;

/// Largest number of printed characters of a name.
pub(crate) const NAME_LENGTH: usize = 120;
/// Largest number of printed characters of any other value.
pub(crate) const VALUE_LENGTH: usize = 300;
/// Largest number of printed characters of contents.
pub(crate) const CONTENT_LENGTH: usize = 4_000;
/// Column width of kinds and levels.
const WORD: usize = 9;

pub(crate) struct Line {
    out: Vec<u8>,
    coloured: bool,
}

impl Line {
    /// Begins a line with time, trace and a word: the kind of a span, or the level of an event.
    pub fn new(time: Timestamp, trace: Option<TraceId>, word: &str, style: Style, coloured: bool) -> Self {
        let mut line = Self { out: Vec::with_capacity(160), coloured };
        let time = time.to_string();
        // Hours to milliseconds, UTC.
        line.put(DIM, time.get(11..23).unwrap_or(&time));
        match trace {
            Some(id) => line.word(of_trace(id), &id.to_string()[..8]),
            None => line.word(DIM, "        "),
        }
        line.word(style, format_args!("{word:WORD$}"));
        line
    }

    fn put(&mut self, style: Style, what: impl Display) {
        // Writing to memory cannot fail.
        let _ = if self.coloured && style != Style::new() {
            write!(self.out, "{style}{what}{style:#}")
        } else {
            write!(self.out, "{what}")
        };
    }

    /// Adds a word after one space.
    pub fn word(&mut self, style: Style, what: impl Display) {
        self.out.push(b' ');
        self.put(style, what);
    }

    /// Adds a word after two spaces, as the next column.
    pub fn column(&mut self, style: Style, what: impl Display) {
        self.out.push(b' ');
        self.word(style, what);
    }

    /// Adds a value from outside, made safe for a terminal.
    pub fn value(&mut self, style: Style, text: &str, at_most: usize) {
        self.column(style, Safe { text, at_most });
    }

    /// Adds a key and its value.
    pub fn pair(&mut self, key: &str, text: &str) {
        self.column(DIM, Safe { text: key, at_most: NAME_LENGTH });
        self.put(DIM, "=");
        self.put(Style::new(), Safe { text, at_most: VALUE_LENGTH });
    }

    /// Adds contents on a separate line.
    pub fn content(&mut self, key: &str, text: &str) {
        self.out.extend_from_slice(b"\n    ");
        self.put(DIM, Safe { text: key, at_most: NAME_LENGTH });
        self.column(Style::new(), Safe { text, at_most: CONTENT_LENGTH });
    }

    pub fn end(mut self, out: &mut Vec<u8>) {
        while self.out.last() == Some(&b' ') {
            self.out.pop();
        }
        self.out.push(b'\n');
        out.append(&mut self.out);
    }
}
