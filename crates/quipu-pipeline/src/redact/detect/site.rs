//! A place in a text that has the shape of something, and what is around it.

use std::borrow::Cow;
use std::cell::Cell;

use crate::redact::marks;

/// Bytes before a place that tell what it is.
const BEFORE: usize = 32;

/// A place in a text.
pub(crate) struct Site<'t> {
    pub text: &'t str,
    /// What the shape says it is: its group 1 where it has one.
    pub start: usize,
    pub end: usize,
    /// Name of the attribute or JSON member whose value the text is; empty where nobody knows.
    pub name: &'t str,
    /// What was answered to [`Site::is_told`]: it goes by where the site begins, and is dear.
    told: Cell<Option<bool>>,
}

impl<'t> Site<'t> {
    /// A place in a text, from and to, in the value of this name.
    pub fn new(text: &'t str, (start, end): (usize, usize), name: &'t str) -> Self {
        Self { text, start, end, name, told: Cell::new(None) }
    }

    /// What was found.
    pub fn found(&self) -> &'t str {
        self.text.get(self.start..self.end).unwrap_or_default()
    }

    /// All of what has the shape, if so.
    pub fn when(&self, so: bool) -> Option<(usize, usize)> {
        so.then_some((self.start, self.end))
    }

    /// Its place without the full stop of a sentence that ends with it.
    pub fn without_stop(&self) -> (usize, usize) {
        (self.start, self.start + self.found().trim_end_matches('.').len())
    }

    /// A few words before it.
    pub fn before(&self) -> &'t str {
        self.last(BEFORE)
    }

    /// The bytes before it, so many at most.
    fn last(&self, count: usize) -> &'t str {
        let mut from = self.start.saturating_sub(count);
        while !self.text.is_char_boundary(from) {
            from += 1;
        }
        self.text.get(from..self.start).unwrap_or_default()
    }

    /// The words before it that are no mark's: `[redacted:phone]` does not say that the number behind it is one.
    fn said_before(&self) -> Cow<'t, str> {
        let before = self.before();
        if !before.contains(']') {
            return before.into();
        }
        // A mark may have begun before these words.
        let clean = marks::without(self.last(BEFORE + marks::LONGEST)).into_owned();
        clean.get(clean.len() - before.len()..).unwrap_or(before).to_owned().into()
    }

    /// The character before it.
    pub fn previous(&self) -> Option<char> {
        self.before().chars().next_back()
    }

    /// What is behind it.
    pub fn after(&self) -> &'t str {
        self.text.get(self.end..).unwrap_or_default()
    }

    /// The same as [`Site::is_called`] for a judge that asks for one list of words alone: looked for once, though the end of the
    /// site changes.
    pub fn is_told(&self, words: &[&str]) -> bool {
        if let Some(told) = self.told.get() {
            return told;
        }
        let told = self.is_called(words);
        self.told.set(Some(told));
        told
    }

    /// Whether one of these words, in small letters, is in the name of the value or right before.
    pub fn is_called(&self, words: &[&str]) -> bool {
        let near = self.said_before().to_lowercase();
        let name = marks::without(self.name).to_lowercase();
        words.iter().any(|word| has_word(&near, word) || has_word(&name, word))
    }

    /// Whether it stands alone: it is no part of a longer number, word, version or id.
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

/// Whether a word begins somewhere in a text: not in the middle of another. Words end where they will.
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
