//! Rows of lists: alerts, rules, history and silences.

use std::collections::BTreeMap;

use quipu_core::Timestamp;
use serde::Serialize;

use crate::RuleConfig;

/// Current state of one group of a rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AlertRow {
    /// Rule.
    pub rule: String,
    /// Keys and values of the group.
    pub group: BTreeMap<String, String>,
    /// `ok`, `pending`, `firing`, `no_data` or `error`.
    pub state: String,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// Latest value; null without records.
    pub value: Option<f64>,
    /// Threshold.
    pub threshold: f64,
    /// Begin of the state; null before the first evaluation.
    pub since: Option<String>,
    /// Id of the open episode; null without one.
    pub episode: Option<String>,
    /// Why the latest evaluation failed; null if it did not.
    pub error: Option<String>,
}

/// Source of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleSource {
    /// The config file; read-only.
    File,
    /// Set by the HTTP interface, the dashboard or the command line.
    Stored,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleRow {
    /// Name.
    pub name: String,
    /// Source.
    pub source: RuleSource,
    /// Its keys, as they were given.
    pub config: RuleConfig,
    /// Its keys with those of the preset.
    pub effective: RuleConfig,
    /// Groups beyond the limit at the latest evaluation; they are not judged.
    pub left_out: usize,
}

/// Filter of the history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryAsk {
    /// Rule; all if `None`.
    pub rule: Option<String>,
    /// State of the episode; all if `None`.
    pub state: Option<String>,
    /// Began at or after.
    pub since: Option<Timestamp>,
    /// Began before.
    pub until: Option<Timestamp>,
    /// Incident; all if `None`.
    pub incident: Option<i64>,
    /// Most rows.
    pub limit: usize,
}

/// A past or open episode.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EpisodeRow {
    /// Id.
    pub id: String,
    /// Rule.
    pub rule: String,
    /// Keys and values of the group.
    pub group: BTreeMap<String, String>,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// `firing`, `resolved` or `withdrawn`.
    pub state: String,
    /// Begin.
    pub started_at: String,
    /// End; null while it is open.
    pub ended_at: Option<String>,
    /// Worst value; null if there were no records.
    pub peak: Option<f64>,
    /// Threshold.
    pub threshold: f64,
    /// Ids of the traces that weigh most.
    pub traces: Vec<String>,
    /// User that acknowledged it; null without one.
    pub acknowledged_by: Option<String>,
    /// Time of the acknowledgement; null without one.
    pub acknowledged_at: Option<String>,
    /// Notices about it, the earliest first.
    pub notices: Vec<NoticeRow>,
}

/// A notice in the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeRow {
    /// Channel.
    pub channel: String,
    /// Time of the delivery; of its cause if it is not delivered.
    pub at: String,
    /// `waiting`, `sent`, `dead`, `superseded` or `silenced`.
    pub status: String,
    /// `firing`, `resolved`, `withdrawn` or `acknowledged`.
    pub reason: String,
    /// Last error, or the silence that holds it; null without one.
    pub note: Option<String>,
}

/// A silence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SilenceRow {
    /// Id.
    pub id: String,
    /// Values by key: `rule`, `severity` or a key of the group.
    pub matchers: BTreeMap<String, String>,
    /// User that set it.
    pub author: String,
    /// Reason.
    pub reason: String,
    /// Begin.
    pub starts_at: String,
    /// End.
    pub ends_at: String,
    /// Whether it is in force.
    pub active: bool,
}

/// A new silence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Silencing {
    /// Values by key; at least one.
    pub matchers: BTreeMap<String, String>,
    /// User that sets it.
    pub author: String,
    /// Reason.
    pub reason: String,
    /// Duration in nanoseconds, from now.
    pub lasts: i64,
}
