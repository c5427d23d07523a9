//! Result of a decoded request: records, rejections and repairs.

use quipu_core::Batch;

/// Number of rejections kept with their text; further ones are only counted.
const KEPT: usize = 16;

/// A decoded request: the valid items, and a report on the others.
#[derive(Debug, Clone, Default)]
pub struct Decoded {
    /// The valid and the repaired items.
    pub batch: Batch,
    /// The rejected items.
    pub rejected: Rejections,
    /// Changes to fit the limits, by reason: `attributes`, `value_bytes`, `name_bytes`, `nesting`,
    /// `span_events`, `span_links`, `link_ids`, `entities`, `exemplars`, `utf8`. `unrecorded` counts points
    /// that are marked as without a value.
    pub mended: Tally,
}

/// One rejected item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Kind of the item: `span`, `data point`, `log record`.
    pub what: &'static str,
    /// Its position in the request, with its valid ids. Never its name or contents.
    pub where_: String,
    /// Reason in words.
    pub why: String,
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.what, self.where_, self.why)
    }
}

/// Rejected items: all are counted, the first sixteen are described.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rejections {
    first: Vec<Rejection>,
    reasons: Tally,
}

impl Rejections {
    /// Counts one item under `reason`, and describes it if it is one of the first sixteen.
    pub fn add(&mut self, reason: &'static str, describe: impl FnOnce() -> Rejection) {
        self.reasons.add(reason, 1);
        if self.first.len() < KEPT {
            self.first.push(describe());
        }
    }

    /// Number of rejected items.
    pub fn count(&self) -> u64 {
        self.reasons.total()
    }

    /// Whether no item was rejected.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// The first rejected items.
    pub fn first(&self) -> &[Rejection] {
        &self.first
    }

    /// Number of rejected items for each reason: `trace_id`, `span_id`, `parent_id`, `time_missing`,
    /// `time_order`, `time_future`, `time_past`, `no_data`, `no_value`, `buckets`; a receiver adds `days`.
    pub const fn reasons(&self) -> &Tally {
        &self.reasons
    }

    /// The first three in one text, for a partial success message; empty without rejected items.
    pub fn summary(&self) -> String {
        const SHOWN: usize = 3;
        let mut text = self.first.iter().take(SHOWN).map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let more = self.count().saturating_sub(SHOWN as u64);
        if more > 0 {
            text.push_str(&format!("; and {more} more"));
        }
        text
    }
}

/// Counts by reason. Reasons are few, so this is a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(Vec<(&'static str, u64)>);

impl Tally {
    /// Adds to a reason.
    pub fn add(&mut self, reason: &'static str, by: u64) {
        match self.0.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += by,
            None if by > 0 => self.0.push((reason, by)),
            None => {}
        }
    }

    /// The count of a reason.
    pub fn get(&self, reason: &str) -> u64 {
        self.0.iter().find(|(known, _)| *known == reason).map_or(0, |(_, count)| *count)
    }

    /// The sum of all counts.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// Every reason with its count, none of them zero.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.0.iter().copied()
    }
}
