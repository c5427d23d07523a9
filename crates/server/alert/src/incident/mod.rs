//! Incidents: related episodes as one thing with an owner, notes, linked traces and a report.
//!
//! A rule with `incident = true` opens one. Another episode joins it while both share a rule, a value of a
//! group or a trace. It closes when all its episodes have ended for `incident_quiet`.

mod change;
mod file;
mod keep;
mod markdown;
mod rows;

use std::collections::BTreeMap;

use quipu_core::{Limits, Timestamp};
use quipu_query::Params;

pub use rows::{Incident, IncidentAsk, IncidentChange, IncidentFigures, IncidentMoment, IncidentRow};

use crate::notice::group_text;
use crate::{AlertError, Alerts, EpisodeRow, HistoryAsk, RuleFigures, Severity};

/// Most episodes of a page.
const EPISODES: usize = 200;
/// Most linked traces of a page.
const TRACES: usize = 100;

impl Alerts {
    /// Incidents, open ones first, then the latest.
    ///
    /// # Errors
    /// The alert file cannot be read.
    pub async fn incidents(&self, ask: IncidentAsk) -> Result<Vec<IncidentRow>, AlertError> {
        self.with_file(move |file| file.incidents(&ask)).await
    }

    /// An incident with its episodes, traces, timeline and figures.
    ///
    /// # Errors
    /// There is no such incident, or the alert file cannot be read.
    pub async fn incident(&self, id: i64) -> Result<Incident, AlertError> {
        let (row, log, linked) = self.with_file(move |file| file.incident(id)).await?;
        let ask = HistoryAsk { incident: Some(id), limit: EPISODES, ..HistoryAsk::default() };
        let episodes = self.history(ask).await?;
        let mut timeline = log;
        episodes.iter().for_each(|episode| timeline.extend(moments(episode)));
        timeline.sort_by(|one, other| one.at.cmp(&other.at));
        let mut traces = Vec::new();
        for trace in linked.into_iter().chain(episodes.iter().flat_map(|row| row.traces.clone())) {
            if traces.len() < TRACES && !traces.contains(&trace) {
                traces.push(trace);
            }
        }
        let figures = self.incident_figures(&row, &episodes).await;
        Ok(Incident { row, episodes, traces, timeline, figures })
    }

    /// The report of an incident as Markdown.
    ///
    /// # Errors
    /// As [`Self::incident`].
    pub async fn incident_report(&self, id: i64) -> Result<String, AlertError> {
        Ok(markdown::report(&self.incident(id).await?, &self.0.url))
    }

    /// Opens an incident by hand.
    ///
    /// # Errors
    /// It has no title, a text is too long, an episode or trace is unknown or malformed, or 200 incidents are
    /// open.
    pub async fn open_incident(&self, new: IncidentChange, by: &str) -> Result<IncidentRow, AlertError> {
        let title = new.title.clone().unwrap_or_default();
        if title.trim().is_empty() {
            return Err(change::wrong("title", "a text", &title));
        }
        change::check(&new)?;
        let (by, now) = (by.to_owned(), self.0.clock.now());
        let opening = file::Opening {
            title: title.trim().to_owned(),
            severity: new.severity.unwrap_or(Severity::Warning),
            at: now,
            by: by.clone(),
            by_rule: false,
        };
        let rest = IncidentChange { title: None, severity: None, is_open: None, ..new };
        self.with_file(move |file| {
            let id = file.open_incident(&opening, &rest)?;
            Ok(file.incident(id)?.0)
        })
        .await
    }

    /// Changes an incident: title, severity, owner, notes, links and state.
    ///
    /// # Errors
    /// There is no such incident, it has 1,000 entries, or a field has an invalid value.
    pub async fn change_incident(
        &self,
        id: i64,
        new: IncidentChange,
        by: &str,
    ) -> Result<IncidentRow, AlertError> {
        change::check(&new)?;
        let (by, now) = (by.to_owned(), self.0.clock.now());
        self.with_file(move |file| {
            file.change_incident(id, &new, &by, now)?;
            Ok(file.incident(id)?.0)
        })
        .await
    }

    async fn incident_figures(&self, row: &IncidentRow, episodes: &[EpisodeRow]) -> Option<IncidentFigures> {
        let since: Timestamp = row.opened_at.parse().ok()?;
        let now = self.0.clock.now();
        let until = row.closed_at.as_ref().and_then(|at| at.parse().ok()).unwrap_or(now);
        // A query needs a range; an incident that has just begun has none yet.
        let until = until.max(since.plus(Timestamp::SECOND));
        let length = until.since(since);
        let mut scope = shared_values(episodes);
        let mut while_it_lasted = self.calls(&scope, since, until).await;
        if while_it_lasted.is_none() && !scope.is_empty() {
            // A key of the group is not one of calls.
            scope.clear();
            while_it_lasted = self.calls(&scope, since, until).await;
        }
        let (figures, before) = (while_it_lasted?, self.calls(&scope, since.plus(-length), since).await?);
        Some(IncidentFigures {
            scope,
            seconds: length as f64 / Timestamp::SECOND as f64,
            cost_usd: figures.cost.map(|cost| cost.to_string()),
            calls: figures.count,
            errors: figures.errors,
            unpriced: figures.unpriced,
            cost_before_usd: before.cost.map(|cost| cost.to_string()),
            calls_before: before.count,
            errors_before: before.errors,
        })
    }

    async fn calls(
        &self,
        scope: &BTreeMap<String, String>,
        since: Timestamp,
        until: Timestamp,
    ) -> Option<RuleFigures> {
        let mut pairs = vec![
            ("from".to_owned(), "calls".to_owned()),
            ("since".to_owned(), since.to_string()),
            ("until".to_owned(), until.to_string()),
        ];
        pairs.extend(scope.iter().map(|(key, value)| (key.clone(), value.clone())));
        let ask = Params::new(pairs, until, &Limits::default()).figure_ask().ok()?;
        let measured = self.0.measure.figures(&ask, until).await;
        let measured =
            measured.inspect_err(|error| tracing::warn!(%error, "an incident has no figures")).ok()?;
        Some(measured.groups.into_iter().next().map(|group| group.figures).unwrap_or_default())
    }
}

/// Keys whose value is the same in all episodes.
fn shared_values(episodes: &[EpisodeRow]) -> BTreeMap<String, String> {
    let Some((first, rest)) = episodes.split_first() else { return BTreeMap::new() };
    let is_shared = |(key, value): &(&String, &String)| {
        !value.is_empty() && rest.iter().all(|row| row.group.get(*key) == Some(*value))
    };
    first.group.iter().filter(is_shared).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Begin, acknowledgement and end of an episode.
fn moments(episode: &EpisodeRow) -> Vec<IncidentMoment> {
    let group = group_text(&episode.group);
    let name = match group.is_empty() {
        true => episode.rule.clone(),
        false => format!("{} ({group})", episode.rule),
    };
    let moment = |at: &String, kind: &str, author: &str| IncidentMoment {
        at: at.clone(),
        kind: kind.to_owned(),
        author: author.to_owned(),
        text: name.clone(),
        episode: Some(episode.id.clone()),
    };
    let mut all = vec![moment(&episode.started_at, "episode", "quipu")];
    if let (Some(at), Some(by)) = (&episode.acknowledged_at, &episode.acknowledged_by) {
        all.push(moment(at, "acknowledged", by));
    }
    if let Some(at) = &episode.ended_at {
        let kind = if episode.state == "withdrawn" { "withdrawn" } else { "ended" };
        all.push(moment(at, kind, "quipu"));
    }
    all
}
