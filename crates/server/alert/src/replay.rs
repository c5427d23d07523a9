//! Replay of a rule over buckets of the past. Groups are judged only when a bucket enters or leaves their
//! window, or while a waiting time runs.

use std::collections::BTreeMap;

use quipu_core::{ErrorKind, Timestamp};

use crate::engine::law_of;
use crate::group_key::{group_key, names};
use crate::observe::{ratio, value_of};
use crate::observed::absent;
use crate::rule::MOST_GROUPS;
use crate::sliding::{Window, ceil};
use crate::{
    AlertError, Backtest, Bound, GroupState, Law, Measure, Measured, MeasuredGroup, NoData, Phase, Rule,
    RuleFigures, Seen,
};

/// Buckets of a query at most, unless they are within [`AT_ONCE`].
const BUCKETS: i64 = 200;
/// Days of a query at least: a store reads them at the same time.
const AT_ONCE: i64 = 2 * Timestamp::DAY;

/// A rule and the range of its back-test.
pub(crate) struct Replay<'a> {
    rule: &'a Rule,
    every: i64,
    bucket: i64,
    since: Timestamp,
    until: Timestamp,
    tracks: BTreeMap<String, Track>,
    test: Backtest,
}

impl<'a> Replay<'a> {
    /// Evaluations at multiples of `every` nanoseconds.
    pub(crate) fn new(rule: &'a Rule, every: i64, since: Timestamp, until: Timestamp) -> Self {
        let bucket = gcd(gcd(rule.window, every), rule.compared_with.unwrap_or(0));
        let test = Backtest::new(rule, every, until.since(since));
        Self { rule, every, bucket, since, until, tracks: BTreeMap::new(), test }
    }

    /// Reads the buckets in order of time, and judges what they complete meanwhile.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn run(mut self, measure: &dyn Measure) -> Result<Backtest, AlertError> {
        let first = ceil(self.since, self.every);
        if self.rule.group_by.is_empty() {
            self.tracks.insert(group_key(&BTreeMap::new()), Track::new(self.rule, BTreeMap::new(), first));
        }
        let mut length = (self.bucket * BUCKETS).max(AT_ONCE);
        let (mut start, mut known) = (first.plus(-self.rule.window), first.plus(-self.rule.window));
        while start < self.until {
            let end = ceil(start.floor(length).plus(length).min(self.until), self.bucket);
            let chunk = Chunk { rule: self.rule, bucket: self.bucket, start, end };
            let (read, ()) = tokio::join!(chunk.read(measure), async { self.advance(known) });
            let (now, before) = match read {
                Err(AlertError::Core(error))
                    if error.kind() == ErrorKind::Exhausted && length > self.bucket =>
                {
                    length = (length / 2).max(self.bucket) / self.bucket * self.bucket;
                    continue;
                }
                read => read?,
            };
            self.collect(now, first, false);
            self.collect(before, first, true);
            (start, known) = (end, end);
        }
        self.advance(self.until);
        let Self { tracks, mut test, until, .. } = self;
        tracks.values().for_each(|track| test.close(&track.group, &track.state, until));
        test.episodes.sort_by_key(|episode| episode.from);
        Ok(test)
    }

    fn collect(&mut self, measured: Measured, first: Timestamp, is_earlier: bool) {
        for mut group in measured.groups {
            group.points.sort_by_key(|(at, _)| *at);
            let names = names(self.rule, &group);
            let track = self.tracks.entry(group_key(&names));
            let track = track.or_insert_with(|| {
                let starts = group.points.first().map_or(first, |(at, _)| ceil(at.plus(1), self.every));
                Track::new(self.rule, names, first.max(starts))
            });
            let window = if is_earlier { track.before.as_mut() } else { Some(&mut track.window) };
            let Some(window) = window else { continue };
            for (at, mut figures) in group.points {
                figures.example = None;
                window.push(at, figures);
            }
        }
    }

    /// Judges all groups up to a time; all buckets that begin before it are known.
    fn advance(&mut self, upto: Timestamp) {
        let upto = upto.min(self.until);
        for track in self.tracks.values_mut() {
            track.advance(self.rule, self.every, upto, &mut self.test);
        }
    }
}

/// Buckets of a part of the range.
struct Chunk<'a> {
    rule: &'a Rule,
    bucket: i64,
    start: Timestamp,
    end: Timestamp,
}

