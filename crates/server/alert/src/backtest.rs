//! Back-test of a rule: the episodes that it would have had.

use std::collections::BTreeMap;

use quipu_core::{Timestamp, TraceId};

use crate::engine::law_of;
use crate::observe::{absent, group_key, names, ratio, value_of};
use crate::{
    AlertError, Alerts, Bound, Change, GroupState, Measured, MeasuredGroup, Rule, RuleConfig, RuleFigures,
    Seen,
};

/// Longest range.
const LONGEST: i64 = 90 * Timestamp::DAY;
/// Points that one query may have.
const POINTS: i64 = 20_000;
/// Most queries of a back-test.
const QUERIES: i64 = 400;
/// Points of the curve of a back-test.
const CURVE: i64 = 240;
/// Most evaluations of a rule whose figures need one query each.
const EVALUATIONS: i64 = 2_000;

/// Result of a back-test.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Backtest {
    /// Episodes by begin.
    pub episodes: Vec<BacktestEpisode>,
    /// Seconds of all episodes together, within the range.
    pub firing_s: f64,
    /// Milliseconds between two evaluations. A long range of many groups is evaluated less often than live.
    pub every_ms: i64,
    /// Threshold of the rule.
    pub threshold: f64,
    /// `above` or `below`.
    pub side: &'static str,
    /// Worst value of all groups over time.
    pub curve: Vec<CurvePoint>,
    /// Nanoseconds of a point of the curve.
    step: i64,
    /// Point of the latest value: the next one is mostly the same.
    cursor: usize,
}

/// A point of the curve of a back-test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// Begin of the step.
    pub at: Timestamp,
    /// Value that is furthest on the wrong side within the step.
    pub value: f64,
}

/// An episode of a back-test.
#[derive(Debug, Clone, PartialEq)]
pub struct BacktestEpisode {
    /// Keys and values of the group.
    pub group: BTreeMap<String, String>,
    /// Begin.
    pub from: Timestamp,
    /// End; `None` if it is open at the end of the range.
    pub to: Option<Timestamp>,
    /// Worst value.
    pub peak: Option<f64>,
}

/// Figures by the start of their bucket.
type Buckets = BTreeMap<Timestamp, RuleFigures>;

/// A sliding window over buckets: each bucket is merged about twice, however long the window is.
#[derive(Default)]
struct Sliding {
    /// Sums of a bucket and all later ones of this half; the last entry is the oldest.
    front: Vec<(Timestamp, RuleFigures)>,
    back: Vec<(Timestamp, RuleFigures)>,
    back_sum: RuleFigures,
}

impl Sliding {
    fn push(&mut self, at: Timestamp, figures: RuleFigures) {
        self.back_sum.merge(&figures);
        self.back.push((at, figures));
    }

    /// Removes buckets that begin before `since`; whether there were any.
    fn evict(&mut self, since: Timestamp) -> bool {
        let oldest = self.front.last().or(self.back.first()).map(|(at, _)| *at);
        if oldest.is_none_or(|at| at >= since) {
            return false;
        }
        if self.front.is_empty() {
            let mut sum = RuleFigures::default();
            for (at, figures) in self.back.drain(..).rev() {
                sum.merge(&figures);
                self.front.push((at, sum.clone()));
            }
            self.back_sum = RuleFigures::default();
        }
        while self.front.last().is_some_and(|(at, _)| *at < since) {
            self.front.pop();
        }
        self.evict(since);
        true
    }

    /// The figures of the window; `None` without buckets.
    fn sum(&self) -> Option<RuleFigures> {
        let mut sum = match self.front.last() {
            Some((_, sum)) => sum.clone(),
            None if self.back.is_empty() => return None,
            None => RuleFigures::default(),
        };
        sum.merge(&self.back_sum);
        Some(sum)
    }
}

/// Figures of a window that moves over the buckets of a group.
struct Window<'a> {
    buckets: std::iter::Peekable<std::collections::btree_map::Iter<'a, Timestamp, RuleFigures>>,
    sums: Sliding,
    length: i64,
}

impl<'a> Window<'a> {
    fn new(buckets: &'a Buckets, length: i64) -> Self {
        Self { buckets: buckets.iter().peekable(), sums: Sliding::default(), length }
    }

    /// Moves its end to `at`; whether its buckets changed.
    fn move_to(&mut self, at: Timestamp) -> bool {
        let mut is_new = false;
        while let Some((start, figures)) = self.buckets.next_if(|(start, _)| **start < at) {
            self.sums.push(*start, figures.clone());
            is_new = true;
        }
        self.sums.evict(at.plus(-self.length)) || is_new
    }

