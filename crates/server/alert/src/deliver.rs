//! Delivery: grouping, silences, retries, repetition, escalation and acknowledgement.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use quipu_core::{Retry, Timestamp};
use tokio::task::JoinSet;

use crate::channel::{Message, SHOWN};
use crate::file::{Changes, Outcome, Waiting};
use crate::quiet::Silence;
use crate::{
    AlertError, Alerts, Channel, EpisodeRow, HistoryAsk, Notice, NoticeStatus, Severity, SilenceRow,
    Silencing,
};

/// Age at which a notice that cannot be delivered is given up.
const OLDEST: i64 = Timestamp::DAY;
/// Longest wait between two attempts, in seconds.
const LONGEST: i64 = 300;
/// Longest silence.
const LONGEST_SILENCE: i64 = 90 * Timestamp::DAY;
/// Most silences in force.
const MOST_SILENCES: usize = 1_000;

/// Notices of one message.
struct Parcel {
    channel: Arc<Channel>,
    rule: String,
    rows: Vec<Waiting>,
}

impl Alerts {
    /// Sends the notices whose time has come: one message for each channel and rule.
    ///
    /// # Errors
    /// The alert file cannot be read or written. A message that was sent may then be sent again.
    pub async fn deliver(&self, now: Timestamp) -> Result<(), AlertError> {
        if !self.with_file(move |file| file.has_due(now)).await? {
            return Ok(());
        }
        let waiting = self.with_file(|file| file.waiting()).await?;
        let firing = if self.0.inhibit.is_empty() { Vec::new() } else { self.firing() };
        let (silences, sends) = self.with_file(|file| Ok((file.silences()?, file.sends()?))).await?;
        let (mut outcomes, mut parcels) = (Vec::new(), BTreeMap::<(String, String), Vec<Waiting>>::new());
        for row in self.latest(waiting, &mut outcomes) {
            let key = (row.channel.clone(), row.notice.rule.clone());
            match self.hold(&row, &silences, &firing, now) {
                Some(why) if row.next_at <= now => {
                    outcomes.push((row.id, Outcome::Held(now.plus(self.0.times.every), why)));
                }
                // A receiver that asked for patience gets it, even if another notice is due.
                Some(_) => {}
                None if row.attempts > 0 && row.next_at > now => {}
                None => parcels.entry(key).or_default().push(row),
            }
        }
        let mut sending = JoinSet::new();
        let forget_at = now.plus(2 * self.0.times.repeat);
        for ((name, rule), rows) in parcels {
            let Some(channel) = self.0.channels.get(&name) else {
                let dead = || Outcome::Dead("the config file has no such channel".to_owned());
                outcomes.extend(rows.iter().map(|row| (row.id, dead())));
                continue;
            };
            let next = sends.get(&(name, rule.clone())).map(|last| last.plus(self.0.times.interval));
            let is_test = rows.iter().any(|row| row.notice.status == NoticeStatus::Test);
            let is_early = next.is_some_and(|next| now < next) && !is_test;
            if is_early || !rows.iter().any(|row| row.next_at <= now) {
                continue;
            }
            let parcel = Parcel { channel: Arc::clone(channel), rule, rows };
            sending.spawn(async move { (send(&parcel, forget_at).await, parcel) });
        }
        self.with_file(move |file| file.settle(&outcomes, &[], now)).await?;
        while let Some(done) = sending.join_next().await {
            if let Ok((result, parcel)) = done {
                self.settle(parcel, result, now).await?;
            }
        }
        Ok(())
    }

    /// The latest notice of each episode and channel; the earlier ones are superseded. The end of an episode
    /// whose begin was held is not told.
    fn latest(&self, waiting: Vec<Waiting>, outcomes: &mut Vec<(i64, Outcome)>) -> Vec<Waiting> {
        let mut latest = BTreeMap::<(String, String), Waiting>::new();
        for row in waiting {
            let key = (row.channel.clone(), row.notice.episode.clone());
            match latest.remove(&key) {
                Some(earlier) if earlier.is_held && row.notice.status.is_end() => {
                    outcomes.push((earlier.id, Outcome::Silenced));
                    outcomes.push((row.id, Outcome::Silenced));
                    continue;
                }
                Some(earlier) => outcomes.push((earlier.id, Outcome::Superseded)),
                None => {}
            }
            latest.insert(key, row);
        }
        let mut rows: Vec<Waiting> = latest.into_values().collect();
        rows.sort_by_key(|row| row.id);
        rows
    }

