//! Reader of TOML values that collects every error with its line.

use std::collections::BTreeSet;

use jiff::civil::Date;
use quipu_core::Timestamp;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::UserError;
use crate::decimal::{Scaled, exact};
use crate::schema::Decimal;

/// The document and the errors found so far.
pub(super) struct Reader<'d> {
    text: &'d str,
    pub errors: Vec<UserError>,
}

/// A table whose keys are removed one by one. The remaining keys are unknown ones.
pub(super) struct Table<'d> {
    table: &'d DeTable<'d>,
    pub at: usize,
    taken: BTreeSet<&'static str>,
}

pub(super) type Value<'d> = &'d Spanned<DeValue<'d>>;

impl<'d> Reader<'d> {
    pub(super) fn new(text: &'d str) -> Self {
        Self { text, errors: Vec::new() }
    }

    /// The line of an offset in the text.
    pub(super) fn line(&self, at: usize) -> usize {
        1 + self.text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count()
    }

    pub(super) fn wrong(&mut self, at: usize, what: impl Into<String>) {
        let line = self.line(at);
        self.errors.push(UserError { line, what: what.into() });
    }

    /// `None`, and an error, for anything but a table.
    pub(super) fn table(&mut self, value: Value<'d>, what: &str) -> Option<Table<'d>> {
        let at = value.span().start;
        match value.get_ref() {
            DeValue::Table(table) => Some(Table { table, at, taken: BTreeSet::new() }),
            other => {
                self.wrong(at, format!("{what}: expected a table, got {}", other.type_str()));
                None
            }
        }
    }

    /// Text, not empty.
    pub(super) fn text(&mut self, table: &mut Table<'d>, key: &'static str) -> Option<String> {
        let value = table.take(key)?;
        match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            DeValue::String(_) => {
                self.wrong(value.span().start, format!("{key} is empty"));
                None
            }
            other => {
                self.wrong(value.span().start, format!("{key}: expected a text, got {}", other.type_str()));
                None
            }
        }
    }

    pub(super) fn flag(&mut self, table: &mut Table<'d>, key: &'static str) -> bool {
        let Some(value) = table.take(key) else { return false };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong(value.span().start, format!("{key}: expected true or false"));
            false
        })
    }

    /// A number in its original notation, as text or bare. It is never converted to a float.
    pub(super) fn number(&mut self, value: Value<'d>, key: &str) -> Option<(Decimal, String)> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.trim().to_owned(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            other => {
                self.wrong(value.span().start, format!("{key}: expected a number, got {}", other.type_str()));
                return None;
            }
        };
        match exact(text.trim_start_matches('+')) {
            Ok(number) => Some((number, text)),
            Err(_) if Scaled::negative(&text) => {
                self.wrong(value.span().start, format!("{key} is negative: {text}"));
                None
            }
            Err(why) => {
                self.wrong(value.span().start, format!("{key}: {why}"));
                None
            }
        }
    }

    /// A day (its start in UTC) or a time with its zone, as text or as a TOML time.
    pub(super) fn time(&mut self, table: &mut Table<'d>, key: &'static str) -> Option<Timestamp> {
        let value = table.take(key)?;
        let text = plain(value)?;
        let time = day(&text).map(|_| format!("{text}T00:00:00Z")).unwrap_or_else(|| text.clone());
        let time = time.parse().ok();
        if time.is_none() {
            self.wrong(
                value.span().start,
                format!(
                    "{key}: expected a day such as 2026-11-21 or a time such as 2026-11-21T08:00:00Z, \
                    got {text}"
                ),
            );
        }
        time
    }

    pub(super) fn date(&mut self, table: &mut Table<'d>, key: &'static str) -> Option<Date> {
        let value = table.take(key)?;
        let text = plain(value)?;
        let date = day(&text);
        if date.is_none() {
            self.wrong(value.span().start, format!("{key}: expected a day such as 2026-11-21, got {text}"));
        }
        date
    }

    /// Reports every key that was not read.
    pub(super) fn done(&mut self, table: &Table<'d>, what: &str) {
        for (key, _) in table.table.iter() {
            if !table.taken.contains(key.get_ref().as_ref()) {
                self.wrong(key.span().start, format!("{what} has no key {}", key.get_ref()));
            }
        }
    }
}

/// A value as text; for other kinds, the name of the kind.
fn plain(value: Value<'_>) -> Option<String> {
    Some(match value.get_ref() {
        DeValue::String(text) => text.trim().to_owned(),
        DeValue::Datetime(time) => time.to_string(),
        other => other.type_str().to_owned(),
    })
}

fn day(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

impl<'d> Table<'d> {
    pub(super) const fn of(table: &'d DeTable<'d>, at: usize) -> Self {
        Self { table, at, taken: BTreeSet::new() }
    }

    pub(super) fn take(&mut self, key: &'static str) -> Option<Value<'d>> {
        self.taken.insert(key);
        self.table.get(key)
    }

    /// Every key with its value.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'d str, usize, Value<'d>)> {
        self.table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span().start, value))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }
}