    fn sum(&self) -> Option<RuleFigures> {
        self.sums.sum()
    }
}

/// Observation of a window without buckets.
fn absent_value(rule: &Rule) -> Seen {
    if rule.compared_with.is_some() {
        return absent(rule);
    }
    value_of(rule, &MeasuredGroup::default()).map_or(Seen::NoData, Seen::Value)
}

impl Alerts {
    /// Evaluates a rule over the past, as it would have been evaluated live.
    ///
    /// # Errors
    /// The rule is invalid or of a kind without history, the range is empty or longer than 90 days, or the
    /// store cannot be read.
    pub async fn backtest(
        &self,
        name: &str,
        config: RuleConfig,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Backtest, AlertError> {
        let rule = Rule::new(name, config)?;
        if let Some(why) = rule.kind.has_no_past() {
            return Err(AlertError::NoPast { rule: name.to_owned(), kind: rule.kind(), why });
        }
        if !(1..=LONGEST).contains(&until.since(since)) {
            return Err(AlertError::Config {
                table: "backtest".to_owned(),
                key: "since",
                expected: "a time before `until`, at most 90 days".to_owned(),
                found: since.to_string(),
            });
        }
        let replay = Replay { rule: &rule, since, until };
        if rule.kind.is_metric() || !rule.kind.is_queried() {
            self.by_queries(&replay).await
        } else {
            self.by_buckets(&replay).await
        }
    }

    /// Reads buckets once, and slides the window over them.
    async fn by_buckets(&self, replay: &Replay<'_>) -> Result<Backtest, AlertError> {
        let rule = replay.rule;
        let groups = if rule.group_by.is_empty() { 1 } else { i64::try_from(rule.groups()).unwrap_or(100) };
        let most = (POINTS / groups - 2).max(1);
        let earlier = rule.compared_with.unwrap_or(0);
        let range = replay.until.since(replay.since) + rule.window + earlier;
        let mut every = rule.interval(self.0.times.every);
        let bucket = loop {
            let bucket = gcd(gcd(rule.window, every), earlier);
            if range / bucket / most < QUERIES || every >= rule.window {
                break bucket;
            }
            every = (every * 2).min(rule.window);
        };
        let first = ceil(replay.since, every);
        let mut found = BTreeMap::<String, (BTreeMap<String, String>, Buckets)>::new();
        let mut start = first.plus(-rule.window - earlier);
        while start < replay.until {
            let end = start.plus(bucket * most).min(ceil(replay.until, bucket));
            let measured = self.0.measure.figures(&rule.ask_range(start, end, Some(bucket))?, end).await?;
            collect(rule, measured, &mut found);
            start = end;
        }
        if rule.group_by.is_empty() {
            found.entry(group_key(&BTreeMap::new())).or_default();
        }
        let mut test = replay.test(every);
        for (group, buckets) in found.into_values() {
            replay.slide(group, buckets, first, every, &mut test);
        }
        test.episodes.sort_by_key(|episode| episode.from);
        Ok(test)
    }

    /// Asks one query for each evaluation, because values of metrics have no sum.
    async fn by_queries(&self, replay: &Replay<'_>) -> Result<Backtest, AlertError> {
        let rule = replay.rule;
        let mut every = rule.interval(self.0.times.every);
        while replay.until.since(replay.since) / every > EVALUATIONS {
            every *= 2;
        }
        let mut test = replay.test(every);
        let mut states = BTreeMap::<String, (BTreeMap<String, String>, GroupState)>::new();
        let mut at = ceil(replay.since, every);
        while at <= replay.until {
            let mut seen = self.observe(rule, at).await?.groups;
            for (key, found) in &seen {
                states.entry(key.clone()).or_insert_with(|| (found.group.clone(), GroupState::default()));
            }
            for (key, (group, state)) in &mut states {
                let seen = seen.remove(key).map_or(Seen::NoData, |found| found.seen);
                let change = state.step(&law_of(rule, group), seen, at);
                test.note(group, state, change, at);
            }
            at = at.plus(every);
        }
        states.values().for_each(|(group, state)| test.close(group, state, replay.until));
        test.episodes.sort_by_key(|episode| episode.from);
        Ok(test)
    }
}

/// A rule and the range of its back-test.
struct Replay<'a> {
    rule: &'a Rule,
    since: Timestamp,
    until: Timestamp,
}

