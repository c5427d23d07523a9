//! Findings of a redaction: counts by kind, and the values that rules by name replaced.

use compact_str::CompactString;
use memchr::memmem;
use quipu_core::Value;

use super::json;

/// Counts by the number of a kind, and replaced values of one record.
#[derive(Debug, Default)]
pub(super) struct Findings {
    counts: Vec<(usize, u64)>,
    replaced: Vec<Replaced>,
}

/// A value that a rule for its name replaced.
#[derive(Debug)]
struct Replaced {
    value: String,
    /// Replacement; `None`: the rule removes the value.
    token: Option<CompactString>,
}

impl Findings {
    pub fn add(&mut self, kind: usize, times: u64) {
        match self.counts.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += times,
            None => self.counts.push((kind, times)),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        self.counts.iter().copied()
    }

    /// Adds the counts of others.
    pub fn append(&mut self, other: &Self) {
        other.iter().for_each(|(kind, times)| self.add(kind, times));
    }

    /// Notes a value that a rule replaced by the token, or removed.
    pub fn note_replaced(&mut self, value: &str, token: Option<&str>) {
        self.replaced.push(Replaced { value: value.to_owned(), token: token.map(Into::into) });
    }

    /// Notes each text in a list or map that a rule replaced as a whole.
    pub fn note_members(&mut self, value: &Value) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.note_element(value)),
            Value::Map(pairs) => pairs.iter().for_each(|(_, value)| self.note_element(value)),
            _ => {}
        }
    }

    fn note_element(&mut self, value: &Value) {
        match value.as_str() {
            Some(text) => self.note_replaced(text, None),
            None => self.note_members(value),
        }
    }

    /// Replacement of a field that was read from a replaced value: the token of an equal value, or nothing
    /// for a string in replaced JSON. `None`: no replaced value contains the field.
    pub fn replacement(&self, field: &str) -> Option<Option<CompactString>> {
        if self.replaced.is_empty() {
            return None;
        }
        if let Some(equal) = self.replaced.iter().find(|replaced| replaced.value == field) {
            return Some(equal.token.clone());
        }
        let quoted = serde_json::to_string(field).ok()?;
        let quoted = memmem::Finder::new(&quoted);
        let holds = |text: &str| json::is_likely(text) && quoted.find(text.as_bytes()).is_some();
        self.replaced.iter().any(|replaced| holds(&replaced.value)).then_some(None)
    }
}
