//! Incidents as lists and pages have them, and the changes that a user can make.

use std::collections::BTreeMap;

use quipu_core::Timestamp;
use serde::Serialize;

use crate::{EpisodeRow, Severity};

/// An incident: related episodes, with the people and notes around them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IncidentRow {
    /// Number.
    pub id: i64,
    /// Title.
    pub title: String,
    /// Largest severity of its episodes, or the one that a user set.
    pub severity: String,
    /// `open` or `closed`.
    pub state: String,
    /// Begin: that of its first episode, or the time when a user opened it.
    pub opened_at: String,
    /// User or `rule NAME`.
    pub opened_by: String,
    /// End: that of its last episode, or the time when a user closed it; null while it is open.
    pub closed_at: Option<String>,
    /// User or `resolution`; null while it is open.
    pub closed_by: Option<String>,
    /// Owner; null without one.
    pub owner: Option<String>,
    /// Rules of its episodes.
    pub rules: Vec<String>,
    /// Number of its episodes.
    pub episodes: u64,
    /// Number of its episodes that are open.
    pub firing: u64,
}

/// A moment of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IncidentMoment {
    /// Time.
    pub at: String,
    /// `opened`, `episode`, `ended`, `withdrawn`, `acknowledged`, `owner`, `title`, `severity`, `note`,
    /// `linked`, `trace`, `closed` or `reopened`.
    pub kind: String,
    /// User, or `quipu`.
    pub author: String,
    /// Text of the note, or what happened.
    pub text: String,
    /// Id of the episode; null without one.
    pub episode: Option<String>,
}

/// Figures of the calls between begin and end of an incident, and of the same length of time before.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct IncidentFigures {
    /// Keys and values that all its episodes share; the figures are of these calls only.
    pub scope: BTreeMap<String, String>,
    /// Seconds from its begin to its end, or to now.
    pub seconds: f64,
    /// Cost of the calls in US dollars; null without a price.
    pub cost_usd: Option<String>,
    /// Calls.
    pub calls: u64,
    /// Failed calls.
    pub errors: u64,
    /// Calls without a price.
    pub unpriced: u64,
    /// Cost in the same length of time before.
    pub cost_before_usd: Option<String>,
    /// Calls in the same length of time before.
    pub calls_before: u64,
    /// Failed calls in the same length of time before.
    pub errors_before: u64,
}

/// An incident with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Incident {
    /// The incident.
    pub row: IncidentRow,
    /// Its episodes, the latest first; 200 at most.
    pub episodes: Vec<EpisodeRow>,
    /// Ids of linked traces: those that users linked, then those of its episodes.
    pub traces: Vec<String>,
    /// What happened, the earliest first.
    pub timeline: Vec<IncidentMoment>,
    /// Figures while it lasted; null if the store cannot be read.
    pub figures: Option<IncidentFigures>,
}

/// Filter of the list of incidents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IncidentAsk {
    /// Only open ones, or only closed ones.
    pub is_open: Option<bool>,
    /// Was open at or after.
    pub since: Option<Timestamp>,
    /// Began before.
    pub until: Option<Timestamp>,
    /// Most rows.
    pub limit: usize,
}

/// A change by a user. An omitted field stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncidentChange {
    /// New title.
    pub title: Option<String>,
    /// New severity.
    pub severity: Option<Severity>,
    /// New owner; empty for none.
    pub owner: Option<String>,
    /// Note to add.
    pub note: Option<String>,
    /// Episodes to link. An episode of another incident moves.
    pub episodes: Vec<String>,
    /// Traces to link.
    pub traces: Vec<String>,
    /// Opens or closes it.
    pub is_open: Option<bool>,
}