impl Replay<'_> {
    /// A back-test without episodes.
    fn test(&self, every: i64) -> Backtest {
        let bound = self.rule.law.bound;
        Backtest {
            every_ms: every / 1_000_000,
            threshold: bound.threshold(),
            side: if matches!(bound, Bound::Above(_)) { "above" } else { "below" },
            step: (self.until.since(self.since) / CURVE).max(every),
            ..Backtest::default()
        }
    }

    fn slide(
        &self,
        group: BTreeMap<String, String>,
        buckets: Buckets,
        first: Timestamp,
        every: i64,
        test: &mut Backtest,
    ) {
        let (rule, law) = (self.rule, law_of(self.rule, &group));
        let mut window = Window::new(&buckets, rule.window);
        let mut before = rule.compared_with.map(|earlier| (earlier, Window::new(&buckets, rule.window)));
        let mut state = GroupState::default();
        let (mut at, mut is_new, mut seen, mut was_there) = (first, true, None, false);
        while at <= self.until {
            is_new |= window.move_to(at);
            if let Some((earlier, before)) = &mut before {
                is_new |= before.move_to(at.plus(-*earlier));
            }
            if std::mem::take(&mut is_new) {
                seen = window.sum().map(|figures| self.seen(figures));
                if let (Some(now), Some((_, before))) = (seen, &before) {
                    seen = Some(ratio(now, before.sum().map_or(Seen::NoData, |figures| self.seen(figures))));
                }
            }
            let is_absent = seen.is_none() && !rule.group_by.is_empty();
            // A group at rest is judged once more when it is gone, and then forgotten.
            if !(is_absent && state.is_idle() && !was_there) {
                let seen = match seen {
                    Some(seen) => seen,
                    None if is_absent => absent(rule),
                    None => absent_value(rule),
                };
                let change = state.step(&law, seen, at);
                test.note(&group, &state, change, at);
            }
            was_there = !is_absent;
            at = at.plus(every);
        }
        test.close(&group, &state, self.until);
    }

    fn seen(&self, figures: RuleFigures) -> Seen {
        let group = MeasuredGroup { figures, ..MeasuredGroup::default() };
        value_of(self.rule, &group).map_or(Seen::NoData, Seen::Value)
    }
}

impl Backtest {
    fn note(
        &mut self,
        group: &BTreeMap<String, String>,
        state: &GroupState,
        change: Option<Change>,
        at: Timestamp,
    ) {
        if change == Some(Change::Resolved) {
            self.add(group, state, Some(at), at);
        }
        if let Some(value) = state.value.filter(|_| !state.empty && !state.failed) {
            self.plot(at, value);
        }
    }

    /// Adds a value to the curve. Groups come one after the other, each in order of time.
    fn plot(&mut self, at: Timestamp, value: f64) {
        let at = at.floor(self.step);
        if self.curve.get(self.cursor).is_none_or(|point| point.at != at) {
            self.cursor = self.curve.binary_search_by_key(&at, |point| point.at).unwrap_or_else(|place| {
                self.curve.insert(place, CurvePoint { at, value });
                place
            });
        }
        if let Some(point) = self.curve.get_mut(self.cursor) {
            point.value = if self.side == "above" { point.value.max(value) } else { point.value.min(value) };
        }
    }

    /// Adds the episode that is open at the end.
    fn close(&mut self, group: &BTreeMap<String, String>, state: &GroupState, until: Timestamp) {
        if state.phase == crate::Phase::Firing {
            self.add(group, state, None, until);
        }
    }

    fn add(
        &mut self,
        group: &BTreeMap<String, String>,
        state: &GroupState,
        to: Option<Timestamp>,
        end: Timestamp,
    ) {
        self.firing_s += end.since(state.fired_at) as f64 / Timestamp::SECOND as f64;
        let group = group.clone();
        self.episodes.push(BacktestEpisode { group, from: state.fired_at, to, peak: state.peak });
    }
}

fn collect(
    rule: &Rule,
    measured: Measured,
    found: &mut BTreeMap<String, (BTreeMap<String, String>, Buckets)>,
) {
    for group in measured.groups {
        let names = names(rule, &group);
        let (_, buckets) = found.entry(group_key(&names)).or_insert_with(|| (names, Buckets::new()));
        for (at, mut figures) in group.points {
            figures.example = None::<TraceId>;
            buckets.entry(at).or_default().merge(&figures);
        }
    }
}

/// The first multiple of `width` at or after a time.
const fn ceil(at: Timestamp, width: i64) -> Timestamp {
    at.plus(width - 1).floor(width)
}

const fn gcd(one: i64, other: i64) -> i64 {
    if other == 0 { one } else { gcd(other, one % other) }
}
