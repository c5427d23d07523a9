//! Episodes after their begin: repetition, escalation, acknowledgement, history and the end of a rule.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use quipu_core::Timestamp;

use crate::actions::PREFIX;
use crate::file::Changes;
use crate::{AlertError, Alerts, EpisodeRow, HistoryAsk, NoticeStatus};

impl Alerts {
    /// Repetition, escalation and retention.
    pub(crate) async fn follow_up(&self, now: Timestamp) -> Result<(), AlertError> {
        let until = now.plus(-self.0.routes.least_repeat());
        let routes = Arc::clone(&self.0.routes);
        let before = now.plus(-self.0.times.history);
        let is_hour = now.floor(self.0.times.every) == now.floor(Timestamp::HOUR);
        let escalations: BTreeMap<String, Vec<(i64, Vec<String>)>> = {
            let live = self.0.live.lock();
            let rules = live.rules.iter().filter(|(_, (rule, _))| !rule.escalate.is_empty());
            rules.map(|(name, (rule, _))| (name.clone(), rule.escalate.clone())).collect()
        };
        self.with_file(move |file| {
            let repeats = file.to_repeat(until)?.into_iter().filter_map(|(channel, notice, sent_at)| {
                let repeat = routes.grouping(&notice, &channel).repeat;
                let is_due = now.since(sent_at) >= repeat && !channel.starts_with(PREFIX);
                is_due.then_some((channel, notice))
            });
            let mut notices: Vec<_> = repeats.collect();
            if !escalations.is_empty() {
                for (id, rule, started_at) in file.unacknowledged()? {
                    let Some(steps) = escalations.get(&rule) else { continue };
                    let open_for = now.since(started_at);
                    let due = steps.iter().take_while(|(after, _)| open_for >= *after);
                    let to: BTreeSet<&String> = due.flat_map(|(_, to)| to).collect();
                    if to.is_empty() {
                        continue;
                    }
                    let told: BTreeSet<String> = file.told_channels(&id)?.into_iter().collect();
                    let Some(notice) = file.notice_of(&id)? else { continue };
                    let new = to.into_iter().filter(|name| !told.contains(*name));
                    notices.extend(new.map(|name| (name.clone(), notice.clone())));
                }
            }
            if !notices.is_empty() {
                file.enqueue(&notices, now)?;
            }
            if is_hour { file.expire(before, now) } else { Ok(()) }
        })
        .await
    }

    /// Ends the open episodes of a rule that is removed.
    pub(crate) async fn end_episodes(&self, rule: &str) -> Result<(), AlertError> {
        let open: Vec<String> = {
            let live = self.0.live.lock();
            let groups = live.groups.get(rule).into_iter().flat_map(|groups| groups.values());
            groups.filter_map(|record| Some(record.open.as_ref()?.id.clone())).collect()
        };
        let now = self.0.clock.now();
        self.with_file(move |file| {
            let mut changes = Changes::default();
            for id in open {
                let Some(mut notice) = file.notice_of(&id)? else { continue };
                (notice.status, notice.ended_at) = (NoticeStatus::Resolved, Some(now.to_string()));
                notice.summary = "the rule was removed".to_owned();
                changes
                    .notices
                    .extend(file.reached_channels(&id)?.into_iter().map(|name| (name, notice.clone())));
                file.end_episode(&notice, now)?;
            }
            file.apply(&changes, now)
        })
        .await
    }

    /// Episodes, the latest first, with their notices.
    ///
    /// # Errors
    /// The alert file cannot be read.
    pub async fn history(&self, ask: HistoryAsk) -> Result<Vec<EpisodeRow>, AlertError> {
        self.with_file(move |file| file.history(&ask)).await
    }

    /// Acknowledges an open episode: no repetition and no escalation follows.
    ///
    /// # Errors
    /// No episode of this id is open.
    pub async fn acknowledge(&self, id: &str, by: &str) -> Result<(), AlertError> {
        let (now, named, by) = (self.0.clock.now(), id.to_owned(), by.to_owned());
        let found = self.with_file(move |file| file.acknowledge(&named, &by, now)).await?;
        let missing = || AlertError::Missing { what: "open episode", name: id.to_owned() };
        let (mut notice, channels) = found.ok_or_else(missing)?;
        notice.status = NoticeStatus::Acknowledged;
        let takes = |name: &String| {
            self.0.channels.get(name).is_some_and(|channel| channel.takes(NoticeStatus::Acknowledged))
        };
        let notices: Vec<_> = channels.into_iter().filter(takes).map(|name| (name, notice.clone())).collect();
        self.with_file(move |file| file.enqueue(&notices, now)).await
    }
}
