//! Health score, 0 to 100: weighted parts with the figures that they come from.

use quipu_core::{Limits, Timestamp};
use quipu_query::{Params, StepAsk};
use serde::Serialize;

use crate::kind::Kind;
use crate::notice::number;
use crate::{AlertError, Alerts, Measure, MeasuredGroup, RuleFigures};

/// Range of the figures.
const RANGE: i64 = Timestamp::DAY;
/// Fewer records of the watched kind have no score.
const LEAST: u64 = 20;

/// One part of the score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HealthPart {
    /// `errors`, `latency`, `tools`, `prices` or `alerts`.
    pub name: &'static str,
    /// 0 to 100.
    pub score: f64,
    /// Weight in the whole.
    pub weight: f64,
    /// Points of the score that the part costs. The points of all parts and the score make 100.
    pub lost: f64,
    /// Figures of the part in words.
    pub why: String,
    /// Bad records, the 95th percentile in milliseconds, or open critical alerts.
    pub value: f64,
    /// All records, the percentile of the week before, or other open alerts.
    pub against: f64,
    /// Query of the HTTP interface with these figures.
    pub query: String,
}

/// Health of everything, of an agent or of a tool.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Health {
    /// 0 to 100: the mean of the parts by weight; null with too few records.
    pub score: Option<f64>,
    /// Why there is no score; null with one.
    pub reason: Option<String>,
    /// Parts with figures.
    pub parts: Vec<HealthPart>,
    /// Parts with a score under 80, in words.
    pub concerns: Vec<String>,
    /// Next step for each concern.
    pub recommendations: Vec<String>,
}

/// 100 at `best` or less, 0 at `worst` or more, and linear between.
fn falling(value: f64, best: f64, worst: f64) -> f64 {
    (100.0 * (worst - value) / (worst - best)).clamp(0.0, 100.0)
}

fn share(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { part as f64 / of as f64 }
}

/// Counts of open episodes by weight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Open {
    pub critical: u64,
    pub other: u64,
}

/// Figures that a score comes from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vitals {
    pub calls: RuleFigures,
    pub calls_before: RuleFigures,
    pub tools: RuleFigures,
    /// Whether the score is of a tool.
    pub is_of_tool: bool,
    pub open: Open,
}

/// The score of these figures.
pub(crate) fn score_of(of: &Vitals) -> Health {
    let watched = if of.is_of_tool { of.tools.count } else { of.calls.count };
    if watched < LEAST {
        let what = if of.is_of_tool { "tool runs" } else { "calls" };
        let reason = format!("{watched} {what} in 24 hours; a score needs {LEAST}");
        return Health { reason: Some(reason), ..Health::default() };
    }
    let mut parts = Vec::new();
    let mut put = |name, weight, score, why, (value, against)| {
        let (lost, query) = (0.0, String::new());
        parts.push(HealthPart { name, score, weight, lost, why, value, against, query });
    };
    let counts = |bad: u64, all: u64| (bad as f64, all as f64);
    let (calls, tools) = (&of.calls, &of.tools);
    if !of.is_of_tool {
        let failed = share(calls.errors, calls.count);
        let why = format!("{} of {} calls failed", calls.errors, calls.count);
        put("errors", 40.0, falling(failed, 0.0, 0.2), why, counts(calls.errors, calls.count));
        if let (Some(now), Some(before)) =
            (calls.latency.quantile(0.95), of.calls_before.latency.quantile(0.95))
        {
            let ratio = if before > 0.0 { now / before } else { 1.0 };
            let why = format!(
                "95th percentile {} ms, {} ms in the week before",
                number(now / 1e6),
                number(before / 1e6)
            );
            put("latency", 20.0, falling(ratio, 1.0, 3.0), why, (now / 1e6, before / 1e6));
        }
        let why = format!("{} of {} calls have no price", calls.unpriced, calls.count);
        let score = falling(share(calls.unpriced, calls.count), 0.0, 0.5);
        put("prices", 10.0, score, why, counts(calls.unpriced, calls.count));
    }
    if tools.count > 0 {
        let why = format!("{} of {} tool runs failed", tools.errors, tools.count);
        let score = falling(share(tools.errors, tools.count), 0.0, 0.4);
        put("tools", 20.0, score, why, counts(tools.errors, tools.count));
    }
    let Open { critical, other } = of.open;
    let why = format!("{critical} critical and {other} other alerts are open");
    let score = falling(critical as f64 + 0.25 * other as f64, 0.0, 2.0);
    put("alerts", 10.0, score, why, counts(critical, other));
    let weight: f64 = parts.iter().map(|part| part.weight).sum();
    let score = parts.iter().map(|part| part.score * part.weight).sum::<f64>() / weight;
    parts.iter_mut().for_each(|part| part.lost = (100.0 - part.score) * part.weight / weight);
    let bad: Vec<&HealthPart> = parts.iter().filter(|part| part.score < 80.0).collect();
    let concerns = bad.iter().map(|part| format!("{}: {}", part.name, part.why)).collect();
    let recommendations = bad.iter().map(|part| next_step(part.name).to_owned()).collect();
    Health { score: Some((score * 10.0).round() / 10.0), reason: None, parts, concerns, recommendations }
}

