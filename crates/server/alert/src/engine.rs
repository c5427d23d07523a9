//! Evaluation of all rules at one time, and the changes that follow from it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use quipu_core::Timestamp;
use quipu_query::FigureAsk;
use ring::digest::{SHA256, digest};

use crate::actions::PREFIX;
use crate::evidence::LookedUp;
use crate::file::{Changes, EpisodeChange, GroupRecord};
use crate::joined::Family;
use crate::kind::Kind;
use crate::observe::{Observed, absent, group_key};
use crate::span::span_text;
use crate::statement::ROUND;
use crate::{AlertError, Alerts, Bound, Change, NoData, Notice, NoticeStatus, Phase, Rule, Seen};

/// New episodes of one evaluation that get traces as evidence; the others have their example only.
const WITH_EVIDENCE: usize = 10;

/// Id of an episode. The same rule, group and time give the same id, so a repeated evaluation after a crash
/// gives receivers the same key.
pub(crate) fn episode_id(rule: &str, grp: &str, fired_at: Timestamp) -> String {
    let sum = digest(&SHA256, format!("{rule}\0{grp}\0{}", fired_at.nanos()).as_bytes());
    sum.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A rule whose time has come.
struct Due {
    rule: Arc<Rule>,
    at: Timestamp,
    /// The evaluation before.
    last: Option<Timestamp>,
    ask: Option<FigureAsk>,
    /// Statements come last, so that a slow one delays no other rule of its round. The one that waited
    /// longest is the first of them. Other rules go by the family of their query, and their query.
    order: (Option<(Timestamp, String)>, String, String),
}

impl Due {
    fn new(rule: Arc<Rule>, at: Timestamp, last: Option<Timestamp>) -> Self {
        let ask = if rule.kind.is_queried() { rule.ask(at, None).ok() } else { None };
        let family = ask.as_ref().and_then(Family::of).map(|family| family.name).unwrap_or_default();
        let rank = ask.as_ref().map(|ask| format!("{:?} {ask:?}", ask.rank)).unwrap_or_default();
        let is_statement = rule.kind == Kind::Sql;
        let waited = is_statement.then(|| (last.unwrap_or_default(), rule.name.clone()));
        Self { rule, at, last, ask, order: (waited, family, rank) }
    }
}

impl Alerts {
    /// Evaluates every rule whose time has come, and stores the changes with their notices.
    ///
    /// # Errors
    /// The alert file cannot be written. The next evaluation then finds the same changes.
    pub async fn evaluate(&self, now: Timestamp) -> Result<(), AlertError> {
        let due = self.due_rules(now);
        let round = self.0.shared.round(due.iter().filter_map(|due| due.ask.as_ref()));
        let mut statements = None;
        for Due { rule, at, last, .. } in due {
            let time = self.0.clock.now();
            if rule.kind == Kind::Sql && time.since(*statements.get_or_insert(time)) > ROUND {
                self.note_skipped(&rule, last, at).await?;
                continue;
            }
            self.evaluate_rule(&rule, at).await?;
        }
        drop(round);
        self.forget_unread(now).await?;
        self.keep_incidents(now).await?;
        self.follow_up(now).await
    }

    /// The rules whose time has come. Rules with similar queries follow one another, so that one answer of
    /// the store is for all of them.
    fn due_rules(&self, now: Timestamp) -> Vec<Due> {
        let live = self.0.live.lock();
        let time = |rule: &Rule| now.floor(rule.interval(self.0.times.every));
        let last = |rule: &Rule| live.evaluated.get(&rule.name).copied();
        let due = live.rules.values().map(|(rule, _)| rule);
        let due = due.filter(|rule| last(rule).is_none_or(|last| last < time(rule)));
        let due = due.map(|rule| Due::new(Arc::clone(rule), time(rule), last(rule)));
        let mut due: Vec<Due> = due.collect();
        due.sort_by(|one, other| one.order.cmp(&other.order));
        due
    }

    async fn evaluate_rule(&self, rule: &Arc<Rule>, at: Timestamp) -> Result<(), AlertError> {
        let observed = match self.observe(rule, at).await {
            Ok(observed) => observed,
            Err(error) => Observed { error: Some(error.to_string()), ..Observed::default() },
        };
        let known = self.0.live.lock().groups.get(&rule.name).cloned().unwrap_or_default();
        let (groups, changes) = self.apply(rule, &observed, known, at).await;
        if !changes.is_empty() {
            self.with_file(move |file| file.apply(&changes, at)).await?;
        }
        self.note_evaluation(rule, observed.error.as_deref(), at).await?;
        let mut live = self.0.live.lock();
        // The rule may have been removed or replaced meanwhile.
        if live.rules.get(&rule.name).is_some_and(|(current, _)| Arc::ptr_eq(current, rule)) {
            live.groups.insert(rule.name.clone(), groups);
            live.left_out.insert(rule.name.clone(), observed.left_out);
            live.evaluated.insert(rule.name.clone(), at);
        }
        Ok(())
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
        let mut known_figures = LookedUp::default();
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
                Some(Change::Fired) => {
                    self.begin(rule, &grp, &mut record, (example, at), &mut changes, &mut known_figures)
                        .await;
                }
                Some(Change::Raised) => self.tell(rule, &grp, &record, &mut changes),
                Some(Change::Resolved) => {
                    self.end(rule, &grp, &mut record, at, &mut changes, &mut known_figures).await
                }
                None if record.state.phase == Phase::Firing && record.state.peak != peak => {
                    changes.episodes.extend(self.episode(rule, &grp, &record, NoticeStatus::Firing, None));
                }
                None => {}
            }
            let is_idle = record.state.is_idle();
            if !is_idle {
                let is_stored = before.as_ref().is_some_and(|before| record.is_stored_as(before, law.keep));
                if !is_stored {
                    changes.states.push((rule.name.clone(), grp.clone(), Some(record.clone())));
                }
            } else if before.as_ref().is_some_and(|before| !before.state.is_idle()) {
                changes.states.push((rule.name.clone(), grp.clone(), None));
            }
            if !is_idle || found.is_some() {
                groups.insert(grp, record);
            }
        }
        (groups, changes)
    }

    /// Begins an episode: its evidence, its notices and its actions.
    async fn begin(
        &self,
        rule: &Rule,
        grp: &str,
        record: &mut GroupRecord,
        (example, at): (Option<quipu_core::TraceId>, Timestamp),
        changes: &mut Changes,
        known: &mut LookedUp,
    ) {
        record.episode = Some(episode_id(&rule.name, grp, at));
        record.traces = match changes.episodes.len() < WITH_EVIDENCE {
            true => self.traces(rule, record, example, at).await,
            false => example.iter().map(ToString::to_string).collect(),
        };
        record.evidence = self.facts(rule, &record.group, at, known).await;
        self.tell(rule, grp, record, changes);
        let Some(notice) = changes.episodes.last().map(|change| change.notice.clone()) else { return };
        let run = |action: &crate::actions::Action| (action.name(), notice.clone());
        changes.notices.extend(rule.actions.iter().map(run));
    }

    /// Adds the begin of an episode, or its new weight, with its notices.
    fn tell(&self, rule: &Rule, grp: &str, record: &GroupRecord, changes: &mut Changes) {
        let Some(change) = self.episode(rule, grp, record, NoticeStatus::Firing, None) else { return };
        let routed = self.0.routes.of(&change.notice, &rule.channels);
        changes.notices.extend(routed.into_iter().map(|(channel, _)| (channel, change.notice.clone())));
        changes.episodes.push(change);
    }

    async fn end(
        &self,
        rule: &Rule,
        grp: &str,
        record: &mut GroupRecord,
        at: Timestamp,
        changes: &mut Changes,
        known: &mut LookedUp,
    ) {
        let status = match self.is_withdrawn(rule, grp, record, known).await {
            true => NoticeStatus::Withdrawn,
            false => NoticeStatus::Resolved,
        };
        if let Some(change) = self.episode(rule, grp, record, status, Some(at)) {
            let id = change.notice.episode.clone();
            let told = self.with_file(move |file| file.reached_channels(&id)).await;
            let told = told.unwrap_or_else(|_| rule.channels.clone());
            let takes = |name: &String| {
                let channel = self.0.channels.get(name);
                channel.map_or_else(|| name.starts_with(PREFIX), |open| open.takes(change.notice.status))
            };
            changes
                .notices
                .extend(told.into_iter().filter(takes).map(|channel| (channel, change.notice.clone())));
            changes.episodes.push(change);
        }
        record.episode = None;
        (record.traces, record.evidence) = Default::default();
    }

    /// Whether the corrected figures of the time when the episode began are on the right side.
    async fn is_withdrawn(&self, rule: &Rule, grp: &str, record: &GroupRecord, known: &mut LookedUp) -> bool {
        if rule.kind.has_no_past().is_some() {
            return false;
        }
        let Some(observed) = self.corrected(rule, record.state.fired_at, known).await else { return false };
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
        let url = &self.0.url;
        let link = |trace: &String| format!("{url}/traces/{trace}");
        let links: Vec<String> = match url.is_empty() {
            true => Vec::new(),
            false => record.traces.iter().map(link).collect(),
        };
        let notice = Notice {
            status,
            rule: rule.name.clone(),
            severity: rule.severity_of(&record.state),
            group: record.group.clone(),
            value: record.state.value,
            threshold: record.threshold(rule),
            side: if matches!(rule.law.bound, Bound::Above(_)) { "above" } else { "below" }.to_owned(),
            window: if rule.kind.has_window() { span_text(rule.window) } else { String::new() },
            started_at: record.state.fired_at.to_string(),
            ended_at: ended_at.map(|at| at.to_string()),
            episode: record.episode.clone()?,
            traces: record.traces.clone(),
            url: links.first().unwrap_or(url).clone(),
            links,
            before: record.evidence.before,
            changes: record.evidence.changes.clone(),
            look: record.evidence.look.clone(),
            ack_url: String::new(),
            summary: rule.config.summary.clone().unwrap_or_default(),
            own_title: None,
            own_text: None,
        };
        Some(EpisodeChange {
            grp: grp.to_owned(),
            started_at: record.state.fired_at,
            ended_at,
            peak: record.state.peak,
            notice,
        })
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
