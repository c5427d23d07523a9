//! Channels that take no notices: an alert of its own on the next channel.

use std::collections::{BTreeMap, BTreeSet};

use quipu_core::{Error, Retry, Timestamp};

use crate::deliver::test_notice;
use crate::own_alert::{OpenEpisode, OwnAlert};
use crate::{AlertError, AlertRow, Alerts, Notice, Severity};

/// Rule of these episodes. No other rule has this name.
pub(crate) const RULE: &str = "channel-failing";
/// Attempts in a row that fail before the alert; one suffices if the receiver rejects the notice.
const ATTEMPTS: u32 = 3;

/// Errors of a channel since its latest success.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChannelErrors {
    attempts: u32,
    why: String,
    episode: Option<OpenEpisode>,
}

impl ChannelErrors {
    fn alert<'a>(&self, name: &'a str) -> OwnAlert<'a> {
        let value = Some(f64::from(self.attempts));
        OwnAlert { rule: RULE, key: "channel", name, severity: Severity::Critical, value, look: "" }
    }
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
        let (notice, episode) = {
            let mut failing = self.0.failing.lock();
            let errors = failing.entry(name.to_owned()).or_default();
            errors.attempts = errors.attempts.saturating_add(1);
            errors.why = error.to_string();
            let is_enough = errors.attempts >= ATTEMPTS || error.retry() == Retry::No;
            if errors.episode.is_some() || !is_enough {
                return Ok(());
            }
            let alert = errors.alert(name);
            let episode = alert.episode(now);
            let summary = format!("The channel {name} does not take notices: {}", errors.why);
            errors.episode = Some(episode.clone());
            (alert.notice(&episode, None, summary), episode)
        };
        let stored = self.begin_own(notice, self.next_channels(name, fallback, rules), now).await;
        if stored.is_err() {
            let mut failing = self.0.failing.lock();
            let errors = failing.get_mut(name).filter(|errors| errors.episode.as_ref() == Some(&episode));
            errors.into_iter().for_each(|errors| errors.episode = None);
        }
        stored
    }

    /// Forgets the errors of a channel, and ends its episode.
    pub(crate) async fn note_success(&self, name: &str, now: Timestamp) -> Result<(), AlertError> {
        let Some(errors) = self.0.failing.lock().remove(name) else { return Ok(()) };
        let Some(episode) = &errors.episode else { return Ok(()) };
        let summary = format!("The channel {name} takes notices again.");
        self.end_own(errors.alert(name).notice(episode, Some(now), summary), episode.1, now).await
    }

    /// The fallback of a channel; without one, the other channels of the rules.
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
        others
    }

    /// Channels that take no notices, as rows of the list of alerts.
    pub(crate) fn failing_rows(&self) -> Vec<AlertRow> {
        let failing = self.0.failing.lock();
        let row = |(name, errors): (&String, &ChannelErrors)| {
            Some(errors.alert(name).row(errors.episode.as_ref()?, &errors.why))
        };
        failing.iter().filter_map(row).collect()
    }
}
