//! Reads the keys of a rule, with errors that name rule, key, value and limit.

use quipu_core::Timestamp;
use quipu_query::MAX_TOP;

use crate::actions::{self, Action};
use crate::kind::{FIGURES, Kind};
use crate::score_keys::KEYS as SCORE_KEYS;
use crate::span::{read_span, span_text};
use crate::{AlertError, Bound, Figure, Law, NoData, RuleConfig, Severity};

/// Metric of the kind `coverage`.
const COVERAGE: &str = "quipu.test_generation.coverage";
/// Filter of the kind `quota_errors`: traces in which a provider rejected a call for a quota or rate limit.
const QUOTA: &str = "error:quota OR error:rate_limit";
/// Longest window.
pub(crate) const LONGEST: i64 = 30 * Timestamp::DAY;
pub(crate) const MINUTE: i64 = 60 * Timestamp::SECOND;
/// Most steps of an escalation.
const STEPS: usize = 5;
/// Longest of the other times.
pub(crate) const LONGEST_WAIT: i64 = 7 * Timestamp::DAY;

/// Reads the keys of one rule, with errors that name rule and key.
pub(crate) struct Keys<'a> {
    pub rule: &'a str,
    pub config: &'a RuleConfig,
}

impl Keys<'_> {
    pub(crate) fn wrong(&self, key: &'static str, expected: impl Into<String>, found: &str) -> AlertError {
        let found = if found.is_empty() { "nothing".to_owned() } else { format!("{found:?}") };
        AlertError::Rule { rule: self.rule.to_owned(), key, expected: expected.into(), found }
    }

    pub(crate) fn word<T: Copy>(
        &self,
        key: &'static str,
        said: Option<&String>,
        words: &[(&str, T)],
    ) -> Result<Option<T>, AlertError> {
        let Some(said) = said else { return Ok(None) };
        let found = words.iter().find(|(word, _)| word == said).map(|(_, value)| *value);
        let expected =
            || format!("one of {}", words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", "));
        found.map(Some).ok_or_else(|| self.wrong(key, expected(), said))
    }

    pub(crate) fn time(
        &self,
        key: &'static str,
        said: Option<&String>,
        least: i64,
        most: i64,
    ) -> Result<Option<i64>, AlertError> {
        let Some(said) = said else { return Ok(None) };
        let fits = read_span(said).filter(|nanos| (least..=most).contains(nanos));
        let expected =
            || format!("a duration from {} to {}, such as 5m, 2h or 7d", span_text(least), span_text(most));
        fits.map(Some).ok_or_else(|| self.wrong(key, expected(), said))
    }

    pub(crate) fn count(
        &self,
        key: &'static str,
        said: Option<usize>,
        most: usize,
        default: usize,
    ) -> Result<usize, AlertError> {
        let count = said.unwrap_or(default);
        if (1..=most).contains(&count) {
            return Ok(count);
        }
        Err(self.wrong(key, format!("a whole number from 1 to {most}"), &count.to_string()))
    }

    pub(crate) fn window(&self) -> Result<i64, AlertError> {
        let window = self.time("window", self.config.window.as_ref(), MINUTE, LONGEST)?.unwrap_or(5 * MINUTE);
        if window % MINUTE != 0 {
            let said = self.config.window.clone().unwrap_or_default();
            return Err(self.wrong("window", "whole minutes, such as 1m or 90m", &said));
        }
        Ok(window)
    }

    pub(crate) fn bound(&self, kind: Kind) -> Result<Bound, AlertError> {
        let number = |key, value: f64| {
            let told = || self.wrong(key, "a finite number", &value.to_string());
            value.is_finite().then_some(value).ok_or_else(told)
        };
        match (self.config.above, self.config.below) {
            (Some(above), None) if kind != Kind::NoData => Ok(Bound::Above(number("above", above)?)),
            (None, Some(below)) => Ok(Bound::Below(number("below", below)?)),
            (None, None) if kind == Kind::NoData => Ok(Bound::Below(1.0)),
            (Some(_), Some(_)) => Err(self.wrong("above", "one of above and below", "both")),
            _ if kind == Kind::NoData => {
                Err(self.wrong("above", "below or nothing for kind no_data", "above"))
            }
            _ => Err(self.wrong("above", "a threshold: above or below", "")),
        }
    }

    pub(crate) fn law(&self, kind: Kind) -> Result<Law, AlertError> {
        let words = [("ok", NoData::Ok), ("keep", NoData::Keep), ("alert", NoData::Alert)];
        let bound = self.bound(kind)?;
        let recover = self.config.recover;
        if let Some(recover) = recover {
            let fits = match bound {
                Bound::Above(threshold) => recover <= threshold,
                Bound::Below(threshold) => recover >= threshold,
            };
            if !fits || !recover.is_finite() {
                let expected = match bound {
                    Bound::Above(threshold) => format!("at most above, which is {threshold}"),
                    Bound::Below(threshold) => format!("at least below, which is {threshold}"),
                };
                return Err(self.wrong("recover", expected, &recover.to_string()));
            }
        }
        let keep = self.config.keep_firing_for.as_ref();
        let no_data = self.word("no_data", self.config.no_data.as_ref(), &words)?.unwrap_or_default();
        let no_data_for = self.config.no_data_for.as_ref();
        if no_data_for.is_some() && no_data != NoData::Alert {
            return Err(self.wrong("no_data_for", "no such key without no_data = \"alert\"", ""));
        }
        let runs = if kind.is_metric() { 1 } else { self.consecutive()? };
        Ok(Law {
            bound,
            critical: self.critical(bound)?,
            recover,
            hold: self.time("for", self.config.hold.as_ref(), 0, LONGEST_WAIT)?.unwrap_or(0),
            keep: self.time("keep_firing_for", keep, 0, LONGEST_WAIT)?.unwrap_or(0),
            runs: u32::try_from(runs).unwrap_or(u32::MAX),
            no_data,
            no_data_hold: self.time("no_data_for", no_data_for, 0, LONGEST_WAIT)?,
        })
    }

    /// The threshold of the severity `critical`, beyond the other one.
    fn critical(&self, bound: Bound) -> Result<Option<f64>, AlertError> {
        let Some(critical) = self.config.critical else { return Ok(None) };
        if bound.is_broken(critical) && critical.is_finite() {
            return Ok(Some(critical));
        }
        let expected = match bound {
            Bound::Above(threshold) => format!("more than above, which is {threshold}"),
            Bound::Below(threshold) => format!("less than below, which is {threshold}"),
        };
        Err(self.wrong("critical", expected, &critical.to_string()))
    }

    /// The severity; with a threshold of its own for `critical`, a lesser one.
    pub(crate) fn severity(&self, words: &[(&str, Severity)]) -> Result<Severity, AlertError> {
        let severity = self.word("severity", self.config.severity.as_ref(), words)?.unwrap_or_default();
        if severity == Severity::Critical && self.config.critical.is_some() {
            let expected = "info or warning, because the key critical says when the severity is critical";
            return Err(self.wrong("severity", expected, "critical"));
        }
        Ok(severity)
    }

    pub(crate) fn consecutive(&self) -> Result<usize, AlertError> {
        self.count("consecutive", self.config.consecutive, 100, 1)
    }

    pub(crate) fn compared_with(&self, kind: Kind) -> Result<Option<i64>, AlertError> {
        let compared = self.time("compared_with", self.config.compared_with.as_ref(), MINUTE, LONGEST)?;
        let fits = kind.has_window() && !kind.is_metric() && kind != Kind::NoData;
        match (&self.config.compared_with, compared) {
            (Some(said), Some(_)) if !fits => Err(self.wrong(
                "compared_with",
                format!("no such key: rules of kind {} have no earlier figures", kind.word()),
                said,
            )),
            (Some(said), Some(nanos)) if nanos % MINUTE != 0 => {
                Err(self.wrong("compared_with", "whole minutes, such as 60m, 1d or 7d", said))
            }
            _ => Ok(compared),
        }
    }

    /// Kinds with groups of their own take no keys, and health is of agents or tools.
    pub(crate) fn check_groups(&self, kind: Kind, group_by: &[String]) -> Result<(), AlertError> {
        let joined = group_by.join(",");
        match kind {
            _ if kind.is_queried() || group_by.is_empty() => Ok(()),
            Kind::Health if matches!(joined.as_str(), "agent" | "tool") => Ok(()),
            Kind::Health => Err(self.wrong("group_by", "agent or tool for kind health", &joined)),
            Kind::Score if group_by.iter().all(|key| SCORE_KEYS.contains(&key.as_str())) => Ok(()),
            Kind::Score => {
                let expected = format!("for kind score at most two of {}", SCORE_KEYS.join(", "));
                Err(self.wrong("group_by", expected, &joined))
            }
            _ => Err(self.wrong(
                "group_by",
                "no keys for this kind: it has groups of its own or none",
                &joined,
            )),
        }
    }

    pub(crate) fn figure(&self, kind: Kind) -> Result<Figure, AlertError> {
        let quantiles = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)];
        let said = self.config.quantile.as_ref();
        match kind {
            Kind::Latency if said.is_some_and(|word| word == "avg") => Ok(Figure::AverageLatency),
            Kind::Latency => {
                Ok(self.word("quantile", said, &quantiles)?.map_or(kind.figure(), Figure::Latency))
            }
            Kind::Ttft => {
                Ok(self.word("quantile", said, &quantiles)?.map_or(kind.figure(), Figure::FirstToken))
            }
            Kind::Budget => {
                let words = [("spent", Figure::Value), ("forecast", Figure::Forecast)];
                Ok(self.word("figure", self.config.figure.as_ref(), &words)?.unwrap_or(Figure::Value))
            }
            Kind::Query => {
                Ok(self.word("figure", self.config.figure.as_ref(), FIGURES)?.unwrap_or(kind.figure()))
            }
            _ => Ok(kind.figure()),
        }
    }

    /// Keys that only some kinds have.
    pub(crate) fn check_kind(&self, kind: Kind) -> Result<(), AlertError> {
        let said = self.config;
        let latency = matches!(kind, Kind::Latency | Kind::Ttft);
        let only: [(&'static str, bool, bool, &'static str); 13] = [
            ("from", said.from.is_some(), kind.has_source(), "error_rate, latency and no_data"),
            ("quantile", said.quantile.is_some(), latency, "latency and ttft"),
            ("metric", said.metric.is_some(), kind == Kind::Metric, "metric"),
            ("labels", said.labels.is_some(), kind.is_metric(), "metric and coverage"),
            (
                "agg",
                said.agg.is_some(),
                kind.is_metric() || kind == Kind::Score,
                "metric, coverage and score",
            ),
            ("score", said.score.is_some(), kind == Kind::Score, "score"),
            ("query", said.query.is_some(), kind == Kind::Query, "query"),
            ("sql", said.sql.is_some(), kind == Kind::Sql, "sql"),
            ("min_count", said.min_count.is_some(), kind != Kind::Sql, "other than sql"),
            ("figure", said.figure.is_some(), matches!(kind, Kind::Query | Kind::Budget), "query and budget"),
            ("budget", said.budget.is_some(), kind == Kind::Budget, "budget"),
            ("slo", said.slo.is_some(), kind == Kind::BurnRate, "burn_rate"),
            (
                "filter",
                said.filter.is_some(),
                kind.is_queried() && !kind.is_metric(),
                "calls, tools and traces",
            ),
        ];
        for (key, is_set, fits, kinds) in only {
            if is_set && !fits {
                return Err(self.wrong(
                    key,
                    format!("no such key: only rules of kind {kinds} have it"),
                    kind.word(),
                ));
            }
        }
        let needed: [(&'static str, bool, &'static str); 6] = [
            ("metric", kind == Kind::Metric && said.metric.is_none(), "the name of a stored metric"),
            (
                "query",
                kind == Kind::Query && said.query.is_none(),
                "parameters such as from=tools&tool=search",
            ),
            ("budget", kind == Kind::Budget && said.budget.is_none(), "the name of a budget"),
            ("slo", kind == Kind::BurnRate && said.slo.is_none(), "the name of an objective"),
            ("score", kind == Kind::Score && said.score.is_none(), "the name of scores"),
            ("sql", kind == Kind::Sql && said.sql.as_deref().is_none_or(is_blank), "a SELECT statement"),
        ];
        match needed.into_iter().find(|(_, is_missing, _)| *is_missing) {
            Some((key, _, expected)) => Err(self.wrong(key, expected, "")),
            None => Ok(()),
        }
    }

    /// Parameters of the query except times.
    pub(crate) fn pairs(
        &self,
        kind: Kind,
        figure: Figure,
        groups: usize,
    ) -> Result<Vec<(String, String)>, AlertError> {
        let mut pairs = Vec::new();
        let mut put = |name: &str, value: &str| pairs.push((name.to_owned(), value.to_owned()));
        match kind {
            Kind::Query => {
                for (name, value) in query_pairs(self.config.query.as_deref().unwrap_or_default()) {
                    let own = ["since", "until", "step", "top", "sort", "group_by", "histogram"];
                    if own.contains(&name.as_str()) {
                        let expected = "no times, order or groups: window, group_by and groups say them";
                        return Err(self.wrong("query", expected, &name));
                    }
                    put(&name, &value);
                }
            }
            _ => put("from", self.config.from.as_deref().unwrap_or(kind.source())),
        }
        if kind.is_metric() {
            let (name, agg) = match kind {
                Kind::Coverage => (COVERAGE, "last"),
                _ => (self.config.metric.as_deref().unwrap_or_default(), "avg"),
            };
            put("name", name);
            put("agg", self.config.agg.as_deref().unwrap_or(agg));
            for (label, value) in self.config.labels.iter().flatten() {
                put("label", &format!("{label}={value}"));
            }
        }
        let own = (kind == Kind::QuotaErrors).then_some(QUOTA);
        let filters: Vec<&str> = own.into_iter().chain(self.config.filter.as_deref()).collect();
        if !filters.is_empty() {
            put("filter", &filters.join(" "));
        }
        if let Some(keys) = self.config.group_by.as_ref().filter(|keys| !keys.is_empty()) {
            put("group_by", &keys.join(","));
        }
        put("top", &groups.min(MAX_TOP).to_string());
        let is_calls = pairs.iter().any(|(name, value)| name == "from" && value == "calls");
        if figure.is_of_calls() && !is_calls {
            return Err(self.wrong(
                "figure",
                "a figure that the source has; cost, tokens, ttft and unpriced are of from=calls",
                "",
            ));
        }
        let rank = if kind.is_metric() { "value" } else { figure.rank() };
        pairs.push(("sort".to_owned(), rank.to_owned()));
        Ok(pairs)
    }

    pub(crate) fn escalate(&self) -> Result<Vec<(i64, Vec<String>)>, AlertError> {
        let mut steps: Vec<(i64, Vec<String>)> = self.first_step()?.into_iter().collect();
        for step in self.config.escalate.iter().flatten() {
            let after =
                self.time("escalate.after", Some(&step.after), MINUTE, LONGEST_WAIT)?.unwrap_or(MINUTE);
            if step.to.is_empty() {
                return Err(self.wrong("escalate.to", "at least one channel", ""));
            }
            steps.push((after, step.to.clone()));
        }
        if steps.len() > STEPS {
            let expected = format!("at most {STEPS} steps, with escalate_after");
            return Err(self.wrong("escalate", expected, &steps.len().to_string()));
        }
        steps.sort_by_key(|(after, _)| *after);
        Ok(steps)
    }

    pub(crate) fn actions(&self) -> Result<Vec<Action>, AlertError> {
        let said = self.config.actions.as_deref().unwrap_or_default();
        if said.len() > actions::MOST {
            return Err(self.wrong(
                "actions",
                format!("at most {} actions", actions::MOST),
                &said.len().to_string(),
            ));
        }
        let read = |one| {
            let wrong = |why: String| self.wrong("actions", why, "an invalid action");
            Action::new(one, self.config.budget.as_ref()).map_err(wrong)
        };
        said.iter().map(read).collect()
    }

    fn first_step(&self) -> Result<Option<(i64, Vec<String>)>, AlertError> {
        let after = self.time("escalate_after", self.config.escalate_after.as_ref(), MINUTE, LONGEST_WAIT)?;
        match (after, self.config.escalate_to.clone().filter(|to| !to.is_empty())) {
            (Some(after), Some(to)) => Ok(Some((after, to))),
            (None, None) => Ok(None),
            (None, Some(_)) => {
                Err(self.wrong("escalate_after", "a duration, because escalate_to is set", ""))
            }
            (Some(_), None) => Err(self.wrong("escalate_to", "channels, because escalate_after is set", "")),
        }
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// Parameters of a query string, percent-decoded.
fn query_pairs(text: &str) -> Vec<(String, String)> {
    let decoded = |part: &str| {
        let spaced = part.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decoded(name), decoded(value))
    };
    text.trim_start_matches('?').split('&').filter(|part| !part.is_empty()).map(pair).collect()
}