fn next_step(part: &str) -> &'static str {
    match part {
        "errors" => "Read the failed traces: quipu traces --status error --since -24h",
        "latency" => "Read the slowest traces: quipu traces --sort -duration --since -24h",
        "prices" => "Add the missing prices: quipu prices unpriced",
        "tools" => "Compare the tools: quipu tools --since -24h",
        _ => "Read the open alerts: quipu alerts list",
    }
}

impl Alerts {
    /// Health of everything, of an agent or of a tool within the last 24 hours.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn health(&self, agent: Option<&str>, tool: Option<&str>) -> Result<Health, AlertError> {
        self.health_at(agent, tool, self.0.clock.now()).await
    }

    /// Health at a time, with the open alerts of now.
    pub(crate) async fn health_at(
        &self,
        agent: Option<&str>,
        tool: Option<&str>,
        now: Timestamp,
    ) -> Result<Health, AlertError> {
        let measure = &*self.0.measure;
        let (since, week) = (now.plus(-RANGE), now.plus(-8 * Timestamp::DAY));
        let mut vitals = Vitals {
            tools: figures(measure, "tools", agent, tool, since, now).await?,
            is_of_tool: tool.is_some(),
            open: self.open_episodes(agent, tool),
            ..Vitals::default()
        };
        if tool.is_none() {
            vitals.calls = figures(measure, "calls", agent, None, since, now).await?;
            vitals.calls_before = figures(measure, "calls", agent, None, week, since).await?;
        }
        let mut health = score_of(&vitals);
        for part in &mut health.parts {
            part.query = match part.name {
                "alerts" => "/api/v1/alerts".to_owned(),
                "tools" => query_of("tools", agent, tool, since, now),
                _ => query_of("calls", agent, None, since, now),
            };
        }
        Ok(health)
    }

    /// Agents or tools with records in the range of a score, and the number of those beyond `most`.
    pub(crate) async fn active(
        &self,
        key: &str,
        most: usize,
        now: Timestamp,
    ) -> Result<(Vec<String>, usize), AlertError> {
        let from = if key == "tool" { "tools" } else { "calls" };
        let (since, top) = (now.plus(-RANGE).to_string(), most.to_string());
        let until = now.to_string();
        let pairs = [("from", from), ("group_by", key), ("since", &since), ("until", &until), ("top", &top)];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let ask = Params::new(pairs, now, &Limits::default()).figure_ask();
        let ask = ask.map_err(|error| AlertError::query("health", "group_by", error))?;
        let measured = self.0.measure.figures(&ask, now).await?;
        let names = measured.groups.into_iter().filter_map(|group| group.key.into_iter().next().flatten());
        Ok((names.filter(|name| !name.is_empty()).collect(), measured.left_out))
    }

    /// Open episodes; of an agent or tool, those of its groups.
    fn open_episodes(&self, agent: Option<&str>, tool: Option<&str>) -> Open {
        let rules_on_health: Vec<String> = {
            let live = self.0.live.lock();
            let rules = live.rules.iter().filter(|(_, (rule, _))| rule.kind == Kind::Health);
            rules.map(|(name, _)| name.clone()).collect()
        };
        let fits = |row: &crate::AlertRow| {
            let same = |key: &str, wanted: Option<&str>| {
                wanted.is_none_or(|wanted| row.group.get(key).is_some_and(|value| value == wanted))
            };
            // A rule about the score must not lower it.
            row.state == "firing"
                && !rules_on_health.contains(&row.rule)
                && same("agent", agent)
                && same("tool", tool)
        };
        let mut open = Open::default();
        for row in self.list().iter().filter(|row| fits(row)) {
            let count = if row.severity == "critical" { &mut open.critical } else { &mut open.other };
            *count += 1;
        }
        open
    }

    /// State of every objective.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn slos(&self) -> Result<Vec<crate::SloState>, AlertError> {
        let now = self.0.clock.now();
        let mut states = Vec::new();
        for slo in self.0.slos.values() {
            states.push(slo.state(&*self.0.measure, now).await?);
        }
        Ok(states)
    }
}

/// Path of the query that gives the figures of a part.
fn query_of(
    from: &str,
    agent: Option<&str>,
    tool: Option<&str>,
    since: Timestamp,
    until: Timestamp,
) -> String {
    let mut path = format!("/api/v1/query?from={from}&since={since}&until={until}");
    for (name, value) in [("agent", agent), ("tool", tool)] {
        let value = value
            .map(|value| percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC));
        path.extend(value.map(|value| format!("&{name}={value}")));
    }
    path
}