    /// Why a notice is held; `None` if it may go. An end is told, because its begin was.
    fn hold(&self, row: &Waiting, silences: &[Silence], firing: &[Notice], now: Timestamp) -> Option<String> {
        if row.notice.status != NoticeStatus::Firing {
            return None;
        }
        let silence = silences.iter().find(|silence| silence.holds(&row.notice, now));
        if let Some(silence) = silence {
            return Some(format!("silence {}", silence.id));
        }
        let holder =
            firing.iter().find(|firing| self.0.inhibit.iter().any(|rule| rule.holds(firing, &row.notice)));
        holder.map(|holder| format!("inhibited by {} ({})", holder.rule, holder.episode))
    }

    /// Open episodes as notices, for matchers.
    fn firing(&self) -> Vec<Notice> {
        let live = self.0.live.lock();
        let mut all = Vec::new();
        for (name, (rule, _)) in &live.rules {
            for record in live.groups.get(name).into_iter().flat_map(BTreeMap::values) {
                let Some(episode) = &record.episode else { continue };
                all.push(Notice {
                    episode: episode.clone(),
                    group: record.group.clone(),
                    ..test_notice(name, rule.severity)
                });
            }
        }
        all
    }

    async fn settle(
        &self,
        parcel: Parcel,
        result: quipu_core::Result<()>,
        now: Timestamp,
    ) -> Result<(), AlertError> {
        let Parcel { channel, rule, rows } = parcel;
        let name = channel.name().to_owned();
        let Err(error) = result else {
            let outcomes: Vec<_> = rows.iter().map(|row| (row.id, Outcome::Sent)).collect();
            return self
                .with_file(move |file| {
                    file.settle(&outcomes, &[], now)?;
                    file.note_send(&name, &rule, now)
                })
                .await;
        };
        tracing::warn!(channel = name, rule, %error, "a notice of an alert was not delivered");
        let (mut outcomes, mut fallback) = (Vec::new(), Vec::new());
        for row in rows {
            let is_old = now.since(row.created_at) >= OLDEST;
            if error.retry() == Retry::No || is_old {
                outcomes.push((row.id, Outcome::Dead(error.to_string())));
                fallback.extend(channel.fallback().map(|to| (to.to_owned(), row.notice)));
            } else {
                let wait = error.retry_after().map_or_else(
                    || backoff(row.attempts),
                    |wait| i64::try_from(wait.as_secs()).unwrap_or(LONGEST).max(1),
                );
                outcomes
                    .push((row.id, Outcome::Later(now.plus(wait * Timestamp::SECOND), error.to_string())));
            }
        }
        self.with_file(move |file| file.settle(&outcomes, &fallback, now)).await
    }

    /// Repetition, escalation and retention.
    pub(crate) async fn follow_up(&self, now: Timestamp) -> Result<(), AlertError> {
        let until = now.plus(-self.0.times.repeat);
        let before = now.plus(-self.0.times.history);
        let is_hour = now.floor(self.0.times.every) == now.floor(Timestamp::HOUR);
        let escalations: BTreeMap<String, (i64, Vec<String>)> = {
            let live = self.0.live.lock();
            let of = |(name, (rule, _)): (&String, &(crate::Rule, crate::RuleSource))| {
                rule.escalate.clone().map(|escalate| (name.clone(), escalate))
            };
            live.rules.iter().filter_map(of).collect()
        };
        self.with_file(move |file| {
            let mut notices = file.to_repeat(until)?;
            if !escalations.is_empty() {
                for (id, rule, started_at) in file.unacknowledged()? {
                    let Some((after, to)) = escalations.get(&rule) else { continue };
                    if now.since(started_at) < *after {
                        continue;
                    }
                    let told: BTreeSet<String> = file.told_channels(&id)?.into_iter().collect();
                    let Some(notice) = file.notice_of(&id)? else { continue };
                    let new = to.iter().filter(|name| !told.contains(*name));
                    notices.extend(new.map(|name| (name.clone(), notice.clone())));
                }
            }
            if !notices.is_empty() {
                file.enqueue(&notices, now)?;
            }
            if is_hour { file.expire(before) } else { Ok(()) }
        })
        .await
    }

