//! Observations of a rule: the answer to its query, or a figure of its kind.

use std::collections::{BTreeMap, BTreeSet};

use quipu_core::Timestamp;
use quipu_query::FigureAsk;

use crate::file::Groups;
use crate::group_key::{key_of, names};
use crate::kind::Kind;
use crate::measure::OwnFigure;
use crate::observed::{Observation, Observed, absent};
use crate::shared::Judged;
use crate::{
    AlertError, Alerts, Bound, BudgetShare, Figure, Measured, MeasuredGroup, MeasuredScore, Rule,
    RuleFigures, Seen, statement,
};

/// Converts the answer to the query of a rule.
fn observations(rule: &Rule, judged: &Judged) -> Observed {
    let groups = judged.groups().map(|group| observation(rule, group));
    Observed { left_out: judged.left_out, ..groups.collect() }
}

fn observation(rule: &Rule, group: &MeasuredGroup) -> (String, Observation) {
    let seen = value_of(rule, group).map_or(Seen::NoData, Seen::Value);
    (key_of(rule, group), Observation { seen, example: group.figures.example })
}

/// Value of a group; `None` without enough records.
pub(crate) fn value_of(rule: &Rule, group: &MeasuredGroup) -> Option<f64> {
    if rule.config.min_count.is_some() && group.figures.count < rule.min_count {
        return None;
    }
    if rule.consecutive == 1 {
        return rule.figure.read(&group.figures, rule.window);
    }
    let values: Vec<f64> = group.points.iter().filter_map(|(_, point)| point.value).collect();
    let last = values.get(values.len().checked_sub(rule.consecutive)?..)?;
    // All of them are wrong exactly if the least wrong one is.
    let better = |one: f64, other: f64| match rule.law.bound {
        Bound::Above(_) => one.min(other),
        Bound::Below(_) => one.max(other),
    };
    last.iter().copied().reduce(better)
}

/// The ratio of a value to the earlier one; none if the earlier one is 0 or missing.
pub(crate) fn ratio(now: Seen, then: Seen) -> Seen {
    match (now, then) {
        (Seen::Value(now), Seen::Value(then)) if then != 0.0 => Seen::Value(now / then),
        (Seen::Error, _) | (_, Seen::Error) => Seen::Error,
        _ => Seen::NoData,
    }
}

/// The aggregate of scores: `avg` (default), `min`, `max`, `sum`, `count` or `last`.
fn scored(rule: &Rule, scores: &[MeasuredScore]) -> Option<f64> {
    let figures = RuleFigures { count: scores.len() as u64, ..RuleFigures::default() };
    if scores.is_empty() || (rule.config.min_count.is_some() && figures.count < rule.min_count) {
        return None;
    }
    let values = || scores.iter().map(|score| score.value);
    Some(match rule.config.agg.as_deref() {
        Some("min") => values().fold(f64::INFINITY, f64::min),
        Some("max") => values().fold(f64::NEG_INFINITY, f64::max),
        Some("sum") => values().sum(),
        Some("count") => figures.count as f64,
        Some("last") => values().next_back()?,
        _ => values().sum::<f64>() / figures.count as f64,
    })
}

/// Observations of scores; without keys there is always one.
fn of_scores(rule: &Rule, scores: Vec<MeasuredScore>) -> Observed {
    let mut groups = BTreeMap::<Vec<Option<String>>, Vec<MeasuredScore>>::new();
    if rule.group_by.is_empty() {
        groups.insert(Vec::new(), Vec::new());
    }
    for score in scores {
        groups.entry(score.key.clone()).or_default().push(score);
    }
    let left_out = groups.len().saturating_sub(rule.groups());
    // The groups with most scores are judged.
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, scores)| std::cmp::Reverse(scores.len()));
    groups.truncate(rule.groups());
    let observe = |(key, scores): (Vec<Option<String>>, Vec<MeasuredScore>)| {
        let keys = rule.group_by.iter().cloned().zip(key.into_iter().map(Option::unwrap_or_default));
        let (key, mut one) = Observation::of(keys.collect(), scored(rule, &scores));
        one.example = scores.iter().rev().find_map(|score| score.trace);
        (key, one)
    };
    Observed { left_out, ..groups.into_iter().map(observe).collect() }
}