impl Chunk<'_> {
    /// Its buckets, and those of the earlier time that they are compared with.
    async fn read(&self, measure: &dyn Measure) -> Result<(Measured, Measured), AlertError> {
        let now = self.read_from(measure, 0).await?;
        let before = match self.rule.compared_with {
            Some(earlier) => self.read_from(measure, earlier).await?,
            None => Measured::default(),
        };
        Ok((now, before))
    }

    async fn read_from(&self, measure: &dyn Measure, earlier: i64) -> Result<Measured, AlertError> {
        let (since, until) = (self.start.plus(-earlier), self.end.plus(-earlier));
        let mut ask = self.rule.ask_range(since, until, Some(self.bucket))?;
        ask.top = MOST_GROUPS;
        // A group without usage has no value, or the value 0, which only a lower bound finds wrong.
        let is_low = matches!(self.rule.law.bound, Bound::Below(_)) && !self.rule.group_by.is_empty();
        Ok(measure.buckets(&ask, until, self.rule.figure.is_of_spans() || is_low).await?)
    }
}

/// A group on its way through the range.
struct Track {
    group: BTreeMap<String, String>,
    law: Law,
    window: Window,
    before: Option<Window>,
    state: GroupState,
    /// Observation of the window; `None` if the group has no records there.
    seen: Option<Seen>,
    was_there: bool,
    /// Next evaluation.
    next: Timestamp,
}

impl Track {
    fn new(rule: &Rule, group: BTreeMap<String, String>, next: Timestamp) -> Self {
        let window = Window::new(rule.window, 0);
        let before = rule.compared_with.map(|earlier| Window::new(rule.window, earlier));
        Self {
            law: law_of(rule, group.is_empty()),
            group,
            seen: observed(rule, &window, before.as_ref()),
            window,
            before,
            state: GroupState::default(),
            was_there: false,
            next,
        }
    }

    fn advance(&mut self, rule: &Rule, every: i64, upto: Timestamp, test: &mut Backtest) {
        while self.next <= upto {
            let at = self.next;
            self.look(rule, at);
            let is_absent = self.seen.is_none();
            // A group at rest is judged once more when it is gone, and then forgotten.
            let is_forgotten = is_absent && self.state.is_idle() && !self.was_there;
            if !is_forgotten {
                let seen = self.seen.unwrap_or_else(|| absent(rule));
                let change = self.state.step(&self.law, seen, at);
                test.note(&self.group, &self.state, change, at);
            }
            self.was_there = !is_absent;
            self.next = self.next_after(at, every, upto);
            let is_shown = !(is_forgotten || is_absent && self.state.is_idle());
            if let Some(value) = self.state.value.filter(|_| is_shown && !self.state.empty) {
                test.plot_between(at, self.next, value);
            }
        }
    }

    fn look(&mut self, rule: &Rule, at: Timestamp) {
        let mut is_new = self.window.move_to(at);
        if let Some(before) = &mut self.before {
            is_new |= before.move_to(at);
        }
        if is_new {
            self.seen = observed(rule, &self.window, self.before.as_ref());
        }
    }

    /// The next evaluation that can change something, or at which a waiting time runs.
    fn next_after(&self, at: Timestamp, every: i64, upto: Timestamp) -> Timestamp {
        let next = at.plus(every);
        if !self.is_steady(at) {
            return next;
        }
        let before = self.before.as_ref().and_then(Window::next_change);
        let change = self.window.next_change().into_iter().chain(before).min();
        // Beyond `upto`, buckets may be still unknown.
        let beyond = upto.floor(every).plus(every);
        let change = change.map_or(beyond, |change| ceil(change.plus(1), every).min(beyond));
        // The latest wrong value of a firing group is noted, because a waiting time begins there.
        let last = if self.state.phase == Phase::Firing { change.plus(-every) } else { change };
        next.max(last)
    }

    /// Whether the same observation changes nothing later on.
    fn is_steady(&self, at: Timestamp) -> bool {
        let is_kept = self.state.empty && self.law.no_data == NoData::Keep;
        match self.state.phase {
            _ if is_kept => true,
            Phase::Ok => !self.state.empty || self.law.no_data_hold.is_none(),
            Phase::Pending => false,
            Phase::Firing => self.state.wrong_at == at && self.law.critical.is_none(),
        }
    }
}

/// Observation of a window, compared with the earlier one; `None` for a group without records in the window.
/// Without groups, a window without records has the figures of no records.
fn observed(rule: &Rule, window: &Window, before: Option<&Window>) -> Option<Seen> {
    let seen = |window: &Window| {
        let figures = window.sum().or_else(|| rule.group_by.is_empty().then(RuleFigures::default))?;
        let group = MeasuredGroup { figures, ..MeasuredGroup::default() };
        Some(value_of(rule, &group).map_or(Seen::NoData, Seen::Value))
    };
    let now = seen(window)?;
    Some(before.map_or(now, |before| ratio(now, seen(before).unwrap_or(Seen::NoData))))
}

const fn gcd(one: i64, other: i64) -> i64 {
    if other == 0 { one } else { gcd(other, one % other) }
}
