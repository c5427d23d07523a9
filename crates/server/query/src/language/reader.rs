//! A reader of a text from its start to its end.

use crate::ParamError;

/// A parsed value, or the reason why it is invalid.
pub(super) type Reading<T> = Result<T, Mistake>;

/// Position and reason of an error in a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    /// Bytes before it.
    at: usize,
    /// The expected form.
    expected: String,
}

impl Mistake {
    pub(super) fn at(at: usize, expected: impl Into<String>) -> Self {
        Self { at, expected: expected.into() }
    }

    /// As an error about `text`.
    pub(super) fn within(self, text: &str) -> ParamError {
        let (before, rest) = text.split_at_checked(self.at).unwrap_or((text, ""));
        let found = rest.split(char::is_whitespace).next().unwrap_or_default();
        ParamError::filter(before.chars().count(), found, self.expected)
    }
}

/// A text and how far it has been read.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Open parentheses.
    depth: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// All of it.
    pub(super) const fn text(&self) -> &'a str {
        self.text
    }

    /// Bytes that have been read.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// The unread rest of the text.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Skips this many bytes.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// Reads this character, if it is the next.
    pub(super) fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    /// Open parentheses.
    pub(super) const fn depth(&self) -> usize {
        self.depth
    }

    /// Opens a parenthesis, if one is next.
    pub(super) fn open(&mut self) -> bool {
        let found = self.eat('(');
        self.depth += usize::from(found);
        found
    }

    /// Closes a parenthesis, if one is open and its end is next.
    pub(super) fn close(&mut self) -> bool {
        let found = self.depth > 0 && self.eat(')');
        self.depth -= usize::from(found);
        found
    }

    /// Whether the letter ends a word: white space, and within parentheses a closing one.
    pub(super) fn ends_word(&self, letter: char) -> bool {
        letter.is_whitespace() || (self.depth > 0 && letter == ')')
    }

    /// Reads this word, if it is the next and its end follows.
    pub(super) fn eat_word(&mut self, wanted: &str) -> bool {
        let found = self.rest().split(|letter| self.ends_word(letter)).next() == Some(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    /// Skips white space; returns whether there is more text.
    pub(super) fn skip_spaces(&mut self) -> bool {
        self.take(char::is_whitespace);
        self.peek().is_some()
    }

    /// Whether the end of a word follows.
    pub(super) fn is_word_end(&self) -> bool {
        self.peek().is_none_or(|letter| self.ends_word(letter))
    }

    /// Reads while `fits`.
    pub(super) fn take(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|letter| !fits(letter)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    /// Reads up to the end of a word.
    pub(super) fn word(&mut self) -> &'a str {
        let in_group = self.depth > 0;
        self.take(|letter| !(letter.is_whitespace() || in_group && letter == ')'))
    }

    /// The next possible name of a field or figure, not yet read; empty when there is none.
    pub(super) fn name(&self) -> &'a str {
        let rest = self.rest();
        if !rest.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            return "";
        }
        let part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-');
        let end = rest.find(|letter| !part(letter)).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    }

    /// Reads a quoted text, if one follows: `\"` and `\\` are escape sequences.
    pub(super) fn quoted(&mut self) -> Reading<Option<String>> {
        let opened = self.at;
        if !self.eat('"') {
            return Ok(None);
        }
        let mut text = String::new();
        loop {
            text.push_str(self.take(|letter| letter != '"' && letter != '\\'));
            if self.eat('"') {
                return Ok(Some(text));
            }
            if !self.eat('\\') {
                return Err(Mistake::at(opened, "a closing quote"));
            }
            match self.peek() {
                Some(letter @ ('"' | '\\')) => {
                    text.push(letter);
                    self.skip(1);
                }
                _ => {
                    return Err(Mistake::at(
                        self.at - 1,
                        "`\\\"` or `\\\\`: nothing else is escaped in quotes",
                    ));
                }
            }
        }
    }
}
