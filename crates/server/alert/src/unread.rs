//! Rules whose figures cannot be read: an alert of its own on the channels of the rule.

use std::collections::{BTreeMap, BTreeSet};

use quipu_core::Timestamp;

use crate::deliver::test_notice;
use crate::file::{Changes, EpisodeChange};
use crate::observe::group_key;
use crate::rule_keys::{Keys, LONGEST_WAIT, MINUTE};
use crate::{AlertError, AlertRow, Alerts, Notice, NoticeStatus, Rule, Severity};

/// Rule of these episodes. No other rule has this name.
pub(crate) const RULE: &str = "rule-failing";
/// Channel of the alert if the rule has none.
const LAST: &str = "log";

/// Errors of a rule since its latest successful evaluation.
#[derive(Debug, Clone)]
pub(crate) struct RuleErrors {
    since: Timestamp,
    why: String,
    severity: Severity,
    /// The open episode with its begin.
    episode: Option<(String, Timestamp)>,
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

fn group(name: &str) -> BTreeMap<String, String> {
    [("rule".to_owned(), name.to_owned())].into()
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
        let change = {
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
            let id = crate::engine::episode_id(RULE, &group_key(&group(&rule.name)), at);
            errors.episode = Some((id.clone(), at));
            self.unread_change(&rule.name, errors, (&id, at), None)
        };
        let notices = self.told_of(rule).into_iter().map(|to| (to, change.notice.clone())).collect();
        let changes = Changes { episodes: vec![change], notices, ..Changes::default() };
        let stored = self.with_file(move |file| file.apply(&changes, at)).await;
        if stored.is_err()
            && let Some(errors) = self.0.unread.lock().get_mut(&rule.name)
        {
            errors.episode = None;
        }
        stored
    }

    /// Forgets the errors of a rule, and ends its episode.
    pub(crate) async fn note_read(&self, name: &str, at: Timestamp) -> Result<(), AlertError> {
        let Some(errors) = self.0.unread.lock().remove(name) else { return Ok(()) };
        let Some((id, since)) = &errors.episode else { return Ok(()) };
        let change = self.unread_change(name, &errors, (id, *since), Some(at));
        let id = id.clone();
        self.with_file(move |file| {
            let reached = file.reached_channels(&id)?;
            let notices = reached.into_iter().map(|to| (to, change.notice.clone())).collect();
            file.apply(&Changes { episodes: vec![change], notices, ..Changes::default() }, at)
        })
        .await
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

    /// The channels of a rule; without any, the log.
    fn told_of(&self, rule: &Rule) -> BTreeSet<String> {
        let notice = Notice { group: group(&rule.name), ..test_notice(RULE, rule.severity) };
        let to = self.0.routes.of(&notice, &rule.channels).into_iter().map(|(to, _)| to);
        let to: BTreeSet<String> = to.collect();
        if to.is_empty() { BTreeSet::from([LAST.to_owned()]) } else { to }
    }

    fn unread_change(
        &self,
        name: &str,
        errors: &RuleErrors,
        (id, began): (&str, Timestamp),
        ended_at: Option<Timestamp>,
    ) -> EpisodeChange {
        let summary = match ended_at {
            Some(_) => format!("The rule {name} is evaluated again."),
            None => format!("The rule {name} cannot be evaluated: {}", errors.why),
        };
        let notice = Notice {
            status: if ended_at.is_some() { NoticeStatus::Resolved } else { NoticeStatus::Firing },
            group: group(name),
            value: None,
            window: String::new(),
            started_at: began.to_string(),
            ended_at: ended_at.map(|at| at.to_string()),
            episode: id.to_owned(),
            look: "quipu alerts list".to_owned(),
            url: self.0.url.clone(),
            summary,
            ..test_notice(RULE, errors.severity)
        };
        EpisodeChange { grp: group_key(&group(name)), started_at: began, ended_at, peak: None, notice }
    }

    /// Rules that cannot be evaluated, as rows of the list of alerts.
    pub(crate) fn unread_rows(&self) -> Vec<AlertRow> {
        let unread = self.0.unread.lock();
        let row = |(name, errors): (&String, &RuleErrors)| {
            let (id, began) = errors.episode.as_ref()?;
            Some(AlertRow {
                rule: RULE.to_owned(),
                group: group(name),
                state: "firing".to_owned(),
                severity: errors.severity.as_str().to_owned(),
                value: None,
                threshold: 0.0,
                since: Some(began.to_string()),
                episode: Some(id.clone()),
                error: Some(errors.why.clone()),
            })
        };
        unread.iter().filter_map(row).collect()
    }
}
