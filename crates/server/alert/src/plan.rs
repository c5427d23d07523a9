//! The plan of one delivery: which groups of notices are due, and what each message has.
//!
//! Groups follow Alertmanager: the first message of a group is sent after its `group_wait`, further ones at
//! multiples of its `group_interval` if something changed, with all open episodes of the group. After the
//! message with the last end of a group, the next one comes one `group_interval` later at the earliest.

use std::collections::BTreeMap;
use std::sync::Arc;

use quipu_core::Timestamp;

use crate::actions::PREFIX;
use crate::file::{Flush, GroupBegin, Outcome, Picture, Told, Waiting};
use crate::quiet::Silence;
use crate::route::Grouping;
use crate::{Alerts, Notice, NoticeStatus};

/// Key of the group of acknowledgements, which do not wait.
const ACKNOWLEDGED: &str = "acknowledged";

/// One message that is due.
#[derive(Debug)]
pub(crate) struct Parcel {
    pub channel: String,
    pub key: String,
    /// Notices that wait.
    pub rows: Vec<Waiting>,
    /// Episodes of the group that were told and are still open.
    pub still: Vec<Told>,
    pub forget_at: Timestamp,
    /// Change of the group, stored after the message is sent. Acknowledgements have none.
    pub flush: Option<Flush>,
}

impl Parcel {
    /// All notices of the message, those that wait first.
    pub(crate) fn notices(&self) -> impl Iterator<Item = &Notice> {
        let waiting = self.rows.iter().map(|row| &row.notice);
        waiting.chain(self.still.iter().map(|told| &told.notice))
    }
}

/// What a delivery does.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub outcomes: Vec<(i64, Outcome)>,
    pub parcels: Vec<Parcel>,
}

/// Notices of one channel with the same key.
struct Bunch {
    grouping: Arc<Grouping>,
    rows: Vec<Waiting>,
    still: Vec<Told>,
    /// Whether the group has further open episodes: held or acknowledged ones.
    has_others: bool,
}

type Bunches = BTreeMap<(String, String), Bunch>;

/// Times of the messages of a group.
#[derive(Clone, Copy)]
struct Ticks {
    base: Timestamp,
    interval: i64,
    /// Whether a message was sent.
    has_begun: bool,
}

impl Ticks {
    fn at_or_after(self, time: Timestamp) -> Timestamp {
        let Self { base, interval, .. } = self;
        match time.since(base) {
            before if before <= 0 => base,
            _ if interval == 0 => time,
            after => base.plus((after + interval - 1) / interval * interval),
        }
    }
}

/// Facts that hold notices.
struct Holds<'a> {
    silences: &'a [Silence],
    firing: &'a [Notice],
    now: Timestamp,
}

impl Alerts {
    pub(crate) fn plan(&self, picture: Picture, firing: &[Notice], now: Timestamp) -> Plan {
        let Picture { waiting, told, silences, groups } = picture;
        let (mut plan, mut bunches) = (Plan::default(), Bunches::new());
        let holds = Holds { silences: &silences, firing, now };
        for row in latest(waiting, &mut plan.outcomes) {
            let grouping = self.0.routes.grouping(&row.notice, &row.channel);
            let held = self.hold(&row.notice, &grouping, &holds);
            let bunch = bunch(&mut bunches, &row.channel, &row.notice, &grouping);
            match held {
                Some(why) if row.next_at <= now => {
                    bunch.has_others = true;
                    plan.outcomes.push((row.id, Outcome::Held(now.plus(self.0.times.every), why)));
                }
                Some(_) => bunch.has_others = true,
                None => bunch.rows.push(row),
            }
        }
        for told in told {
            let grouping = self.0.routes.grouping(&told.notice, &told.channel);
            let is_quiet = told.is_acknowledged || self.hold(&told.notice, &grouping, &holds).is_some();
            let bunch = bunch(&mut bunches, &told.channel, &told.notice, &grouping);
            match is_quiet || bunch.rows.iter().any(|row| row.notice.episode == told.notice.episode) {
                true => bunch.has_others = true,
                false => bunch.still.push(told),
            }
        }
        for ((channel, key), bunch) in bunches.into_iter().filter(|(_, bunch)| !bunch.rows.is_empty()) {
            let begun = groups.get(&(channel.clone(), key.clone())).copied();
            self.plan_group(channel, key, bunch, begun, now, &mut plan);
        }
        plan
    }

