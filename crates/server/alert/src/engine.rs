//! Evaluation of all rules at one time, and the changes that follow from it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use quipu_core::{Timestamp, TraceFilter, TraceStatus};
use ring::digest::{SHA256, digest};

use crate::file::{Changes, EpisodeChange, GroupRecord};
use crate::kind::Kind;
use crate::span::span_text;
use crate::{
    AlertError, Alerts, Bound, Change, Figure, Measured, MeasuredGroup, NoData, Notice, NoticeStatus, Phase,
    Rule, Seen,
};

/// New episodes of one evaluation that get traces as evidence; the others have their example only.
const WITH_EVIDENCE: usize = 10;

/// Observation of one group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Observation {
    pub group: BTreeMap<String, String>,
    pub seen: Seen,
    pub example: Option<quipu_core::TraceId>,
}

/// Observations at earlier evaluations, read again.
type Corrected = BTreeMap<Timestamp, Observed>;

/// Observations of a rule, by the group as JSON.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    pub groups: BTreeMap<String, Observation>,
    pub left_out: usize,
    pub error: Option<String>,
}

/// The group as the key of states and episodes.
pub(crate) fn group_key(group: &BTreeMap<String, String>) -> String {
    serde_json::to_string(group).unwrap_or_default()
}

/// Id of an episode. The same rule, group and time give the same id, so a repeated evaluation after a crash
/// gives receivers the same key.
pub(crate) fn episode_id(rule: &str, grp: &str, fired_at: Timestamp) -> String {
    let sum = digest(&SHA256, format!("{rule}\0{grp}\0{}", fired_at.nanos()).as_bytes());
    sum.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Converts the answer to the query of a rule.
pub(crate) fn observations(rule: &Rule, measured: &Measured) -> Observed {
    let observe = |group: &MeasuredGroup| {
        let keys = rule.group_by.iter().zip(&group.key);
        let names: BTreeMap<String, String> =
            keys.map(|(key, value)| (key.clone(), value.clone().unwrap_or_default())).collect();
        let seen = value_of(rule, group).map_or(Seen::NoData, Seen::Value);
        (group_key(&names), Observation { group: names, seen, example: group.figures.example })
    };
    Observed {
        groups: measured.groups.iter().map(observe).collect(),
        left_out: measured.left_out,
        error: None,
    }
}

/// Value of a group; `None` without enough records.
pub(crate) fn value_of(rule: &Rule, group: &MeasuredGroup) -> Option<f64> {
    if rule.config.min_count.is_some() && group.figures.count < rule.min_count {
        return None;
    }
    if rule.consecutive == 1 {
        return rule.figure.read(&group.figures, rule.window);
    }
    let values: Vec<f64> = group.points.iter().filter_map(|(_, point)| point.value).collect();
    let last = values.get(values.len().checked_sub(rule.consecutive)?..)?;
    // All of them are wrong exactly if the least wrong one is.
    let better = |one: f64, other: f64| match rule.law.bound {
        Bound::Above(_) => one.min(other),
        Bound::Below(_) => one.max(other),
    };
    last.iter().copied().reduce(better)
}

/// Observation of a known group that the answer does not have: sums are 0, all else is without data.
fn absent(rule: &Rule) -> Seen {
    match rule.figure {
        Figure::Cost
        | Figure::CostPerHour
        | Figure::Tokens
        | Figure::Count
        | Figure::Errors
        | Figure::Unpriced
        | Figure::Triggered => Seen::Value(0.0),
        _ => Seen::NoData,
    }
}

impl Alerts {
    /// Evaluates every rule whose time has come, and stores the changes with their notices.
    ///
    /// # Errors
    /// The alert file cannot be written. The next evaluation then finds the same changes.
    pub async fn evaluate(&self, now: Timestamp) -> Result<(), AlertError> {
        let due: Vec<(Rule, Timestamp)> = {
            let live = self.0.live.lock();
            let time = |rule: &Rule| now.floor(rule.interval(self.0.times.every));
            let is_due = |rule: &Rule| live.evaluated.get(&rule.name).is_none_or(|last| *last < time(rule));
            let due = live.rules.values().map(|(rule, _)| rule).filter(|rule| is_due(rule));
            due.map(|rule| (rule.clone(), time(rule))).collect()
        };
        for (rule, at) in due {
            self.evaluate_rule(&rule, at).await?;
        }
        self.keep_incidents(now).await?;
        self.follow_up(now).await
    }

    async fn evaluate_rule(&self, rule: &Rule, at: Timestamp) -> Result<(), AlertError> {
        let observed = match self.observe(rule, at).await {
            Ok(observed) => observed,
            Err(error) => Observed { error: Some(error.to_string()), ..Observed::default() },
        };
        let known = self.0.live.lock().groups.get(&rule.name).cloned().unwrap_or_default();
        let (groups, changes) = self.apply(rule, &observed, known, at).await;
        let wait = self.0.times.wait;
        self.with_file(move |file| file.apply(&changes, at, wait)).await?;
        let mut live = self.0.live.lock();
        // The rule may have been removed or replaced meanwhile.
        if live.rules.get(&rule.name).is_some_and(|(current, _)| current == rule) {
            live.groups.insert(rule.name.clone(), groups);
            live.left_out.insert(rule.name.clone(), observed.left_out);
            live.evaluated.insert(rule.name.clone(), at);
        }
        Ok(())
    }

    /// Figures of a rule for the window that ends at `at`.
    pub(crate) async fn observe(&self, rule: &Rule, at: Timestamp) -> Result<Observed, AlertError> {
        match rule.kind {
            Kind::Budget => {
                let accounts =
                    self.0.measure.budget(rule.config.budget.as_deref().unwrap_or_default()).await?;
                let observe = |account: crate::BudgetShare| {
                    let seen = Seen::Value(account.share);
                    (group_key(&account.scope), Observation { group: account.scope, seen, example: None })
                };
                Ok(Observed { groups: accounts.into_iter().map(observe).collect(), ..Observed::default() })
            }
            Kind::BurnRate => {
                let slo = rule.config.slo.as_ref().and_then(|name| self.0.slos.get(name));
                let seen = match slo {
                    Some(slo) => slo.severity(&*self.0.measure, at).await?.map_or(Seen::NoData, Seen::Value),
                    None => Seen::Error,
                };
                let one = Observation { group: BTreeMap::new(), seen, example: None };
                Ok(Observed { groups: [(group_key(&one.group), one)].into(), ..Observed::default() })
            }
            _ => {
                let measured = self.0.measure.figures(&rule.ask(at, None)?, at).await?;
                Ok(observations(rule, &measured))
            }
        }
    }

    /// Steps every group, and collects what has to be stored.
    async fn apply(
        &self,
        rule: &Rule,
        observed: &Observed,
        mut known: BTreeMap<String, GroupRecord>,
        at: Timestamp,
    ) -> (BTreeMap<String, GroupRecord>, Changes) {
        let (mut groups, mut changes) = (BTreeMap::new(), Changes::default());
        let mut corrected = Corrected::new();
        let mut keys: BTreeSet<String> = known.keys().chain(observed.groups.keys()).cloned().collect();
        if observed.error.is_some() && keys.is_empty() {
            keys.insert(group_key(&BTreeMap::new()));
        }
        for grp in keys {
            let found = observed.groups.get(&grp);
            let before = known.remove(&grp);
            let mut record = before.clone().unwrap_or_default();
            if before.is_none() {
                record.state.since = at;
            }
            if let Some(found) = found {
                record.group.clone_from(&found.group);
            }
            record.error.clone_from(&observed.error);
            let seen = match found {
                _ if observed.error.is_some() => Seen::Error,
                Some(found) => found.seen,
                // The group may be among those beyond the limit.
                None if observed.left_out > 0 => Seen::Error,
                None => absent(rule),
            };
            let law = law_of(rule, &record.group);
            let peak = record.state.peak;
            let change = record.state.step(&law, seen, at);
            let example = found.and_then(|found| found.example);
            match change {
                Some(Change::Fired) => self.begin(rule, &grp, &mut record, example, at, &mut changes).await,
                Some(Change::Resolved) => {
                    self.end(rule, &grp, &mut record, at, &mut changes, &mut corrected).await
                }
                None if record.state.phase == Phase::Firing && record.state.peak != peak => {
                    changes.episodes.extend(self.episode(rule, &grp, &record, NoticeStatus::Firing, None));
                }
                None => {}
            }
            let is_idle = record.state.is_idle();
            if !is_idle {
                changes.states.push((rule.name.clone(), grp.clone(), Some(record.clone())));
            } else if before.as_ref().is_some_and(|before| !before.state.is_idle()) {
                changes.states.push((rule.name.clone(), grp.clone(), None));
            }
            if !is_idle || found.is_some() {
                groups.insert(grp, record);
            }
        }
        (groups, changes)
    }

    async fn begin(
        &self,
        rule: &Rule,
        grp: &str,
        record: &mut GroupRecord,
        example: Option<quipu_core::TraceId>,
        at: Timestamp,
        changes: &mut Changes,
    ) {
        record.episode = Some(episode_id(&rule.name, grp, at));
        record.traces = match changes.episodes.len() < WITH_EVIDENCE {
            true => self.evidence(rule, record, example, at).await,
            false => example.iter().map(ToString::to_string).collect(),
        };
        let Some(change) = self.episode(rule, grp, record, NoticeStatus::Firing, None) else { return };
        changes.notices.extend(rule.channels.iter().map(|channel| (channel.clone(), change.notice.clone())));
        changes.episodes.push(change);
    }

    async fn end(
        &self,
        rule: &Rule,
        grp: &str,
        record: &mut GroupRecord,
        at: Timestamp,
        changes: &mut Changes,
        corrected: &mut Corrected,
    ) {
        let status = match self.is_withdrawn(rule, grp, record, corrected).await {
            true => NoticeStatus::Withdrawn,
            false => NoticeStatus::Resolved,
        };
        if let Some(change) = self.episode(rule, grp, record, status, Some(at)) {
            let id = change.notice.episode.clone();
            let told = self.with_file(move |file| file.told_channels(&id)).await;
            let told = told.unwrap_or_else(|_| rule.channels.clone());
            let takes = |name: &String| {
                self.0.channels.get(name).is_some_and(|channel| channel.takes(change.notice.status))
            };
            changes
                .notices
                .extend(told.into_iter().filter(takes).map(|channel| (channel, change.notice.clone())));
            changes.episodes.push(change);
        }
        record.episode = None;
        record.traces.clear();
    }

    /// Whether the corrected figures of the time when the episode began are on the right side.
    async fn is_withdrawn(
        &self,
        rule: &Rule,
        grp: &str,
        record: &GroupRecord,
        corrected: &mut Corrected,
    ) -> bool {
        if matches!(rule.kind, Kind::Budget | Kind::BurnRate) {
            return false;
        }
        let fired_at = record.state.fired_at;
        let observed = match corrected.entry(fired_at) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => match self.observe(rule, fired_at).await {
                Ok(observed) => unknown.insert(observed),
                Err(_) => return false,
            },
        };
        match observed.groups.get(grp).map_or_else(|| absent(rule), |found| found.seen) {
            Seen::Value(value) => !rule.law.bound.is_broken(value),
            Seen::NoData => rule.law.no_data == NoData::Ok,
            Seen::Error => false,
        }
    }

    fn episode(
        &self,
        rule: &Rule,
        grp: &str,
        record: &GroupRecord,
        status: NoticeStatus,
        ended_at: Option<Timestamp>,
    ) -> Option<EpisodeChange> {
        let link = |first: &String| format!("{}/traces/{first}", self.0.url);
        let first = record.traces.first().filter(|_| !self.0.url.is_empty());
        let notice = Notice {
            status,
            rule: rule.name.clone(),
            severity: rule.severity,
            group: record.group.clone(),
            value: record.state.value,
            threshold: rule.law.bound.threshold(),
            side: if matches!(rule.law.bound, Bound::Above(_)) { "above" } else { "below" }.to_owned(),
            window: span_text(rule.window),
            started_at: record.state.fired_at.to_string(),
            ended_at: ended_at.map(|at| at.to_string()),
            episode: record.episode.clone()?,
            traces: record.traces.clone(),
            url: first.map_or_else(|| self.0.url.clone(), link),
            summary: rule.config.summary.clone().unwrap_or_default(),
        };
        Some(EpisodeChange {
            grp: grp.to_owned(),
            started_at: record.state.fired_at,
            ended_at,
            peak: record.state.peak,
            notice,
        })
    }

    /// The example of the group, then its traces that weigh most; three at most.
    async fn evidence(
        &self,
        rule: &Rule,
        record: &GroupRecord,
        example: Option<quipu_core::TraceId>,
        at: Timestamp,
    ) -> Vec<String> {
        if matches!(rule.kind, Kind::Budget | Kind::BurnRate | Kind::Metric) {
            return example.iter().map(ToString::to_string).collect();
        }
        let Ok(ask) = rule.ask(at, None) else { return Vec::new() };
        let mut filter = ask.filter;
        if rule.figure.rank() == "errors" {
            filter.status = filter.status.or(Some(TraceStatus::Error));
        }
        let narrowed = record.group.iter().all(|(key, value)| narrow(&mut filter, key, value));
        let found = match narrowed {
            true => self.0.measure.heaviest(&filter, rule.figure.rank()).await.unwrap_or_default(),
            false => Vec::new(),
        };
        let mut traces: Vec<String> = Vec::new();
        for id in found.into_iter().chain(example).map(|id| id.to_string()) {
            if traces.len() < 3 && !traces.contains(&id) {
                traces.push(id);
            }
        }
        traces
    }
}

/// The law of a rule. A group that is gone is at rest unless the rule says otherwise: a user or model without
/// records must not fire for ever.
pub(crate) fn law_of(rule: &Rule, group: &BTreeMap<String, String>) -> crate::Law {
    let mut law = rule.law;
    if rule.config.no_data.is_none() && !group.is_empty() {
        law.no_data = NoData::Ok;
    }
    law
}

/// Narrows a filter to a group; `false` if traces have no such filter.
fn narrow(filter: &mut TraceFilter, key: &str, value: &str) -> bool {
    let field = match key {
        "model" => &mut filter.model,
        "agent" => &mut filter.agent,
        "tool" => &mut filter.tool,
        "service" => &mut filter.service,
        "framework" => &mut filter.framework,
        "session" => &mut filter.session,
        "user" => &mut filter.user,
        "tag" => &mut filter.tag,
        "project" => &mut filter.project,
        _ => return false,
    };
    *field = (!value.is_empty()).then(|| value.to_owned());
    !value.is_empty()
}
