//! Data retention: rules, expired records, and held traces.

use quipu_core::{DayFate, Hold, Retention, Retired, RetiredFor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Retention rules. Periods are `forever`, or whole hours, days or weeks such as `12h`, `3d`, `2w`, counted
/// from the end of a record's day (UTC). This type only describes them; Quipu's core parses them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetentionRules {
    /// `keep` (everything, default), or `short`: traces 3 days, logs 7 days, metrics 30 days, costs forever.
    pub preset: Option<String>,
    /// Retention of spans with their texts.
    pub traces: Option<String>,
    /// Retention of events.
    pub logs: Option<String>,
    /// Retention of metric points.
    pub metrics: Option<String>,
    /// Retention of the ledger and its totals; at least that of traces.
    pub costs: Option<String>,
    /// Maximum size of the store's files, such as `20GiB`.
    pub max_bytes: Option<String>,
    /// Exceptions for services or projects; the first match applies.
    pub rule: Vec<RetentionRuleSettings>,
}

/// Retention of a service's records, or of those of a version control project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetentionRuleSettings {
    /// Name of the service.
    pub service: Option<String>,
    /// Name of the project.
    pub project: Option<String>,
    /// Retention of its traces.
    pub traces: Option<String>,
    /// Retention of the service's events.
    pub logs: Option<String>,
    /// Retention of the service's metrics.
    pub metrics: Option<String>,
    /// Retention of its ledger rows.
    pub costs: Option<String>,
}

/// The active retention rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetentionAnswer {
    /// The rules as configured.
    #[schema(value_type = RetentionRules)]
    pub rules: Retention,
    /// Whether the rules can remove anything.
    pub removes: bool,
    /// Number of held traces.
    pub holds: u64,
}

/// Rules of a run or a dry run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionAsk {
    /// The rules; default: the active ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<RetentionRules>)]
    pub rules: Option<Retention>,
}

/// Removed records; for a dry run, the records that it would remove.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetiredAnswer {
    /// Whether this was a dry run: nothing was removed.
    pub dry_run: bool,
    /// Size of the store's files before, in bytes.
    pub bytes: u64,
    /// Freed bytes; approximate for a dry run.
    pub freed_bytes: u64,
    /// Days with removed records, oldest first.
    pub days: Vec<RetiredDay>,
    /// Bytes by which the store still exceeds its maximum size; null if it does not.
    pub over_bytes: Option<u64>,
    /// Reason for the excess.
    pub over_reason: Option<String>,
    /// Days that could not be processed; the next run retries them.
    pub left: Vec<LeftDay>,
}

/// Removed records of one day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetiredDay {
    /// The day (UTC).
    pub day: String,
    /// `thinned` or `removed`.
    pub fate: String,
    /// `age` or `size`.
    pub why: String,
    /// Traces that lost their spans.
    pub traces: u64,
    /// Spans.
    pub spans: u64,
    /// Ledger rows.
    pub costs: u64,
    /// Events.
    pub events: u64,
    /// Points of metrics.
    pub points: u64,
    /// Traces that remain because they are held.
    pub held: u64,
    /// Size of the day's files before, in bytes.
    pub bytes: u64,
    /// Bytes freed.
    pub freed_bytes: u64,
}

/// A day that could not be processed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeftDay {
    /// The day (UTC).
    pub day: String,
    /// Reason.
    pub reason: String,
}

/// Reason for a hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HoldAsk {
    /// The reason, up to 500 characters.
    pub note: String,
}

/// A trace that retention does not remove.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeldTrace {
    /// The trace.
    pub trace_id: String,
    /// Time of the hold.
    pub since: String,
    /// User who placed the hold; empty when unknown.
    pub by: String,
    /// Reason of the hold.
    pub note: String,
}

/// Held traces, latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HoldsAnswer {
    /// Holds.
    pub holds: Vec<HeldTrace>,
}

/// Result of a release.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleasedAnswer {
    /// Whether the trace was held.
    pub released: bool,
}

/// A day in the form `2026-03-02`.
fn day(start: quipu_core::Timestamp) -> String {
    start.to_string().chars().take(10).collect()
}

impl RetiredAnswer {
    /// Converts the store's report.
    pub fn of(told: Retired, dry_run: bool) -> Self {
        let freed_bytes = told.freed();
        let (over_bytes, over_reason) = told.over.unzip();
        Self {
            dry_run,
            bytes: told.bytes,
            freed_bytes,
            days: told.days.into_iter().map(RetiredDay::from).collect(),
            over_bytes,
            over_reason,
            left: told.left.into_iter().map(|(start, reason)| LeftDay { day: day(start), reason }).collect(),
        }
    }
}

impl From<quipu_core::RetiredDay> for RetiredDay {
    fn from(told: quipu_core::RetiredDay) -> Self {
        let fate = if told.fate == DayFate::Removed { "removed" } else { "thinned" };
        let why = if told.why == RetiredFor::Age { "age" } else { "size" };
        Self {
            day: day(told.day),
            fate: fate.to_owned(),
            why: why.to_owned(),
            traces: told.traces,
            spans: told.spans,
            costs: told.costs,
            events: told.events,
            points: told.points,
            held: told.held,
            bytes: told.bytes,
            freed_bytes: told.freed,
        }
    }
}

impl From<Hold> for HeldTrace {
    fn from(hold: Hold) -> Self {
        let Hold { trace_id, since, by, note } = hold;
        Self { trace_id: trace_id.to_string(), since: since.to_string(), by, note }
    }
}

#[cfg(test)]
mod tests {
    use quipu_core::RetentionPreset;

    use super::*;

    /// The schema is separate from the parsed type, so both must have the same fields.
    #[test]
    fn the_rules_look_as_they_are_described() {
        let text = r#"{"preset":"short","traces":"1d","logs":"2d","metrics":"3d","costs":"4d","max_bytes":"1GiB",
            "rule":[{"service":"a","project":"b","traces":"1d","logs":"2d","metrics":"3d","costs":"4d"}]}"#;
        let described: RetentionRules = serde_json::from_str(text).unwrap();
        let read: Retention = serde_json::from_str(text).unwrap();
        assert_eq!(read.preset, RetentionPreset::Short);
        assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::to_value(&described).unwrap());
    }
}
