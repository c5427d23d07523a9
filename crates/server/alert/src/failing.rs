//! Channels that take no notices: an alert of its own on the next channel.

use std::collections::{BTreeMap, BTreeSet};

use quipu_core::{Error, Retry, Timestamp};

use crate::deliver::test_notice;
use crate::file::{Changes, EpisodeChange};
use crate::observe::group_key;
use crate::{AlertError, AlertRow, Alerts, Notice, NoticeStatus, Severity};

/// Rule of these episodes. No other rule has this name.
pub(crate) const RULE: &str = "channel-failing";
/// Attempts in a row that fail before the alert; one suffices if the receiver rejects the notice.
const ATTEMPTS: u32 = 3;
/// Channel of the alert if there is no other.
const LAST: &str = "log";

/// Errors of a channel since its latest success.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChannelErrors {
    attempts: u32,
    why: String,
    /// The open episode with its begin.
    episode: Option<(String, Timestamp)>,
}

/// Errors by channel.
pub(crate) type Failing = BTreeMap<String, ChannelErrors>;

/// The channels of open episodes in the alert file.
pub(crate) fn restored(open: Vec<(Notice, Timestamp)>) -> Failing {
    let errors = |(notice, since): (Notice, Timestamp)| {
        let channel = notice.group.get("channel")?.clone();
        let episode = Some((notice.episode, since));
        Some((channel, ChannelErrors { attempts: ATTEMPTS, why: notice.summary, episode }))
    };
    open.into_iter().filter_map(errors).collect()
}

impl Alerts {
    /// Counts an error of a channel, and begins its episode.
    pub(crate) async fn note_failure(
        &self,
        (name, fallback): (&str, Option<String>),
        rules: &BTreeSet<String>,
        error: &Error,
        now: Timestamp,
    ) -> Result<(), AlertError> {
        let (change, episode) = {
            let mut failing = self.0.failing.lock();
            let errors = failing.entry(name.to_owned()).or_default();
            errors.attempts = errors.attempts.saturating_add(1);
            errors.why = error.to_string();
            let is_enough = errors.attempts >= ATTEMPTS || error.retry() == Retry::No;
            if errors.episode.is_some() || !is_enough {
                return Ok(());
            }
            let group = BTreeMap::from([("channel".to_owned(), name.to_owned())]);
            let id = crate::engine::episode_id(RULE, &group_key(&group), now);
            errors.episode = Some((id.clone(), now));
            (self.failing_change(name, errors, (&id, now), None), id)
        };
        let to = self.next_channels(name, fallback, rules);
        let notices = to.into_iter().map(|to| (to, change.notice.clone())).collect();
        let changes = Changes { episodes: vec![change], notices, ..Changes::default() };
        let stored = self.with_file(move |file| file.apply(&changes, now)).await;
        if stored.is_err() {
            let mut failing = self.0.failing.lock();
            let errors = failing
                .get_mut(name)
                .filter(|errors| errors.episode.as_ref().is_some_and(|(open, _)| *open == episode));
            errors.into_iter().for_each(|errors| errors.episode = None);
        }
        stored
    }

    /// Forgets the errors of a channel, and ends its episode.
    pub(crate) async fn note_success(&self, name: &str, now: Timestamp) -> Result<(), AlertError> {
        let Some(errors) = self.0.failing.lock().remove(name) else { return Ok(()) };
        let Some((id, since)) = &errors.episode else { return Ok(()) };
        let change = self.failing_change(name, &errors, (id, *since), Some(now));
        let id = id.clone();
        self.with_file(move |file| {
            let reached = file.reached_channels(&id)?;
            let notices = reached.into_iter().map(|to| (to, change.notice.clone())).collect();
            file.apply(&Changes { episodes: vec![change], notices, ..Changes::default() }, now)
        })
        .await
    }

    fn failing_change(
        &self,
        name: &str,
        errors: &ChannelErrors,
        (id, since): (&str, Timestamp),
        ended_at: Option<Timestamp>,
    ) -> EpisodeChange {
        let group = BTreeMap::from([("channel".to_owned(), name.to_owned())]);
        let summary = match ended_at {
            Some(_) => format!("The channel {name} takes notices again."),
            None => format!("The channel {name} does not take notices: {}", errors.why),
        };
        let notice = Notice {
            status: if ended_at.is_some() { NoticeStatus::Resolved } else { NoticeStatus::Firing },
            group: group.clone(),
            value: Some(f64::from(errors.attempts)),
            window: String::new(),
            started_at: since.to_string(),
            ended_at: ended_at.map(|at| at.to_string()),
            episode: id.to_owned(),
            url: self.0.url.clone(),
            summary,
            ..test_notice(RULE, Severity::Critical)
        };
        let peak = notice.value;
        EpisodeChange { grp: group_key(&group), started_at: since, ended_at, peak, notice }
    }

    /// The fallback of a channel; without one, the other channels of the rules; without any, the log.
    fn next_channels(
        &self,
        name: &str,
        fallback: Option<String>,
        rules: &BTreeSet<String>,
    ) -> BTreeSet<String> {
        if let Some(fallback) = fallback {
            return BTreeSet::from([fallback]);
        }
        let live = self.0.live.lock();
        let mut others = BTreeSet::new();
        for (rule, _) in rules.iter().filter_map(|name| live.rules.get(name)) {
            let routed = self.0.routes.of(&test_notice(&rule.name, rule.severity), &rule.channels);
            others.extend(routed.into_iter().map(|(to, _)| to).filter(|to| to != name));
        }
        if others.is_empty() { BTreeSet::from([LAST.to_owned()]) } else { others }
    }

    /// Channels that take no notices, as rows of the list of alerts.
    pub(crate) fn failing_rows(&self) -> Vec<AlertRow> {
        let failing = self.0.failing.lock();
        let row = |(name, errors): (&String, &ChannelErrors)| {
            let (id, since) = errors.episode.as_ref()?;
            Some(AlertRow {
                rule: RULE.to_owned(),
                group: [("channel".to_owned(), name.clone())].into(),
                state: "firing".to_owned(),
                severity: Severity::Critical.as_str().to_owned(),
                value: Some(f64::from(errors.attempts)),
                threshold: 0.0,
                since: Some(since.to_string()),
                episode: Some(id.clone()),
                error: Some(errors.why.clone()),
            })
        };
        failing.iter().filter_map(row).collect()
    }
}