    fn plan_group(
        &self,
        channel: String,
        key: String,
        bunch: Bunch,
        begun: Option<GroupBegin>,
        now: Timestamp,
        plan: &mut Plan,
    ) {
        let Bunch { grouping, rows, mut still, has_others } = bunch;
        // A receiver that asked for patience gets it, even if another notice is due.
        if rows.iter().any(|row| row.attempts > 0 && row.next_at > now) {
            return;
        }
        let created = rows.iter().map(|row| row.created_at).min().unwrap_or(now);
        // A group that is over sets only the earliest time of a message.
        let begun = begun.filter(|begun| !begun.is_over || created < begun.base);
        let waited = created.plus(grouping.wait);
        let base = match begun {
            Some(GroupBegin { base, is_over: true }) => base.max(waited),
            Some(GroupBegin { base, .. }) => base,
            None => waited,
        };
        let ticks = Ticks { base, interval: grouping.interval, has_begun: begun.is_some() };
        let due = |row: &Waiting| self.due(row, ticks);
        let first = rows.iter().map(due).min().unwrap_or(now);
        if key != ACKNOWLEDGED && first > now {
            let early = rows.iter().filter(|row| row.next_at < due(row));
            plan.outcomes.extend(early.map(|row| (row.id, Outcome::Wait(due(row)))));
            return;
        }
        let is_open = |row: &&Waiting| row.notice.status == NoticeStatus::Firing;
        let has_firing = rows.iter().any(|row| is_open(&row)) || !still.is_empty();
        let is_news = |row: &Waiting| !row.notice.status.is_end() || row.was_told;
        if begun.is_none() && !has_firing && !rows.iter().any(is_news) {
            // Everything began and ended before the first message.
            plan.outcomes.extend(rows.iter().map(|row| (row.id, Outcome::Silenced)));
            return;
        }
        let begin = match has_firing || has_others {
            true => GroupBegin { base, is_over: false },
            false => GroupBegin { base: now.plus(grouping.interval), is_over: true },
        };
        let flush = Flush { channel: channel.clone(), key: key.clone(), begin };
        let flush = (key != ACKNOWLEDGED).then_some(flush);
        let channel_of = self.0.channels.get(&channel);
        let has_them = channel_of.map_or_else(|| channel.starts_with(PREFIX), |open| open.keeps_episodes());
        if has_them {
            // The incident system has these incidents already, and the action was run.
            still.clear();
        }
        let forget_at = now.plus(grouping.repeat.saturating_mul(2));
        plan.parcels.push(Parcel { channel, key, rows, still, forget_at, flush });
    }

    /// When a notice may be sent: at the first message of its group after its creation, or after its hold.
    fn due(&self, row: &Waiting, ticks: Ticks) -> Timestamp {
        if row.attempts > 0 {
            return row.next_at;
        }
        if !row.is_held {
            return ticks.at_or_after(row.created_at).max(row.next_at);
        }
        // A held notice was looked at one evaluation before its next time. A message of its group that was
        // sent at that time went without it.
        let looked = row.next_at.plus(-self.0.times.every);
        ticks.at_or_after(if ticks.has_begun { looked.plus(1) } else { looked })
    }

    /// Why a notice is held; `None` if it may go. A silence and an inhibition let the end of an episode pass,
    /// because its begin was told; mute times hold it until they end.
    fn hold(&self, notice: &Notice, grouping: &Grouping, holds: &Holds<'_>) -> Option<String> {
        if let Some(muted) = grouping.muted(holds.now) {
            return Some(muted);
        }
        if notice.status != NoticeStatus::Firing {
            return None;
        }
        if let Some(silence) = holds.silences.iter().find(|silence| silence.holds(notice, holds.now)) {
            return Some(format!("silence {}", silence.id));
        }
        let inhibits = |firing: &&Notice| self.0.inhibit.iter().any(|rule| rule.holds(firing, notice));
        let holder = holds.firing.iter().find(inhibits)?;
        Some(format!("inhibited by {} ({})", holder.rule, holder.episode))
    }
}

fn bunch<'a>(
    bunches: &'a mut Bunches,
    channel: &str,
    notice: &Notice,
    grouping: &Arc<Grouping>,
) -> &'a mut Bunch {
    let key = match notice.status {
        NoticeStatus::Acknowledged => ACKNOWLEDGED.to_owned(),
        _ => grouping.key(notice),
    };
    bunches.entry((channel.to_owned(), key)).or_insert_with(|| Bunch {
        grouping: Arc::clone(grouping),
        rows: Vec::new(),
        still: Vec::new(),
        has_others: false,
    })
}

/// The latest notice of each episode and channel; the earlier ones are superseded. The end of an episode
/// whose begin was held is not told.
fn latest(waiting: Vec<Waiting>, outcomes: &mut Vec<(i64, Outcome)>) -> Vec<Waiting> {
    let mut latest = BTreeMap::<(String, String), Waiting>::new();
    for row in waiting {
        let key = (row.channel.clone(), row.notice.episode.clone());
        match latest.remove(&key) {
            Some(earlier) if earlier.is_held && row.notice.status.is_end() && !row.was_told => {
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
