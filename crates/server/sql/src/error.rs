//! Errors of questions: those that the caller can correct, and the others.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Kind of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SqlErrorKind {
    /// The statement is wrong, or does what is not allowed.
    Statement,
    /// The statement exceeded its time or memory.
    Limit,
    /// Too many statements are running.
    Busy,
    /// The store or the worker process failed.
    Failed,
}

/// An error of one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlError {
    /// Kind.
    pub kind: SqlErrorKind,
    /// The failure, and the remedy.
    pub text: String,
    /// Position in the statement, in characters from 0; `None` if it has no single position.
    #[serde(default)]
    pub position: Option<usize>,
}

impl SqlError {
    pub(crate) fn new(kind: SqlErrorKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), position: None }
    }

    pub(crate) fn at(self, position: Option<usize>) -> Self {
        Self { position, ..self }
    }

    /// The text with line and column, if it has a position.
    pub fn placed(&self, statement: &str) -> String {
        match self.line_and_column(statement) {
            Some((line, column)) => format!("{} (line {line}, column {column})", self.text),
            None => self.text.clone(),
        }
    }

    /// The position as line and column, both from 1.
    pub fn line_and_column(&self, statement: &str) -> Option<(usize, usize)> {
        let before: Vec<char> = statement.chars().take(self.position?).collect();
        let line = before.iter().filter(|letter| **letter == '\n').count() + 1;
        let column = before.iter().rev().take_while(|letter| **letter != '\n').count() + 1;
        Some((line, column))
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for SqlError {}
