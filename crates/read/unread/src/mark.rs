//! The note that marks an unread span, and its parser.

use compact_str::{CompactString, format_compact};
use quipu_core::{Canonical, Kind};

/// The convention of spans that were read by shape.
pub const GENERIC: &str = quipu_core::BY_SHAPE;
/// Prefix of the note of an unread span.
const NOT_COUNTED: &str = "looks like a model call and does not count: ";

/// The note of an unread span.
pub fn note(why: &str) -> CompactString {
    format_compact!("{NOT_COUNTED}{why}")
}

/// The reason why a span looks like a model call and is not read as one; `None` for all other spans.
pub fn is_unread(read: &Canonical) -> Option<&str> {
    let is_other = read.convention == GENERIC && read.kind == Kind::Other;
    read.notes.iter().filter(|_| is_other).find_map(|note| note.strip_prefix(NOT_COUNTED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_span_is_known_again() {
        let mut read = Canonical { convention: GENERIC.into(), ..Canonical::default() };
        assert_eq!(is_unread(&read), None);
        read.notes.push(note("no model"));
        assert_eq!(is_unread(&read), Some("no model"));
        read.kind = Kind::Llm;
        assert_eq!(is_unread(&read), None);
    }
}