    /// Ends the open episodes of a rule that is removed.
    pub(crate) async fn end_episodes(&self, rule: &str) -> Result<(), AlertError> {
        let open: Vec<String> = {
            let live = self.0.live.lock();
            let groups = live.groups.get(rule).into_iter().flat_map(BTreeMap::values);
            groups.filter_map(|record| record.episode.clone()).collect()
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
            file.apply(&changes, now, 0)
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

    /// Silences, the ones that end last first.
    ///
    /// # Errors
    /// The alert file cannot be read.
    pub async fn silences(&self) -> Result<Vec<SilenceRow>, AlertError> {
        let now = self.0.clock.now();
        let all = self.with_file(|file| file.silences()).await?;
        Ok(all.into_iter().map(|silence| row(silence, now)).collect())
    }

    /// Adds a silence from now.
    ///
    /// # Errors
    /// It has no matcher, no author or no reason, or its duration is not 1s to 90d.
    pub async fn silence(&self, new: Silencing) -> Result<SilenceRow, AlertError> {
        let wrong = |key, expected: &str| AlertError::Config {
            table: "silence".to_owned(),
            key,
            expected: expected.to_owned(),
            found: "none".to_owned(),
        };
        if new.matchers.is_empty() {
            return Err(wrong("matchers", "at least one, such as rule=high_error_rate"));
        }
        if new.reason.trim().is_empty() {
            return Err(wrong("reason", "a text"));
        }
        if !(Timestamp::SECOND..=LONGEST_SILENCE).contains(&new.lasts) {
            return Err(wrong("duration", "1s to 90d"));
        }
        let now = self.0.clock.now();
        let text = format!("{:?}{}", new.matchers, new.author);
        let silence = Silence {
            id: crate::engine::episode_id("silence", &text, now),
            matchers: new.matchers,
            author: new.author,
            reason: new.reason,
            starts_at: now,
            ends_at: now.plus(new.lasts),
        };
        let stored = silence.clone();
        self.with_file(move |file| {
            let active = file.silences()?.iter().filter(|silence| silence.ends_at > now).count();
            if active >= MOST_SILENCES {
                return Err(AlertError::Full { what: "silences", most: MOST_SILENCES });
            }
            file.put_silence(&stored)
        })
        .await?;
        Ok(row(silence, now))
    }

    /// Ends a silence now.
    ///
    /// # Errors
    /// No silence of this id is in force.
    pub async fn end_silence(&self, id: &str) -> Result<(), AlertError> {
        let (now, named) = (self.0.clock.now(), id.to_owned());
        match self.with_file(move |file| file.end_silence(&named, now)).await? {
            true => Ok(()),
            false => Err(AlertError::Missing { what: "active silence", name: id.to_owned() }),
        }
    }

    /// Takes ids of users, sessions and traces out of rules, states, episodes, notices and silences; returns
    /// how many texts have them. `rewrite` gives a text without them, or `None`. Blocks.
    ///
    /// # Errors
    /// The alert file cannot be read or written.
    pub fn erase(&self, rewrite: &dyn Fn(&str) -> Option<String>, dry_run: bool) -> Result<u64, AlertError> {
        let found = self.0.file.lock().erase(rewrite, dry_run, self.0.clock.now())?;
        if !dry_run {
            let mut live = self.0.live.lock();
            for groups in live.groups.values_mut() {
                groups.retain(|grp, _| rewrite(grp).is_none());
                let records = groups.values_mut();
                records.for_each(|record| record.traces.retain(|trace| rewrite(trace).is_none()));
            }
        }
        Ok(found)
    }

    /// Sends a test notice to a channel and waits for the result.
    ///
    /// # Errors
    /// There is no such channel, or it did not take the notice.
    pub async fn fire(&self, channel: &str) -> Result<(), AlertError> {
        let missing = || AlertError::Missing { what: "channel", name: channel.to_owned() };
        let open = self.0.channels.get(channel).ok_or_else(missing)?;
        let now = self.0.clock.now();
        let mut notice = test_notice("test", Severity::Info);
        notice.episode = crate::engine::episode_id("test", channel, now);
        (notice.started_at, notice.url) = (now.to_string(), self.0.url.clone());
        open.send(Message { notices: &[notice], more: 0, forget_at: now.plus(Timestamp::HOUR) }).await?;
        Ok(())
    }
}

async fn send(parcel: &Parcel, forget_at: Timestamp) -> quipu_core::Result<()> {
    let notices: Vec<Notice> = parcel.rows.iter().take(SHOWN).map(|row| row.notice.clone()).collect();
    let more = parcel.rows.len() - notices.len();
    parcel.channel.send(Message { notices: &notices, more, forget_at }).await
}

/// Seconds to the next attempt.
fn backoff(attempts: u32) -> i64 {
    1_i64.checked_shl(attempts).unwrap_or(LONGEST).clamp(1, LONGEST)
}

fn row(silence: Silence, now: Timestamp) -> SilenceRow {
    SilenceRow {
        active: silence.starts_at <= now && now < silence.ends_at,
        id: silence.id,
        matchers: silence.matchers,
        author: silence.author,
        reason: silence.reason,
        starts_at: silence.starts_at.to_string(),
        ends_at: silence.ends_at.to_string(),
    }
}

fn test_notice(rule: &str, severity: Severity) -> Notice {
    Notice {
        status: NoticeStatus::Test,
        rule: rule.to_owned(),
        severity,
        group: BTreeMap::new(),
        value: Some(1.0),
        threshold: 0.0,
        side: "above".to_owned(),
        window: "5m".to_owned(),
        started_at: String::new(),
        ended_at: None,
        episode: String::new(),
        traces: Vec::new(),
        url: String::new(),
        summary: "This is a test of the channel.".to_owned(),
    }
}
