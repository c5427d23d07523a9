//! Keys of attributes that hold message contents.

use foldhash::HashSet;
use quipu_core::{Attributes, Value};
use quipu_semconv as semconv;

/// Keys that hold the messages of a model or tool, in every convention that Quipu reads.
pub(crate) struct Contents(HashSet<&'static str>);

impl Contents {
    pub fn new() -> Self {
        Self(semconv::CONTENTS.iter().copied().flatten().copied().collect())
    }

    fn has(&self, key: &str) -> bool {
        self.0.contains(key) || semconv::CONTENT_PREFIXES.iter().any(|prefix| key.starts_with(prefix))
    }

    /// Whether a span event or event with this name is a message.
    pub fn is_message(name: &str) -> bool {
        name == semconv::DETAILS_EVENT || semconv::MESSAGE_EVENTS.iter().any(|(known, _)| *known == name)
    }

    /// Removes contents; returns how many.
    pub fn drop_from(&self, attributes: &mut Attributes) -> u64 {
        let held = attributes.iter().filter(|(key, _)| self.has(key)).count();
        if held > 0 {
            let kept = attributes.iter().filter(|(key, _)| !self.has(key)).cloned();
            *attributes = kept.collect();
        }
        held as u64
    }

    /// Removes the body of a message; returns 1 if there was one, else 0.
    pub fn drop_body(body: &mut Value) -> u64 {
        u64::from(std::mem::take(body) != Value::Null)
    }
}
