//! Conversion of a user's search text to words of the index.
//!
//! SQLite's own tokenizer splits the words, so both sides always agree. Nothing in the text is syntax, except
//! a star at the end of a word, which stands for any ending. The tokenizer (`unicode61`) treats a run of
//! Chinese, Japanese or Korean letters as one word. So such letters are separated on both sides, and their
//! texts are found by the letters that they contain, in any order.

use quipu_core::locks::Mutex;
use rusqlite::Connection;

use crate::fault::{Fault, Result};

/// Maximum number of words of one search.
const MOST_WORDS: usize = 64;

/// A word of a search.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Term {
    pub(crate) token: String,
    /// Whether any ending matches.
    pub(crate) open_ended: bool,
}

/// SQLite's tokenizer, in a separate in-memory database.
#[derive(Default)]
pub(crate) struct Tokenizer(Mutex<Option<Connection>>);

impl Tokenizer {
    /// The words that a span must all contain; empty if the text has no words.
    pub(crate) fn terms(&self, typed: &str) -> Result<Vec<Term>> {
        let mut guard = self.0.lock();
        if guard.is_none() {
            *guard = Some(open()?);
        }
        let conn = guard.as_ref().ok_or(Fault::Damaged("no tokenizer"))?;
        let mut terms = Vec::new();
        for word in typed.split_whitespace() {
            let mut found = tokens(conn, word)?;
            let last = found.pop();
            terms.extend(found.into_iter().map(|token| Term { token, open_ended: false }));
            terms.extend(last.map(|token| Term { token, open_ended: word.ends_with('*') }));
        }
        terms.sort_unstable();
        terms.dedup();
        terms.truncate(MOST_WORDS);
        Ok(terms)
    }
}

fn open() -> Result<Connection> {
    let conn = Connection::open_in_memory()?;
    conn.execute_batch(
        "CREATE VIRTUAL TABLE typed USING fts5(word, tokenize='unicode61'); \
         CREATE VIRTUAL TABLE tokens USING fts5vocab(typed, 'instance');",
    )?;
    Ok(conn)
}

fn tokens(conn: &Connection, word: &str) -> Result<Vec<String>> {
    conn.execute_batch("DELETE FROM typed")?;
    conn.prepare_cached("INSERT INTO typed(word) VALUES (?1)")?.execute([spaced(word)])?;
    let mut look = conn.prepare_cached("SELECT term FROM tokens ORDER BY offset")?;
    let tokens = look.query_map([], |row| row.get(0))?;
    Ok(tokens.collect::<rusqlite::Result<_>>()?)
}

const fn stands_alone(letter: char) -> bool {
    matches!(letter,
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Separates letters that the tokenizer would join.
pub(crate) fn spaced(text: &str) -> std::borrow::Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(stands_alone) {
        return text.into();
    }
    let mut spaced = String::with_capacity(text.len() * 2);
    for letter in text.chars() {
        if stands_alone(letter) {
            spaced.push(' ');
            spaced.push(letter);
            spaced.push(' ');
        } else {
            spaced.push(letter);
        }
    }
    spaced.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_never_syntax() {
        let tokenizer = Tokenizer::default();
        let terms = |typed| {
            let terms = tokenizer.terms(typed).unwrap();
            let text = |term: Term| format!("{}{}", term.token, if term.open_ended { "*" } else { "" });
            terms.into_iter().map(text).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(terms("Order-4711 \"x"), "4711 order x");
        assert_eq!(terms("a OR NOT(b) col:c"), "a b c col not or");
        assert_eq!(terms("Valpa*"), "valpa*");
        assert_eq!(terms("a*b"), "a b");
        assert_eq!(terms("ÅRHUS straße"), "arhus straße");
        assert_eq!(terms("天気"), "天 気");
        assert_eq!(terms(" (*) ~ "), "");
    }
}
