//! Marks of earlier redaction. A mark says nothing about the text around it and is never redacted again.

use std::borrow::Cow;

/// Most letters of a kind's name, and the length of a hash.
const KIND: usize = 40;
const HASH: usize = 16;
/// Prefix of a mark without a hash.
const MASKED: &str = "[redacted:";
/// Bytes of the longest mark.
pub(super) const LONGEST: usize = MASKED.len() + KIND + HASH + 2;

/// A mark in a text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark<'t> {
    pub start: usize,
    pub end: usize,
    /// Name of the kind in the mark.
    pub kind: &'t str,
}

/// The mark at a position.
fn at(text: &str, start: usize) -> Option<Mark<'_>> {
    let rest = text.get(start..)?;
    let is_masked = rest.starts_with(MASKED);
    let from = if is_masked { MASKED.len() } else { 1 };
    let named = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_';
    let kind = rest.as_bytes().get(from..)?.iter().take_while(|byte| named(byte)).count();
    let behind = rest.get(from + kind..)?;
    let hash = behind.strip_prefix(':').and_then(|hash| hash.get(..HASH)).unwrap_or_default();
    // A hash of digits only could be an ordinary number.
    let hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_hash = hash.bytes().all(hexadecimal) && hash.bytes().any(|byte| byte.is_ascii_lowercase());
    let end = match (is_masked, is_hash) {
        (true, _) => from + kind,
        (false, true) => from + kind + 1 + HASH,
        (false, false) => return None,
    };
    let closed = (1..=KIND).contains(&kind) && rest.get(end..)?.starts_with(']');
    closed.then(|| Mark {
        start,
        end: start + end + 1,
        kind: rest.get(from..from + kind).unwrap_or_default(),
    })
}

/// All marks of a text in order.
pub(super) fn of(text: &str) -> impl Iterator<Item = Mark<'_>> {
    text.match_indices('[').filter_map(|(start, _)| at(text, start))
}

/// Replaces marks by spaces; the length stays the same.
pub(super) fn without(text: &str) -> Cow<'_, str> {
    let mut clean = Cow::Borrowed(text);
    for mark in of(text) {
        clean.to_mut().replace_range(mark.start..mark.end, &" ".repeat(mark.end - mark.start));
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_and_hashes_are_marks_and_what_only_looks_alike_is_none() {
        for (text, kinds) in [
            ("a [redacted:phone] b [card:9f86d081884c7d65].", &["phone", "card"][..]),
            ("[[redacted:email]]", &["email"]),
            ("[redacted:Phone] [redacted:] [redacted:phone [phone] [:9f86d081884c7d65]", &[]),
            ("[card:4111111111111111] [card:9f86d081884c7d6] [card:9f86d081884c7d656]", &[]),
            ("[redacted:é] [é", &[]),
        ] {
            assert_eq!(of(text).map(|mark| mark.kind).collect::<Vec<_>>(), kinds, "{text}");
        }
        let longest = format!("[redacted:{}]", "k".repeat(KIND));
        assert!(longest.len() <= LONGEST && of(&longest).count() == 1);
        assert_eq!(of(&format!("[redacted:{}]", "k".repeat(KIND + 1))).count(), 0);
    }

    #[test]
    fn a_text_without_its_marks_is_as_long_as_before() {
        assert_eq!(without("é [redacted:ip], 5"), "é              , 5");
        assert!(matches!(without("[none]"), Cow::Borrowed(_)));
    }
}