impl Alerts {
    /// Figures of a rule for the window that ends at `at`, compared with an earlier window if the rule says
    /// so.
    ///
    /// Groups of `known` that are pending or firing are judged beyond the limit too: otherwise they could
    /// never end.
    pub(crate) async fn observe(
        &self,
        rule: &Rule,
        at: Timestamp,
        known: &Groups,
    ) -> Result<Observed, AlertError> {
        let mut observed = self.observe_window(rule, at, known).await?;
        let Some(earlier) = rule.compared_with else { return Ok(observed) };
        let then = self.observe_window(rule, at.plus(-earlier), known).await?;
        for (grp, found) in &mut observed.groups {
            let before = then.groups.get(grp).map_or(Seen::NoData, |found| found.seen);
            found.seen = ratio(found.seen, before);
        }
        Ok(observed)
    }

    /// Observation of one group for the window that ends at `at`; `None` if only all groups can be read.
    pub(crate) async fn observe_group(
        &self,
        rule: &Rule,
        group: &BTreeMap<String, String>,
        at: Timestamp,
    ) -> Result<Option<Seen>, AlertError> {
        if !rule.kind.is_queried() {
            return Ok(None);
        }
        let Some(now) = self.read_group(rule, group, at).await? else { return Ok(None) };
        match rule.compared_with {
            Some(earlier) => {
                let then = self.read_group(rule, group, at.plus(-earlier)).await?;
                Ok(then.map(|then| ratio(now, then)))
            }
            None => Ok(Some(now)),
        }
    }

    async fn read_group(
        &self,
        rule: &Rule,
        group: &BTreeMap<String, String>,
        at: Timestamp,
    ) -> Result<Option<Seen>, AlertError> {
        let Some(ask) = rule.ask_for(group, at)? else { return Ok(None) };
        let measured = self.0.measure.figures(&ask, at).await?;
        if measured.left_out > 0 {
            return Ok(None);
        }
        let found = measured.groups.iter().find(|one| names(rule, one) == *group);
        Ok(Some(found.map_or_else(|| absent(rule), |one| observation(rule, one).1.seen)))
    }

    async fn observe_window(
        &self,
        rule: &Rule,
        at: Timestamp,
        known: &Groups,
    ) -> Result<Observed, AlertError> {
        let measure = &*self.0.measure;
        match rule.kind {
            Kind::Budget => {
                let accounts = measure.budget(rule.config.budget.as_deref().unwrap_or_default()).await?;
                let value = |account: &BudgetShare| match rule.figure {
                    Figure::Forecast => account.forecast(at),
                    _ => Some(account.share),
                };
                Ok(accounts.into_iter().map(|one| Observation::of(one.scope.clone(), value(&one))).collect())
            }
            Kind::BurnRate => {
                let slo = rule.config.slo.as_ref().and_then(|name| self.0.slos.get(name));
                let missing = || AlertError::Missing {
                    what: "objective",
                    name: rule.config.slo.clone().unwrap_or_default(),
                };
                let value = slo.ok_or_else(missing)?.severity(measure, at).await?;
                Ok([Observation::of(BTreeMap::new(), value)].into_iter().collect())
            }
            Kind::Score => {
                let name = rule.config.score.as_deref().unwrap_or_default();
                let scores = measure.scores(name, &rule.group_by, at.plus(-rule.window), at).await?;
                Ok(of_scores(rule, scores))
            }
            Kind::Sql => statement::observe(measure, rule, at).await,
            Kind::Health => self.observe_health(rule, at).await,
            Kind::IngestLag | Kind::DeadLetters => {
                let figure =
                    if rule.kind == Kind::IngestLag { OwnFigure::IngestLag } else { OwnFigure::DeadLetters };
                let found = measure.own(figure).await?;
                Ok(found.into_iter().map(|(group, value)| Observation::of(group, Some(value))).collect())
            }
            _ => {
                let asked = self.0.shared.asked(rule.ask(at, None)?);
                let judged = self.0.shared.read(&asked, at).await?;
                let mut observed = observations(rule, &judged);
                if observed.left_out > 0 {
                    self.search(rule, &asked.ask, &judged, known, &mut observed).await?;
                }
                Ok(observed)
            }
        }
    }