async fn figures(
    measure: &dyn Measure,
    from: &str,
    agent: Option<&str>,
    tool: Option<&str>,
    since: Timestamp,
    until: Timestamp,
) -> Result<RuleFigures, AlertError> {
    Ok(fetch(measure, from, agent, tool, (since, until), false).await?.figures)
}

/// Figures of a range, by the hour if asked for.
pub(crate) async fn fetch(
    measure: &dyn Measure,
    from: &str,
    agent: Option<&str>,
    tool: Option<&str>,
    (since, until): (Timestamp, Timestamp),
    by_hour: bool,
) -> Result<MeasuredGroup, AlertError> {
    let mut pairs =
        vec![("from", from.to_owned()), ("since", since.to_string()), ("until", until.to_string())];
    pairs.extend(agent.map(|agent| ("agent", agent.to_owned())));
    pairs.extend(tool.map(|tool| ("tool", tool.to_owned())));
    let pairs = pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let ask = Params::new(pairs, until, &Limits::default()).figure_ask();
    let mut ask = ask.map_err(|error| AlertError::query("health", "agent or tool", error))?;
    if by_hour {
        ask.step = StepAsk::Of(Timestamp::HOUR);
    }
    let measured = measure.figures(&ask, until).await?;
    Ok(measured.groups.into_iter().next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vitals(calls: u64, errors: u64, unpriced: u64, tools: u64, tool_errors: u64, critical: u64) -> Vitals {
        Vitals {
            calls: RuleFigures { count: calls, errors, unpriced, ..RuleFigures::default() },
            tools: RuleFigures { count: tools, errors: tool_errors, ..RuleFigures::default() },
            open: Open { critical, other: 0 },
            ..Vitals::default()
        }
    }

    #[test]
    fn few_records_have_no_score_and_never_a_hundred() {
        let few = score_of(&vitals(19, 0, 0, 0, 0, 0));
        assert_eq!(few.score, None);
        assert!(few.reason.unwrap().contains("19 calls"));
        assert_eq!(score_of(&vitals(20, 0, 0, 0, 0, 0)).score, Some(100.0));
    }

    #[test]
    fn a_bad_part_is_a_concern_with_a_next_step() {
        let bad = score_of(&vitals(100, 10, 0, 10, 0, 0));
        assert_eq!(bad.parts[0].score, 50.0);
        assert_eq!(bad.concerns, ["errors: 10 of 100 calls failed"]);
        assert!(bad.recommendations[0].contains("--status error"));
        assert!(bad.score.unwrap() < 80.0);
    }

    #[test]
    fn every_lost_point_is_that_of_a_part() {
        let mut of = vitals(200, 13, 7, 40, 9, 1);
        (1..200).for_each(|at| of.calls.latency.add(at * 2_000_000, 1));
        (1..200).for_each(|at| of.calls_before.latency.add(at * 1_000_000, 1));
        let health = score_of(&of);
        let names: Vec<&str> = health.parts.iter().map(|part| part.name).collect();
        assert_eq!(names, ["errors", "latency", "prices", "tools", "alerts"]);
        let lost: f64 = health.parts.iter().map(|part| part.lost).sum();
        assert!((100.0 - lost - health.score.unwrap()).abs() <= 0.05, "{health:?}");
        assert!(health.parts.iter().all(|part| part.lost > 0.0));
    }

    proptest! {
        #[test]
        fn more_failures_never_raise_the_score(
            calls in 20..500_u64, errors in 0..500_u64, more in 1..50_u64, tools in 1..100_u64,
            tool_errors in 0..100_u64, critical in 0..4_u64, slow in 1..50_i64,
        ) {
            let timed = |slow: i64, other: u64| {
                let mut of = vitals(calls, errors.min(calls), 0, tools, tool_errors.min(tools), critical);
                of.calls.latency.add(slow * 100_000_000, 1);
                of.calls_before.latency.add(1_000_000_000, 1);
                of.open.other = other;
                score_of(&of).score.unwrap()
            };
            prop_assert!(timed(slow + 5, 0) <= timed(slow, 0));
            prop_assert!(timed(slow, more) <= timed(slow, 0));
            let score = |errors: u64, unpriced: u64, tool_errors: u64, critical| {
                let of = vitals(calls, errors.min(calls), unpriced.min(calls), tools, tool_errors.min(tools), critical);
                score_of(&of).score.unwrap()
            };
            let now = score(errors, 0, tool_errors, critical);
            prop_assert!((0.0..=100.0).contains(&now));
            prop_assert!(score(errors + more, 0, tool_errors, critical) <= now);
            prop_assert!(score(errors, more, tool_errors, critical) <= now);
            prop_assert!(score(errors, 0, tool_errors + more, critical) <= now);
            prop_assert!(score(errors, 0, tool_errors, critical + more) <= now);
        }
    }
}
