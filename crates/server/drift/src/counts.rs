//! Counts of fields by group of spans, within bounds.

use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::{Kind, Signal};
use serde::{Deserialize, Serialize};

use crate::field::FIELDS;

/// The shape of spans. Only spans of one shape are compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Shape {
    pub(crate) kind: Kind,
    pub(crate) signal: Signal,
    /// Failed spans lack fields of an answer, so only their kind of error is judged.
    pub(crate) failed: bool,
    /// Service that sent them.
    pub(crate) service: CompactString,
    /// Model that answered.
    pub(crate) model: CompactString,
    /// Whether the answer was streamed, if the source reports it.
    pub(crate) stream: Option<bool>,
}

/// Number of spans of a shape, and of those with each field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) spans: u64,
    pub(crate) with: [u32; FIELDS.len()],
}

impl Tally {
    /// Adds a span with the bits of its fields.
    pub(crate) fn count(&mut self, bits: u32) {
        self.spans += 1;
        for (at, with) in self.with.iter_mut().enumerate() {
            *with = with.saturating_add(bits >> at & 1);
        }
    }

    /// Adds another tally.
    pub(crate) fn add(&mut self, other: &Self) {
        self.spans = self.spans.saturating_add(other.spans);
        for (with, more) in self.with.iter_mut().zip(&other.with) {
            *with = with.saturating_add(*more);
        }
    }
}

/// The stored form of a tally. Fields have names, so a later version may have other fields.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SavedTally {
    spans: u64,
    with: BTreeMap<CompactString, u32>,
}

impl From<&Tally> for SavedTally {
    fn from(tally: &Tally) -> Self {
        let with = FIELDS.iter().zip(tally.with).filter(|(_, count)| *count > 0);
        Self { spans: tally.spans, with: with.map(|(field, count)| (field.name.into(), count)).collect() }
    }
}

impl From<SavedTally> for Tally {
    fn from(saved: SavedTally) -> Self {
        let with = FIELDS.each_ref().map(|field| saved.with.get(field.name).copied().unwrap_or_default());
        Self { spans: saved.spans, with }
    }
}