    /// Adds the pending and firing groups that are beyond the limit of the rule.
    async fn search(
        &self,
        rule: &Rule,
        ask: &FigureAsk,
        judged: &Judged,
        known: &Groups,
        observed: &mut Observed,
    ) -> Result<(), AlertError> {
        let wanted: BTreeSet<&str> = known
            .iter()
            .filter(|(key, record)| !record.state.is_idle() && !observed.groups.contains_key(&***key))
            .map(|(key, _)| &**key)
            .collect();
        let mut whole = Measured::default();
        let all = match judged.all() {
            Some(all) => all,
            None if wanted.is_empty() => return Ok(()),
            None => {
                let ask = FigureAsk { top: usize::MAX, ..ask.clone() };
                whole = self.0.measure.figures(&ask, ask.filter.until.unwrap_or_default()).await?;
                &whole.groups
            }
        };
        observed.is_searched = whole.left_out == 0;
        if !wanted.is_empty() {
            let found = all.iter().map(|group| observation(rule, group));
            let found: Vec<_> = found.filter(|(key, _)| wanted.contains(key.as_str())).collect();
            observed.groups.extend(found);
        }
        Ok(())
    }

    /// Health scores of everything, or of each agent or tool with records in the last 24 hours.
    async fn observe_health(&self, rule: &Rule, at: Timestamp) -> Result<Observed, AlertError> {
        let Some(key) = rule.group_by.first() else {
            let health = self.health_at(None, None, at).await?;
            return Ok([Observation::of(BTreeMap::new(), health.score)].into_iter().collect());
        };
        let (known, left_out) = self.active(key, rule.groups(), at).await?;
        let mut observed = Observed { left_out, ..Observed::default() };
        for name in known {
            let of = |wanted: &str| (key == wanted).then_some(name.as_str());
            let health = self.health_at(of("agent"), of("tool"), at).await?;
            observed.groups.extend([Observation::of([(key.clone(), name.clone())].into(), health.score)]);
        }
        Ok(observed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_needs_an_earlier_value_other_than_zero() {
        let value = Seen::Value;
        assert_eq!(ratio(value(3.0), value(2.0)), value(1.5));
        assert_eq!(ratio(value(0.0), value(2.0)), value(0.0));
        for (now, then) in [(value(3.0), value(0.0)), (value(3.0), Seen::NoData), (Seen::NoData, value(1.0))]
        {
            assert_eq!(ratio(now, then), Seen::NoData);
        }
        assert_eq!(ratio(value(1.0), Seen::Error), Seen::Error);
    }

    #[test]
    fn a_forecast_follows_the_pace_and_waits_for_a_twentieth_of_the_period() {
        let at = |hours: i64| Timestamp::from_nanos(hours * Timestamp::HOUR);
        let share = |share| BudgetShare { share, period: Some((at(0), at(24))), ..BudgetShare::default() };
        assert_eq!(share(0.5).forecast(at(6)), Some(2.0));
        assert_eq!(share(0.5).forecast(at(24)), Some(0.5));
        assert_eq!(share(0.5).forecast(at(1)), None, "a first call says nothing about the day");
        assert_eq!(BudgetShare { share: 0.5, ..BudgetShare::default() }.forecast(at(6)), None);
    }
}
