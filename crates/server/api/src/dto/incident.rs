//! Incidents, their timeline and figures.

use std::collections::BTreeMap;

use quipu_alert::{Incident as Whole, IncidentFigures, IncidentMoment, IncidentRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::alert::AlertEpisode;
use super::mirrored::mirrored;

mirrored! {
    /// An incident: related episodes, with the people and notes around them.
    Incident of IncidentRow {
        /// Number.
        id: i64,
        /// Title.
        title: String,
        /// `info`, `warning` or `critical`.
        severity: String,
        /// `open` or `closed`.
        state: String,
        /// Begin: that of its first episode, or the time when a user opened it.
        opened_at: String,
        /// User or key that opened it, or `rule NAME`.
        opened_by: String,
        /// End: that of its last episode, or the time when a user closed it; null while it is open.
        closed_at: Option<String>,
        /// User or key that closed it, or `resolution`; null while it is open.
        closed_by: Option<String>,
        /// Owner; null without one.
        owner: Option<String>,
        /// Rules of its episodes, 20 at most.
        rules: Vec<String>,
        /// Number of its episodes.
        episodes: u64,
        /// Number of its episodes that are open.
        firing: u64,
    }

    /// A moment of an incident.
    IncidentEvent of IncidentMoment {
        /// Time.
        at: String,
        /// `opened`, `episode`, `ended`, `withdrawn`, `acknowledged`, `owner`, `title`, `severity`, `note`,
        /// `linked`, `trace`, `closed` or `reopened`.
        kind: String,
        /// User or key, or `quipu`.
        author: String,
        /// Text of a note, name of an episode, or new value.
        text: String,
        /// Id of the episode; null without one.
        episode: Option<String>,
    }

    /// Figures of the calls between begin and end of an incident, and of the same length of time before.
    IncidentTotals of IncidentFigures {
        /// Keys and values that all its episodes share; the figures are of these calls only.
        scope: BTreeMap<String, String>,
        /// Seconds from its begin to its end, or to now.
        seconds: f64,
        /// Cost of the calls; null without a price.
        cost_usd: Option<String>,
        /// Calls.
        calls: u64,
        /// Failed calls.
        errors: u64,
        /// Calls without a price, which the cost does not contain.
        unpriced: u64,
        /// Cost in the same length of time before.
        cost_before_usd: Option<String>,
        /// Calls in the same length of time before.
        calls_before: u64,
        /// Failed calls in the same length of time before.
        errors_before: u64,
    }
}

/// Incidents, open ones first, then the latest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IncidentsAnswer {
    /// Incidents.
    pub incidents: Vec<Incident>,
}

/// An incident with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IncidentAnswer {
    /// The incident.
    pub incident: Incident,
    /// Its episodes, the latest first; 200 at most.
    pub episodes: Vec<AlertEpisode>,
    /// Ids of linked traces, 100 at most: those that users linked, then those of its episodes.
    pub traces: Vec<String>,
    /// What happened, the earliest first.
    pub timeline: Vec<IncidentEvent>,
    /// Figures while it lasted; null if the store cannot be read.
    pub figures: Option<IncidentTotals>,
}

impl From<Whole> for IncidentAnswer {
    fn from(of: Whole) -> Self {
        Self {
            incident: of.row.into(),
            episodes: of.episodes.into_iter().map(Into::into).collect(),
            traces: of.traces,
            timeline: of.timeline.into_iter().map(Into::into).collect(),
            figures: of.figures.map(Into::into),
        }
    }
}

/// Parameters of the list of incidents.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes the parameters of a route")]
pub struct IncidentParams {
    /// `open` or `closed`; all if omitted.
    state: Option<String>,
    /// Was open at or after.
    since: Option<String>,
    /// Began before.
    until: Option<String>,
    /// Most rows, 1 to 1,000; default 50.
    limit: Option<u64>,
}

/// A new incident, or a change of one. An omitted field stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IncidentAsk {
    /// Title, at most 200 characters; a new incident needs one.
    pub title: Option<String>,
    /// `info`, `warning` (default) or `critical`.
    pub severity: Option<String>,
    /// Owner, at most 100 characters; an empty text removes the owner.
    pub owner: Option<String>,
    /// Note to add, at most 4,000 characters.
    pub note: Option<String>,
    /// Ids of episodes to link, at most 100. An episode of another incident moves.
    pub episodes: Vec<String>,
    /// Ids of traces to link, at most 100.
    pub traces: Vec<String>,
    /// `open` or `closed`.
    pub state: Option<String>,
}
