//! Delivery: sends the groups of notices that are due, each channel on its own, and notes the results.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use quipu_core::{Error, Retry, Timestamp};
use tokio::task::JoinSet;

use crate::actions::{Action, PREFIX};
use crate::channel::{Message, SHOWN};
use crate::file::{Flush, Outcome, Picture};
use crate::group_key::group_of;
use crate::plan::{Parcel, Plan};
use crate::{AlertError, Alerts, Channel, Notice, NoticeStatus, Severity};

/// Age at which a notice that cannot be delivered is given up.
const OLDEST: i64 = Timestamp::DAY;
/// Longest wait between two attempts, in seconds.
const LONGEST: i64 = 300;
/// Groups of one channel that are sent at the same time.
const AT_ONCE: usize = 4;

/// Groups that are being sent, by channel and key.
#[derive(Debug, Default)]
pub(crate) struct InFlight(BTreeSet<(String, String)>);

impl InFlight {
    /// Takes a place for a group; `false` if the group is being sent, or the channel has no free place.
    fn take(&mut self, place: &(String, String)) -> bool {
        let of_channel = self.0.iter().filter(|(channel, _)| *channel == place.0).count();
        of_channel < AT_ONCE && self.0.insert(place.clone())
    }
}

impl Alerts {
    /// Sends the notices whose time has come, and waits for the results.
    ///
    /// # Errors
    /// The alert file cannot be read or written. A message that was sent may then be sent again.
    pub async fn deliver(&self, now: Timestamp) -> Result<(), AlertError> {
        let mut sending = JoinSet::new();
        self.dispatch(now, &mut sending).await?;
        while let Some(done) = sending.join_next().await {
            done.unwrap_or(Ok(()))?;
        }
        Ok(())
    }

    /// Starts to send the notices whose time has come. A channel that hangs delays only its own notices.
    pub(crate) async fn dispatch(
        &self,
        now: Timestamp,
        sending: &mut JoinSet<Result<(), AlertError>>,
    ) -> Result<(), AlertError> {
        let _alone = self.0.dispatching.lock().await;
        if !self.with_file(move |file| file.has_due(now)).await? {
            return Ok(());
        }
        let picture = self.with_file(|file| Picture::read(file)).await?;
        let firing = if self.0.inhibit.is_empty() { Vec::new() } else { self.firing() };
        let Plan { mut outcomes, parcels } = self.plan(picture, &firing, now);
        for parcel in parcels {
            let Some(target) = self.target(&parcel) else {
                let dead = || Outcome::Dead("the config file has no such channel".to_owned());
                outcomes.extend(parcel.rows.iter().map(|row| (row.id, dead())));
                continue;
            };
            let place = (parcel.channel.clone(), parcel.key.clone());
            if !self.0.in_flight.lock().take(&place) {
                continue;
            }
            let alerts = self.clone();
            sending.spawn(async move {
                let result = alerts.send(&target, &parcel, now).await;
                let now = alerts.0.clock.now().max(now);
                let settled = alerts.settle(target.fallback(), parcel, result, now).await;
                alerts.0.in_flight.lock().0.remove(&place);
                settled
            });
        }
        self.with_file(move |file| file.settle(&outcomes, &[], &[], now)).await
    }

    /// The channel of a message, or the action that it is about; `None` for an unknown channel.
    fn target(&self, parcel: &Parcel) -> Option<Target> {
        if let Some(channel) = self.0.channels.get(&parcel.channel) {
            return Some(Target::Channel(Arc::clone(channel)));
        }
        let rule = parcel.rows.first().map(|row| row.notice.rule.clone()).unwrap_or_default();
        let live = self.0.live.lock();
        let of_rule = live.rules.get(&rule).and_then(|(rule, _)| {
            rule.actions.iter().find(|action| action.name() == parcel.channel).cloned()
        });
        let is_action = parcel.channel.starts_with(PREFIX);
        is_action.then(|| Target::Action(of_rule.or_else(|| Action::to_take_back(&parcel.channel))))
    }

    async fn send(&self, target: &Target, parcel: &Parcel, now: Timestamp) -> quipu_core::Result<()> {
        match target {
            Target::Channel(channel) => channel.send(self.message(parcel, now).of()).await,
            Target::Action(None) => Ok(()),
            Target::Action(Some(action)) => {
                for row in &parcel.rows {
                    self.0.actor.run(action, &row.notice, now).await?;
                }
                Ok(())
            }
        }
    }

