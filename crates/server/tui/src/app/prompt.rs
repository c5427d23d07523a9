//! The line at the bottom of the screen in which a user types.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::figure::clean;
use crate::source::Request;

/// Characters that a line may have.
const MOST: usize = 2_000;

/// The purpose of the line at the bottom.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Prompt {
    /// Shows keys and messages.
    #[default]
    Keys,
    /// Edits the filter.
    Filter(Editor),
    /// Edits a command.
    Command(Editor),
    /// Asks before a change.
    Confirm { question: &'static str, request: Request, done: &'static str },
}

/// A line that is being edited.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Editor {
    /// Grapheme clusters, so that a deletion removes what a user sees as one character.
    before: Vec<String>,
    after: Vec<String>,
}

impl Editor {
    pub(crate) fn new(text: &str) -> Self {
        let mut editor = Self::default();
        editor.insert(text);
        editor
    }

    pub(crate) fn text(&self) -> String {
        self.before.concat() + &self.after.iter().rev().map(String::as_str).collect::<String>()
    }

    /// Text before the cursor.
    pub(crate) fn before(&self) -> String {
        self.before.concat()
    }

    /// Inserts typed or pasted text without its control characters.
    pub(crate) fn insert(&mut self, text: &str) {
        let room = MOST.saturating_sub(self.before.len() + self.after.len());
        let whole = self.before() + &clean(text);
        self.before = whole.graphemes(true).take(self.before.len() + room).map(str::to_owned).collect();
    }

    pub(crate) fn back(&mut self) {
        self.before.pop();
    }

    pub(crate) fn delete(&mut self) {
        self.after.pop();
    }

    /// Deletes the word before the cursor.
    pub(crate) fn back_word(&mut self) {
        while self.before.last().is_some_and(|symbol| symbol == " ") {
            self.before.pop();
        }
        while self.before.last().is_some_and(|symbol| symbol != " ") {
            self.before.pop();
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn left(&mut self) {
        self.after.extend(self.before.pop());
    }

    pub(crate) fn right(&mut self) {
        self.before.extend(self.after.pop());
    }

    pub(crate) fn home(&mut self) {
        while let Some(symbol) = self.before.pop() {
            self.after.push(symbol);
        }
    }

    pub(crate) fn end(&mut self) {
        while let Some(symbol) = self.after.pop() {
            self.before.push(symbol);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_edited_by_what_a_user_sees() {
        let mut editor = Editor::new("status:error e\u{301}");
        editor.back();
        assert_eq!(editor.text(), "status:error ");
        editor.back_word();
        editor.insert("ok\u{1b}[2J\r\n");
        assert_eq!(editor.text(), "ok [2J  ");
        editor.home();
        editor.right();
        editor.insert("a");
        editor.delete();
        assert_eq!((editor.before(), editor.text()), ("oa".into(), "oa [2J  ".into()));
        editor.insert(&"x".repeat(5_000));
        assert_eq!(editor.text().len(), MOST);
    }
}
