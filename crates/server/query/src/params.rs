//! The parameters of one query, checked for unknown names before they are read.

use quipu_core::{Limits, Timestamp};

use crate::ParamError;

/// Default number of rows of a page.
pub const DEFAULT_ROWS: usize = 50;

/// The parameters of one question with the bounds that hold for it.
#[derive(Debug, Clone)]
pub struct Params {
    pairs: Vec<(String, String)>,
    now: Timestamp,
    max_rows: usize,
}

impl Params {
    /// Decoded parameters. `now` is the base of relative times; pages hold at most `limits.page_rows` rows.
    pub fn new(pairs: Vec<(String, String)>, now: Timestamp, limits: &Limits) -> Self {
        Self { pairs, now, max_rows: limits.page_rows.max(1) }
    }

    /// Base of relative times.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Most rows of a page.
    pub const fn max_rows(&self) -> usize {
        self.max_rows
    }

    /// Refuses parameters that are not in `known`, and those given twice that are not in `repeatable`.
    ///
    /// # Errors
    /// Names the first unknown or repeated parameter and lists the known ones.
    pub fn allow(&self, known: &[&[&'static str]], repeatable: &[&str]) -> Result<(), ParamError> {
        for (at, (name, _)) in self.pairs.iter().enumerate() {
            let Some(name) = known.iter().copied().flatten().find(|word| *word == name) else {
                return Err(ParamError::Unknown { name: shortened(name), known: listed(known) });
            };
            let before = self.pairs.iter().take(at).any(|(earlier, _)| earlier == name);
            if before && !repeatable.contains(name) {
                return Err(ParamError::Duplicate { name });
            }
        }
        Ok(())
    }

    /// The first value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Parses a parameter with `read`; `None` when it is not given.
    ///
    /// # Errors
    /// `read` gave `None`; the error names the `expected` form.
    pub fn read<T>(
        &self,
        name: &'static str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ParamError> {
        let value = |text| read(text).ok_or_else(|| ParamError::value(name, text, expected));
        self.get(name).map(value).transpose()
    }

    /// A text that is not empty; `None` when it is not given.
    ///
    /// # Errors
    /// The text is empty: a filter that matches nothing known is more likely a variable that was never set.
    pub fn text(&self, name: &'static str) -> Result<Option<String>, ParamError> {
        self.read(name, "a text, or omit the parameter", |text| (!text.is_empty()).then(|| text.to_owned()))
    }

    /// One of `words`; `None` when it is not given.
    ///
    /// # Errors
    /// The value is not one of the words; the error lists them.
    pub fn word<T: Copy>(
        &self,
        name: &'static str,
        words: &[(&'static str, T)],
    ) -> Result<Option<T>, ParamError> {
        let list: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let find = |text: &str| words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        self.read(name, &format!("one of {}", list.join(", ")), find)
    }

    /// The parameter `limit`: 1 to `max`, `default` when it is not given.
    ///
    /// # Errors
    /// It is not a whole number in that range.
    pub fn limit(&self, default: usize, max: usize) -> Result<usize, ParamError> {
        let in_range = |text: &str| text.parse().ok().filter(|rows| (1..=max).contains(rows));
        let limit = self.read("limit", &format!("a whole number from 1 to {max}"), in_range)?;
        Ok(limit.unwrap_or(default.min(max)))
    }
}

fn shortened(name: &str) -> String {
    name.chars().take(64).collect()
}

fn listed(known: &[&[&'static str]]) -> String {
    let names: Vec<&str> = known.iter().copied().flatten().copied().collect();
    if names.is_empty() { "none, this route takes no parameters".to_owned() } else { names.join(", ") }
}
