//! Back-test of a rule: the episodes that it would have had.

use std::collections::BTreeMap;

use quipu_core::Timestamp;

use crate::engine::law_of;
use crate::file::Groups;
use crate::group_key::group_of;
use crate::replay::Replay;
use crate::sliding::ceil;
use crate::{AlertError, Alerts, Bound, Change, GroupState, Rule, RuleConfig, Seen};

/// Longest range.
const LONGEST: i64 = 90 * Timestamp::DAY;
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
    /// Milliseconds between two evaluations. A rule over a metric or scores is evaluated less often than live
    /// if the range is long.
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
        if rule.kind.is_metric() || !rule.kind.is_queried() {
            self.by_queries(&rule, since, until).await
        } else {
            Replay::new(&rule, rule.interval(self.0.times.every), since, until).run(&*self.0.measure).await
        }
    }

    /// Asks one query for each evaluation, because values of metrics have no sum.
    async fn by_queries(
        &self,
        rule: &Rule,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Backtest, AlertError> {
        let mut every = rule.interval(self.0.times.every);
        while until.since(since) / every > EVALUATIONS {
            every *= 2;
        }
        let mut test = Backtest::new(rule, every, until.since(since));
        let mut states = BTreeMap::<String, (BTreeMap<String, String>, GroupState)>::new();
        let mut at = ceil(since, every);
        while at <= until {
            let mut seen = self.observe(rule, at, &Groups::new()).await?.groups;
            for key in seen.keys() {
                states.entry(key.clone()).or_insert_with(|| (group_of(key), GroupState::default()));
            }
            for (key, (group, state)) in &mut states {
                let seen = seen.remove(key).map_or(Seen::NoData, |found| found.seen);
                let change = state.step(&law_of(rule, group.is_empty()), seen, at);
                test.note(group, state, change, at);
            }
            at = at.plus(every);
        }
        states.values().for_each(|(group, state)| test.close(group, state, until));
        test.episodes.sort_by_key(|episode| episode.from);
        Ok(test)
    }
}

impl Backtest {
    /// A back-test without episodes over so many nanoseconds.
    pub(crate) fn new(rule: &Rule, every: i64, range: i64) -> Self {
        let bound = rule.law.bound;
        Self {
            every_ms: every / 1_000_000,
            threshold: bound.threshold(),
            side: if matches!(bound, Bound::Above(_)) { "above" } else { "below" },
            step: (range / CURVE).max(every),
            ..Self::default()
        }
    }

    pub(crate) fn note(
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

    /// Adds a value that is the same at all evaluations between two times.
    pub(crate) fn plot_between(&mut self, from: Timestamp, to: Timestamp, value: f64) {
        let mut at = from;
        while at < to {
            self.plot(at, value);
            at = at.floor(self.step).plus(self.step);
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
    pub(crate) fn close(&mut self, group: &BTreeMap<String, String>, state: &GroupState, until: Timestamp) {
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
