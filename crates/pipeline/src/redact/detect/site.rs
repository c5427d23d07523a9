//! A match in a text, with its context.

use std::borrow::Cow;
use std::cell::Cell;

use crate::redact::marks;

/// Bytes of context before a match.
const BEFORE: usize = 32;

/// A match in a text.
pub(crate) struct Site<'t> {
    pub text: &'t str,
    /// Range of the match: group 1 of the pattern if it has one.
    pub start: usize,
    pub end: usize,
    /// Name of the attribute or JSON member that holds the text; empty if unknown.
    pub name: &'t str,
    /// Cached answer of [`Site::is_told`]. It depends on the start only, and is expensive.
    told: Cell<Option<bool>>,
}

impl<'t> Site<'t> {
    /// Creates a match from its byte range, in the value with this name.
    pub fn new(text: &'t str, (start, end): (usize, usize), name: &'t str) -> Self {
        Self { text, start, end, name, told: Cell::new(None) }
    }

    /// The matched text.
    pub fn found(&self) -> &'t str {
        self.text.get(self.start..self.end).unwrap_or_default()
    }

    /// The whole range, if `so`.
    pub fn when(&self, so: bool) -> Option<(usize, usize)> {
        so.then_some((self.start, self.end))
    }

    /// The range without a trailing full stop.
    pub fn without_stop(&self) -> (usize, usize) {
        (self.start, self.start + self.found().trim_end_matches('.').len())
    }

    /// Some words before the match.
    pub fn before(&self) -> &'t str {
        self.last(BEFORE)
    }

    /// At most `count` bytes before the match.
    fn last(&self, count: usize) -> &'t str {
        let mut from = self.start.saturating_sub(count);
        while !self.text.is_char_boundary(from) {
            from += 1;
        }
        self.text.get(from..self.start).unwrap_or_default()
    }

    /// The words before the match, without marks: `[redacted:phone]` does not make the next number a phone
    /// number.
    fn said_before(&self) -> Cow<'t, str> {
        let before = self.before();
        if !before.contains(']') {
            return before.into();
        }
        // A mark can begin before these words.
        let clean = marks::without(self.last(BEFORE + marks::LONGEST)).into_owned();
        clean.get(clean.len() - before.len()..).unwrap_or(before).to_owned().into()
    }

    /// The character before the match.
    pub fn previous(&self) -> Option<char> {
        self.before().chars().next_back()
    }

    /// The text after the match.
    pub fn after(&self) -> &'t str {
        self.text.get(self.end..).unwrap_or_default()
    }

    /// Same as [`Site::is_called`], but computed once although the end of the match changes. A detector that
    /// uses it passes one list of words only.
    pub fn is_told(&self, words: &[&str]) -> bool {
        if let Some(told) = self.told.get() {
            return told;
        }
        let told = self.is_called(words);
        self.told.set(Some(told));
        told
    }

    /// Whether one of these lower-case words is in the name of the value or right before the match.
    pub fn is_called(&self, words: &[&str]) -> bool {
        let near = self.said_before().to_lowercase();
        let name = marks::without(self.name).to_lowercase();
        words.iter().any(|word| has_word(&near, word) || has_word(&name, word))
    }

    /// Whether the match is not part of a longer number, word, version or id.
    pub fn is_alone(&self) -> bool {
        let mut after = self.after().chars();
        let (next, second) = (after.next(), after.next());
        let joins = |letter: char| letter.is_alphanumeric() || letter == '_';
        let before = self.before();
        let mut back = before.chars().rev();
        let (previous, third) = (back.next(), back.next());
        let runs_on = |joint: Option<char>, beyond: Option<char>| {
            matches!(joint, Some('.' | '-' | ',' | ':' | '/'))
                && beyond.is_some_and(|letter| letter.is_ascii_digit())
        };
        let apart = !previous.is_some_and(joins) && !next.is_some_and(joins);
        apart && !runs_on(next, second) && !runs_on(previous, third) && !matches!(next, Some('%' | '#'))
    }
}

/// Whether a word of the text starts with `word`.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word)
        .any(|(at, _)| !text[..at].chars().next_back().is_some_and(|letter| letter.is_alphabetic()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(text: &'static str, found: &str) -> Site<'static> {
        let start = text.find(found).unwrap();
        Site::new(text, (start, start + found.len()), "")
    }

    #[test]
    fn what_is_part_of_something_longer_does_not_stand_alone() {
        for (text, alone) in [
            ("12345", true),
            ("(12345)", true),
            ("no. 12345, please.", true),
            ("a12345", false),
            ("12345.6", false),
            ("1.12345", false),
            ("12345-6789", false),
            ("12345-then", true),
            ("12345%", false),
        ] {
            assert_eq!(site(text, "12345").is_alone(), alone, "{text}");
        }
    }

    #[test]
    fn marks_do_not_say_what_it_is() {
        for text in ["[redacted:phone], 555", "[phone:9f86d081884c7d65] 555", "call [redacted:phone] 555"] {
            assert_eq!(site(text, "555").is_called(&["phone", "call"]), text.starts_with("call"), "{text}");
        }
        let cut = "[redacted:a_long_name_and_then_phone_again], é 555";
        assert!(!site(cut, "555").is_called(&["phone"]), "a mark that begins before what is looked at");
        assert!(!Site::new("555", (0, 3), "[redacted:phone]").is_called(&["phone"]));
        assert!(site("[my phone] 555", "555").is_called(&["phone"]));
    }

    #[test]
    fn what_it_is_called_stands_before_it_or_is_its_name() {
        assert!(site("my Tel: 555", "555").is_called(&["tel"]));
        assert!(!site("hotel 555", "555").is_called(&["tel"]));
        assert!(Site::new("555", (0, 3), "user.phone_number").is_called(&["phone"]));
        assert!(!site("ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ 555", "555").is_called(&["phone"]), "whatever the letters");
    }
}
