//! Alerts of the engine about itself: a channel that takes no notices, a rule that cannot be evaluated.

use std::collections::{BTreeMap, BTreeSet};

use quipu_core::Timestamp;

use crate::deliver::test_notice;
use crate::file::{Changes, EpisodeChange};
use crate::group_key::group_key;
use crate::{AlertError, AlertRow, Alerts, Notice, NoticeStatus, Severity};

/// Channel of such an alert if there is no other.
const LAST: &str = "log";

/// An open episode: its id and its begin.
pub(crate) type OpenEpisode = (String, Timestamp);

/// Facts of an alert about one channel or one rule.
pub(crate) struct OwnAlert<'a> {
    /// Rule of the episode. No rule of a user has this name.
    pub rule: &'static str,
    /// Key of the group: `channel` or `rule`.
    pub key: &'static str,
    /// Value of the group.
    pub name: &'a str,
    pub severity: Severity,
    pub value: Option<f64>,
    /// Command to look; empty without one.
    pub look: &'static str,
}

impl OwnAlert<'_> {
    fn group(&self) -> BTreeMap<String, String> {
        [(self.key.to_owned(), self.name.to_owned())].into()
    }

    /// Id of an episode that begins now.
    pub(crate) fn episode(&self, now: Timestamp) -> OpenEpisode {
        (crate::engine::episode_id(self.rule, &group_key(&self.group()), now), now)
    }

    /// The notice of the begin, or of the end of an episode.
    pub(crate) fn notice(
        &self,
        (id, since): &OpenEpisode,
        ended_at: Option<Timestamp>,
        summary: String,
    ) -> Notice {
        Notice {
            status: if ended_at.is_some() { NoticeStatus::Resolved } else { NoticeStatus::Firing },
            group: self.group(),
            value: self.value,
            window: String::new(),
            started_at: since.to_string(),
            ended_at: ended_at.map(|at| at.to_string()),
            episode: id.clone(),
            look: self.look.to_owned(),
            summary,
            ..test_notice(self.rule, self.severity)
        }
    }

    /// The row of the list of alerts while the episode is open.
    pub(crate) fn row(&self, (id, since): &OpenEpisode, why: &str) -> AlertRow {
        AlertRow {
            rule: self.rule.to_owned(),
            group: self.group(),
            state: "firing".to_owned(),
            severity: self.severity.as_str().to_owned(),
            value: self.value,
            threshold: 0.0,
            since: Some(since.to_string()),
            episode: Some(id.clone()),
            error: Some(why.to_owned()),
        }
    }
}

impl Alerts {
    /// Stores the begin of an episode with a notice for each channel; without any, for the log.
    pub(crate) async fn begin_own(
        &self,
        notice: Notice,
        to: BTreeSet<String>,
        now: Timestamp,
    ) -> Result<(), AlertError> {
        let to = if to.is_empty() { BTreeSet::from([LAST.to_owned()]) } else { to };
        let change = self.own_change(notice, now, None);
        let notices = to.into_iter().map(|to| (to, change.notice.clone())).collect();
        let changes = Changes { episodes: vec![change], notices, ..Changes::default() };
        self.with_file(move |file| file.apply(&changes, now)).await
    }

    /// Stores the end of an episode with a notice for each channel that knows of it.
    pub(crate) async fn end_own(
        &self,
        notice: Notice,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<(), AlertError> {
        let change = self.own_change(notice, since, Some(now));
        self.with_file(move |file| {
            let reached = file.reached_channels(&change.notice.episode)?;
            let notices = reached.into_iter().map(|to| (to, change.notice.clone())).collect();
            file.apply(&Changes { episodes: vec![change], notices, ..Changes::default() }, now)
        })
        .await
    }

    fn own_change(&self, notice: Notice, since: Timestamp, ended_at: Option<Timestamp>) -> EpisodeChange {
        let notice = Notice { url: self.0.url.clone(), ..notice };
        let (grp, peak) = (group_key(&notice.group), notice.value);
        EpisodeChange { grp, started_at: since, ended_at, peak, notice }
    }
}
