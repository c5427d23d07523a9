//! Evaluation of all rules at one time, and the changes that follow from it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use quipu_core::Timestamp;
use ring::digest::{SHA256, digest};

use crate::actions::PREFIX;
use crate::evidence::LookedUp;
use crate::file::{Changes, EpisodeChange, EpisodeFacts, GroupRecord, Groups};
use crate::group_key::{group_key, group_of};
use crate::kind::Kind;
use crate::observed::Observed;
use crate::observed::absent;
use crate::shared::Asked;
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
    asked: Option<Asked>,
}

impl Due {
    /// Statements come last, so that a slow one delays no other rule of its round. The one that waited
    /// longest is the first of them. Other rules go by the family of their query, or by the query if it has
    /// none.
    fn order(&self) -> (Option<(Timestamp, String)>, String) {
        let is_statement = self.rule.kind == Kind::Sql;
        let waited = is_statement.then(|| (self.last.unwrap_or_default(), self.rule.name.clone()));
        let query = self.asked.as_ref().map(|Asked { ask, family }| match family {
            Some(family) => family.name.clone(),
            None => format!("{:?} {ask:?}", ask.rank),
        });
        (waited, query.unwrap_or_default())
    }
}

impl Alerts {
    /// Evaluates every rule whose time has come, and stores the changes with their notices.
    ///
    /// # Errors
    /// The alert file cannot be written. The next evaluation then finds the same changes.
    pub async fn evaluate(&self, now: Timestamp) -> Result<(), AlertError> {
        let due = self.due_rules(now);
        let round = self.0.shared.round(due.iter().filter_map(|due| due.asked.as_ref()));
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
        let mut due: Vec<Due> = due
            .map(|rule| {
                let (rule, at, last) = (Arc::clone(rule), time(rule), last(rule));
                let ask = if rule.kind.is_queried() { rule.ask(at, None).ok() } else { None };
                Due { asked: ask.map(|ask| self.0.shared.asked(ask)), rule, at, last }
            })
            .collect();
        due.sort_by_cached_key(Due::order);
        due
    }

    async fn evaluate_rule(&self, rule: &Arc<Rule>, at: Timestamp) -> Result<(), AlertError> {
        let known = self.0.live.lock().groups.get(&rule.name).cloned().unwrap_or_default();
        let observed = match self.observe(rule, at, &known).await {
            Ok(observed) => observed,
            Err(error) => Observed { error: Some(error.to_string()), ..Observed::default() },
        };
        let (groups, changes) = self.apply(rule, &observed, known, at).await;
        if !changes.is_empty() {
            self.with_file(move |file| file.apply(&changes, at)).await?;
        }
        self.note_evaluation(rule, observed.error.as_deref(), at).await?;
        let mut live = self.0.live.lock();
        // The rule may have been removed or replaced meanwhile.
        if live.rules.get(&rule.name).is_some_and(|(current, _)| Arc::ptr_eq(current, rule)) {
            live.groups.insert(rule.name.clone(), Arc::new(groups));
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
        known: Arc<Groups>,
        at: Timestamp,
    ) -> (Groups, Changes) {
        let (mut groups, mut changes) = (Vec::with_capacity(observed.groups.len()), Changes::default());
        let mut known_figures = LookedUp::of(&known);
        let keys = known.keys().map(|key| &**key).chain(observed.groups.keys().map(String::as_str));
        let mut keys: BTreeSet<&str> = keys.collect();
        let whole = group_key(&BTreeMap::new());
        if observed.error.is_some() && keys.is_empty() {
            keys.insert(&whole);
        }
        let error: Option<Arc<str>> = observed.error.as_deref().map(Arc::from);
        for grp in keys {
            let found = observed.groups.get(grp);
            let before = known.get(grp);
            let is_beyond = found.is_none() && observed.left_out > 0 && !observed.is_searched;
            if is_beyond && before.is_some_and(|before| before.state.is_idle()) {
                // A group at rest beyond the limit is forgotten, as one without records is.
                continue;
            }
            let mut record = before.cloned().unwrap_or_default();
            if before.is_none() {
                record.state.since = at;
            }
            record.error.clone_from(&error);
            let seen = match found {
                _ if observed.error.is_some() => Seen::Error,
                Some(found) => found.seen,
                None if is_beyond => Seen::Error,
                None => absent(rule),
            };
            let law = law_of(rule, grp == whole);
            let peak = record.state.peak;
            let change = record.state.step(&law, seen, at);
            let example = found.and_then(|found| found.example);
            match change {
                Some(Change::Fired) => {
                    self.begin(rule, grp, &mut record, (example, at), &mut changes, &mut known_figures).await;
                }
                Some(Change::Raised) => self.tell(rule, grp, &record, &mut changes),
                Some(Change::Resolved) => {
                    self.end(rule, grp, &mut record, at, &mut changes, &mut known_figures).await
                }
                None if record.state.phase == Phase::Firing && record.state.peak != peak => {
                    changes.episodes.extend(self.episode(rule, grp, &record, NoticeStatus::Firing, None));
                }
                None => {}
            }
            let is_idle = record.state.is_idle();
            if !is_idle {
                let is_stored = before.is_some_and(|before| record.is_stored_as(before, law.keep));
                if !is_stored {
                    changes.states.push((rule.name.clone(), grp.to_owned(), Some(record.clone())));
                }
            } else if before.is_some_and(|before| !before.state.is_idle()) {
                changes.states.push((rule.name.clone(), grp.to_owned(), None));
            }
            if !is_idle || found.is_some() {
                groups.push((Box::from(grp), record));
            }
        }
        (groups.into_iter().collect(), changes)
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
        let group = group_of(grp);
        let traces = match changes.episodes.len() < WITH_EVIDENCE && self.0.shared.may_look() {
            true => self.traces(rule, &group, example, at).await,
            false => example.iter().map(ToString::to_string).collect(),
        };
        let evidence = self.facts(rule, grp, at, known).await;
        let id = episode_id(&rule.name, grp, at);
        record.open = Some(Arc::new(EpisodeFacts { id, traces, evidence }));
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
        record.open = None;
    }

    /// Whether the corrected figures of the time when the episode began are on the right side.
    async fn is_withdrawn(&self, rule: &Rule, grp: &str, record: &GroupRecord, known: &mut LookedUp) -> bool {
        if rule.kind.has_no_past().is_some() {
            return false;
        }
        let Some(seen) = self.corrected(rule, grp, record.state.fired_at, known).await else { return false };
        match seen {
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
        let EpisodeFacts { id, traces, evidence } = record.open.as_deref()?.clone();
        let links: Vec<String> = match url.is_empty() {
            true => Vec::new(),
            false => traces.iter().map(link).collect(),
        };
        let notice = Notice {
            status,
            rule: rule.name.clone(),
            severity: rule.severity_of(&record.state),
            group: group_of(grp),
            value: record.state.value,
            threshold: record.threshold(rule),
            side: if matches!(rule.law.bound, Bound::Above(_)) { "above" } else { "below" }.to_owned(),
            window: if rule.kind.has_window() { span_text(rule.window) } else { String::new() },
            started_at: record.state.fired_at.to_string(),
            ended_at: ended_at.map(|at| at.to_string()),
            episode: id,
            traces,
            url: links.first().unwrap_or(url).clone(),
            links,
            before: evidence.before,
            changes: evidence.changes,
            look: evidence.look,
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
pub(crate) fn law_of(rule: &Rule, is_whole: bool) -> crate::Law {
    let mut law = rule.law;
    if rule.config.no_data.is_none() && !is_whole {
        law.no_data = NoData::Ok;
    }
    law
}
