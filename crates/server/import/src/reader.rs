//! The reader trait that all formats implement: lines in, items out.

use quipu_core::Span;
use serde_json::Value as Json;

use crate::{Bounds, Item, KnownCalls};

/// Largest number of spans in one item.
const TOGETHER: usize = 500;

/// Context of a reader.
pub(crate) struct Desk<'a> {
    pub(crate) known: &'a mut KnownCalls,
    pub(crate) bounds: &'a Bounds,
    pub(crate) out: &'a mut PendingRecords,
}

/// Results that were not passed on yet.
#[derive(Debug, Default)]
pub(crate) struct PendingRecords {
    spans: Vec<Span>,
    items: Vec<Item>,
}

impl PendingRecords {
    pub(crate) fn span(&mut self, span: Span) {
        self.spans.push(span);
    }

    pub(crate) fn request(&mut self, item: Item) {
        self.items.push(item);
    }

    /// Whether there are enough results to pass on.
    pub(crate) fn is_full(&self) -> bool {
        self.spans.len() >= TOGETHER || !self.items.is_empty()
    }

    /// Takes all results.
    pub(crate) fn drain(&mut self) -> Vec<Item> {
        let mut items = std::mem::take(&mut self.items);
        if !self.spans.is_empty() {
            items.push(Item::Spans(std::mem::take(&mut self.spans)));
        }
        items
    }
}

/// Reads the lines of one file in order. Errors describe one line for the user, without its contents.
pub(crate) trait Reader {
    /// Reads one record: a line, or a whole document.
    fn record(&mut self, bytes: &[u8], desk: &mut Desk<'_>) -> Result<(), String>;

    /// Emits the spans that may still change: at the end of the file, or after a pause.
    fn settle(&mut self, _desk: &mut Desk<'_>) {}
}

/// Parses a record's JSON.
pub(crate) fn parse(bytes: &[u8]) -> Result<Json, String> {
    serde_json::from_slice(bytes).map_err(|error| not_json(&error))
}

/// Describes the position of a JSON syntax error. A syntax error contains no text of the file.
pub(crate) fn not_json(error: &serde_json::Error) -> String {
    match error.line() {
        0 | 1 => format!("not JSON from column {} on", error.column()),
        line => format!("not JSON from line {line}, column {} on", error.column()),
    }
}

/// The records of a document: those of a list, or under `data`, or the document itself.
pub(crate) fn records(json: Json) -> Vec<Json> {
    match json {
        Json::Array(list) => list,
        Json::Object(mut object) if object.get("data").is_some_and(Json::is_array) => {
            match object.remove("data") {
                Some(Json::Array(list)) => list,
                _ => Vec::new(),
            }
        }
        other => vec![other],
    }
}

/// The first three errors of a list in one text.
pub(crate) fn summary(wrong: &[String]) -> String {
    let mut text = wrong.iter().take(3).cloned().collect::<Vec<_>>().join("; ");
    if wrong.len() > 3 {
        text.push_str(&format!("; and {} more", wrong.len() - 3));
    }
    text
}
