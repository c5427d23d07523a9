//! Data retention: rules, expired records, and held traces.

use quipu_core::{DayFate, Hold, Retention, Retired, RetiredFor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Periods are `forever`, or whole hours, days or weeks such as `12h`, `3d`, `2w`, counted from the end of a
/// record's day (UTC). They are read by Quipu's core; this is how they look.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetentionRules {
    /// `keep` (everything, the default), or `short`: traces 3 days, logs 7, metrics 30, costs for ever.
    pub preset: Option<String>,
    /// Spans with their texts.
    pub traces: Option<String>,
    /// Events.
    pub logs: Option<String>,
    /// Points of metrics.
    pub metrics: Option<String>,
    /// The ledger, and every sum of it; never less long than traces.
    pub costs: Option<String>,
    /// Bound on the store's files, such as `20GiB`.
    pub max_bytes: Option<String>,
    /// Other periods for some; the first that matches wins.
    pub rule: Vec<RetentionRuleSettings>,
}

/// Periods of a service's records, or of those of a project of version control.
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

/// The rules in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetentionAnswer {
    /// As they are set.
    #[schema(value_type = RetentionRules)]
    pub rules: Retention,
    /// Whether anything is ever removed by them.
    pub removes: bool,
    /// Traces that are held.
    pub holds: u64,
}

/// By which rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionAsk {
    /// Those in force when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<RetentionRules>)]
    pub rules: Option<Retention>,
}

/// Records that the rules remove, or removed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetiredAnswer {
    /// Whether this was a dry run: nothing was removed.
    pub dry_run: bool,
    /// Bytes of the store's files before.
    pub bytes: u64,
    /// Bytes freed; of a dry run about.
    pub freed_bytes: u64,
    /// Days of which something goes, oldest first.
    pub days: Vec<RetiredDay>,
    /// Bytes by which the store stays beyond its bound; null when it keeps it.
    pub over_bytes: Option<u64>,
    /// Why it does.
    pub over_reason: Option<String>,
    /// Days that could not be done now; the next run tries again.
    pub left: Vec<LeftDay>,
}

/// Removed records of a day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetiredDay {
    /// The day (UTC).
    pub day: String,
    /// `thinned`, or `removed`.
    pub fate: String,
    /// `age`, or `size`.
    pub why: String,
    /// Traces that lose their spans.
    pub traces: u64,
    /// Spans.
    pub spans: u64,
    /// Ledger rows.
    pub costs: u64,
    /// Events.
    pub events: u64,
    /// Points of metrics.
    pub points: u64,
    /// Traces that stay because they are held.
    pub held: u64,
    /// Bytes of its files before.
    pub bytes: u64,
    /// Bytes that this frees.
    pub freed_bytes: u64,
}

/// A day that could not be done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeftDay {
    /// The day (UTC).
    pub day: String,
    /// Why.
    pub reason: String,
}

/// Why a trace is to be held.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HoldAsk {
    /// In a few words, up to 500 characters.
    pub note: String,
}

/// A trace that no rule removes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeldTrace {
    /// The trace.
    pub trace_id: String,
    /// Since when.
    pub since: String,
    /// User who placed the hold; empty when unknown.
    pub by: String,
    /// Why.
    pub note: String,
}

/// Held traces, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HoldsAnswer {
    /// Holds.
    pub holds: Vec<HeldTrace>,
}

/// Whether there was a hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleasedAnswer {
    /// The trace was held until now.
    pub released: bool,
}

/// A day as `2026-03-02`.
fn day(start: quipu_core::Timestamp) -> String {
    start.to_string().chars().take(10).collect()
}

impl RetiredAnswer {
    /// Converts the report of the store.
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

    /// The schema is written apart from what is read: they must name the same fields.
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