    /// The notices that a message shows.
    fn message(&self, parcel: &Parcel, now: Timestamp) -> Shown {
        let mut notices: Vec<Notice> = parcel.notices().take(SHOWN).cloned().collect();
        for notice in notices.iter_mut().filter(|notice| notice.status == NoticeStatus::Firing) {
            notice.ack_url = self.ack_url(&parcel.channel, &notice.episode, now).unwrap_or_default();
        }
        let more = parcel.notices().count() - notices.len();
        Shown { notices, more, forget_at: parcel.forget_at }
    }

    async fn settle(
        &self,
        next: Option<String>,
        parcel: Parcel,
        result: quipu_core::Result<()>,
        now: Timestamp,
    ) -> Result<(), AlertError> {
        let name = parcel.channel.clone();
        let Err(error) = result else {
            let outcomes: Vec<_> = parcel.rows.iter().map(|row| (row.id, Outcome::Sent)).collect();
            let outcomes: Vec<_> = outcomes
                .into_iter()
                .chain(parcel.still.iter().map(|told| (told.id, Outcome::Again)))
                .collect();
            let flushes: Vec<Flush> = parcel.flush.into_iter().collect();
            self.with_file(move |file| file.settle(&outcomes, &[], &flushes, now)).await?;
            return self.note_success(&name, now).await;
        };
        let rule = parcel.rows.first().map_or("", |row| row.notice.rule.as_str());
        tracing::warn!(channel = name, rule, %error, "a notice of an alert was not delivered");
        let rules: BTreeSet<String> = parcel.rows.iter().map(|row| row.notice.rule.clone()).collect();
        let (mut outcomes, mut fallback) = (Vec::new(), Vec::new());
        for row in parcel.rows {
            let is_old = now.since(row.created_at) >= OLDEST;
            if error.retry() == Retry::No || is_old {
                outcomes.push((row.id, Outcome::Dead(error.to_string())));
                fallback.extend(next.clone().map(|to| (to, row.notice)));
            } else {
                let at = now.plus(wait(&error, row.attempts) * Timestamp::SECOND);
                outcomes.push((row.id, Outcome::Later(at, error.to_string())));
            }
        }
        // The group has begun, although its first message is still to come.
        let flushes: Vec<Flush> = parcel.flush.into_iter().filter(|flush| !flush.begin.is_over).collect();
        self.with_file(move |file| file.settle(&outcomes, &fallback, &flushes, now)).await?;
        self.note_failure((&name, next), &rules, &error, now).await
    }

    /// Open episodes as notices, for matchers.
    fn firing(&self) -> Vec<Notice> {
        let live = self.0.live.lock();
        let mut all = Vec::new();
        for (name, (rule, _)) in &live.rules {
            for (grp, record) in live.groups.get(name).into_iter().flat_map(|groups| groups.iter()) {
                let Some(open) = &record.open else { continue };
                all.push(Notice {
                    episode: open.id.clone(),
                    group: group_of(grp),
                    ..test_notice(name, rule.severity_of(&record.state))
                });
            }
        }
        all
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

/// Where a message goes.
enum Target {
    Channel(Arc<Channel>),
    /// `None` if nothing has to be taken back of an action that its rule no longer has.
    Action(Option<Action>),
}

impl Target {
    fn fallback(&self) -> Option<String> {
        match self {
            Self::Channel(channel) => channel.fallback().map(str::to_owned),
            Self::Action(_) => None,
        }
    }
}

/// Notices of one message.
struct Shown {
    notices: Vec<Notice>,
    more: usize,
    forget_at: Timestamp,
}

impl Shown {
    fn of(&self) -> Message<'_> {
        Message { notices: &self.notices, more: self.more, forget_at: self.forget_at }
    }
}

/// Seconds to the next attempt: those that the receiver asked for, or twice as many each time.
fn wait(error: &Error, attempts: u32) -> i64 {
    let backoff = || 1_i64.checked_shl(attempts).unwrap_or(LONGEST).clamp(1, LONGEST);
    error.retry_after().map_or_else(backoff, |wait| i64::try_from(wait.as_secs()).unwrap_or(LONGEST).max(1))
}

/// A notice without figures.
pub(crate) fn test_notice(rule: &str, severity: Severity) -> Notice {
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
        links: Vec::new(),
        before: None,
        changes: Vec::new(),
        look: String::new(),
        ack_url: String::new(),
        url: String::new(),
        summary: "This is a test of the channel.".to_owned(),
        own_title: None,
        own_text: None,
    }
}
