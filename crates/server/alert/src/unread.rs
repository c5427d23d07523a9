//! Rules whose figures cannot be read: an alert of its own on the channels of the rule.

use std::collections::{BTreeMap, BTreeSet};

use quipu_core::Timestamp;

use crate::deliver::test_notice;
use crate::own_alert::{OpenEpisode, OwnAlert};
use crate::rule_keys::{Keys, LONGEST_WAIT, MINUTE};
use crate::{AlertError, AlertRow, Alerts, Notice, Rule, Severity};

/// Rule of these episodes. No other rule has this name.
pub(crate) const RULE: &str = "rule-failing";

/// Errors of a rule since its latest successful evaluation.
#[derive(Debug, Clone)]
pub(crate) struct RuleErrors {
    since: Timestamp,
    why: String,
    severity: Severity,
    episode: Option<OpenEpisode>,
}

impl RuleErrors {
    fn alert<'a>(&self, name: &'a str) -> OwnAlert<'a> {
        let look = "quipu alerts list";
        OwnAlert { rule: RULE, key: "rule", name, severity: self.severity, value: None, look }
    }
}

/// Errors by rule.
pub(crate) type Unread = BTreeMap<String, RuleErrors>;

/// The rules of open episodes in the alert file.
pub(crate) fn restored(open: Vec<(Notice, Timestamp)>) -> Unread {
    let errors = |(notice, since): (Notice, Timestamp)| {
        let rule = notice.group.get("rule")?.clone();
        let (why, severity) = (notice.summary, notice.severity);
        Some((rule, RuleErrors { since, why, severity, episode: Some((notice.episode, since)) }))
    };
    open.into_iter().filter_map(errors).collect()
}

impl Keys<'_> {
    /// Time that the evaluation has to fail before that is an alert; `None` if it never is.
    pub(crate) fn error_hold(&self) -> Result<Option<i64>, AlertError> {
        let words = [("alert", true), ("keep", false)];
        let alerts = self.word("on_error", self.config.on_error.as_ref(), &words)?.unwrap_or(true);
        let hold = self.time("error_for", self.config.error_for.as_ref(), 0, LONGEST_WAIT)?;
        if hold.is_some() && !alerts {
            return Err(self.wrong("error_for", "no such key with on_error = \"keep\"", ""));
        }
        Ok(alerts.then(|| hold.unwrap_or(5 * MINUTE)))
    }
}

impl Alerts {
    /// Notes the result of an evaluation: begins the episode after `error_for`, and ends it with the first
    /// evaluation without an error.
    pub(crate) async fn note_evaluation(
        &self,
        rule: &Rule,
        error: Option<&str>,
        at: Timestamp,
    ) -> Result<(), AlertError> {
        match (error, rule.error_hold) {
            (Some(why), Some(hold)) => self.note_unread(rule, why, hold, at).await,
            _ => self.note_read(&rule.name, at).await,
        }
    }

    async fn note_unread(&self, rule: &Rule, why: &str, hold: i64, at: Timestamp) -> Result<(), AlertError> {
        let (notice, episode) = {
            let mut unread = self.0.unread.lock();
            let errors = unread.entry(rule.name.clone()).or_insert_with(|| RuleErrors {
                since: at,
                why: String::new(),
                severity: rule.severity,
                episode: None,
            });
            why.clone_into(&mut errors.why);
            if errors.episode.is_some() || at.since(errors.since) < hold {
                return Ok(());
            }
            let alert = errors.alert(&rule.name);
            let episode = alert.episode(at);
            let summary = format!("The rule {} cannot be evaluated: {why}", rule.name);
            errors.episode = Some(episode.clone());
            (alert.notice(&episode, None, summary), episode)
        };
        let stored = self.begin_own(notice, self.told_of(rule), at).await;
        if stored.is_err() {
            let mut unread = self.0.unread.lock();
            let errors =
                unread.get_mut(&rule.name).filter(|errors| errors.episode.as_ref() == Some(&episode));
            errors.into_iter().for_each(|errors| errors.episode = None);
        }
        stored
    }

    /// Forgets the errors of a rule, and ends its episode.
    pub(crate) async fn note_read(&self, name: &str, at: Timestamp) -> Result<(), AlertError> {
        let Some(errors) = self.0.unread.lock().remove(name) else { return Ok(()) };
        let Some(episode) = &errors.episode else { return Ok(()) };
        let summary = format!("The rule {name} is evaluated again.");
        self.end_own(errors.alert(name).notice(episode, Some(at), summary), episode.1, at).await
    }

    /// Ends the episodes of rules that are gone.
    pub(crate) async fn forget_unread(&self, at: Timestamp) -> Result<(), AlertError> {
        let gone: Vec<String> = {
            let (live, unread) = (self.0.live.lock(), self.0.unread.lock());
            unread.keys().filter(|name| !live.rules.contains_key(*name)).cloned().collect()
        };
        for name in gone {
            self.note_read(&name, at).await?;
        }
        Ok(())
    }

    /// The channels of a rule, with the routes of this alert.
    fn told_of(&self, rule: &Rule) -> BTreeSet<String> {
        let group = [("rule".to_owned(), rule.name.clone())].into();
        let notice = Notice { group, ..test_notice(RULE, rule.severity) };
        self.0.routes.of(&notice, &rule.channels).into_iter().map(|(to, _)| to).collect()
    }

    /// Rules that cannot be evaluated, as rows of the list of alerts.
    pub(crate) fn unread_rows(&self) -> Vec<AlertRow> {
        let unread = self.0.unread.lock();
        let row = |(name, errors): (&String, &RuleErrors)| {
            Some(errors.alert(name).row(errors.episode.as_ref()?, &errors.why))
        };
        unread.iter().filter_map(row).collect()
    }
}
