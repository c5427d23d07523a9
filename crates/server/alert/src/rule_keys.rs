//! Reads the keys of a rule, with errors that name rule, key, value and limit.

use quipu_core::Timestamp;
use quipu_query::MAX_TOP;

use crate::kind::{FIGURES, Kind};
use crate::span::{read_span, span_text};
use crate::{AlertError, Bound, Figure, Law, NoData, RuleConfig};

/// Longest window.
pub(crate) const LONGEST: i64 = 30 * Timestamp::DAY;
pub(crate) const MINUTE: i64 = 60 * Timestamp::SECOND;
/// Longest of the other times.
const LONGEST_WAIT: i64 = 7 * Timestamp::DAY;

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
        Ok(Law {
            bound,
            recover,
            hold: self.time("for", self.config.hold.as_ref(), 0, LONGEST_WAIT)?.unwrap_or(0),
            keep: self.time("keep_firing_for", keep, 0, LONGEST_WAIT)?.unwrap_or(0),
            no_data: self.word("no_data", self.config.no_data.as_ref(), &words)?.unwrap_or_default(),
        })
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
        let only: [(&'static str, bool, bool, &'static str); 11] = [
            ("from", said.from.is_some(), kind.has_source(), "error_rate, latency and no_data"),
            ("quantile", said.quantile.is_some(), latency, "latency and ttft"),
            ("metric", said.metric.is_some(), kind == Kind::Metric, "metric"),
            ("labels", said.labels.is_some(), kind == Kind::Metric, "metric"),
            ("agg", said.agg.is_some(), kind == Kind::Metric, "metric"),
            ("consecutive", said.consecutive.is_some(), kind == Kind::Metric, "metric"),
            ("query", said.query.is_some(), kind == Kind::Query, "query"),
            ("figure", said.figure.is_some(), kind == Kind::Query, "query"),
            ("budget", said.budget.is_some(), kind == Kind::Budget, "budget"),
            ("slo", said.slo.is_some(), kind == Kind::BurnRate, "burn_rate"),
            (
                "filter",
                said.filter.is_some(),
                !matches!(kind, Kind::Metric | Kind::Budget | Kind::BurnRate),
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
        let needed: [(&'static str, bool, &'static str); 4] = [
            ("metric", kind == Kind::Metric && said.metric.is_none(), "the name of a stored metric"),
            (
                "query",
                kind == Kind::Query && said.query.is_none(),
                "parameters such as from=tools&tool=search",
            ),
            ("budget", kind == Kind::Budget && said.budget.is_none(), "the name of a budget"),
            ("slo", kind == Kind::BurnRate && said.slo.is_none(), "the name of an objective"),
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
        if kind == Kind::Metric {
            put("name", self.config.metric.as_deref().unwrap_or_default());
            put("agg", self.config.agg.as_deref().unwrap_or("avg"));
            for (label, value) in self.config.labels.iter().flatten() {
                put("label", &format!("{label}={value}"));
            }
        }
        if let Some(filter) = &self.config.filter {
            put("filter", filter);
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
        let rank = if kind == Kind::Metric { "value" } else { figure.rank() };
        pairs.push(("sort".to_owned(), rank.to_owned()));
        Ok(pairs)
    }

    pub(crate) fn escalate(&self) -> Result<Option<(i64, Vec<String>)>, AlertError> {
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
