//! How long records are kept: rules by signal, service and project, a bound on all of it, and what came of them.

use serde::{Deserialize, Serialize};

use crate::{DiskBytes, Error, ErrorKind, Keep, Timestamp, TraceId};

/// Traces that may be held at once.
pub const MOST_HOLDS: usize = 10_000;

/// What kind of record a period is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetentionSignal {
    /// Spans with their texts, and their place in search. What they cost is kept apart.
    Traces,
    /// Events, which log records are.
    Logs,
    /// Points of metrics.
    Metrics,
    /// The ledger, and every sum of it.
    Costs,
}

/// Periods that hold unless a rule says otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetentionPreset {
    /// Everything for ever.
    #[default]
    Keep,
    /// Traces 3 days, logs 7, metrics 30, costs for ever.
    Short,
}

/// Other periods for some of the records: those of a service, of a project, or of both at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionRule {
    /// The service, by its exact name; of a trace that which its list shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The project of version control that the trace shows, by its exact name. Logs and metrics have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Of its traces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traces: Option<Keep>,
    /// Of its logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs: Option<Keep>,
    /// Of its metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Keep>,
    /// Of its ledger rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub costs: Option<Keep>,
}

/// How long what is kept. The default keeps everything for ever.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// What holds where nothing below says otherwise.
    pub preset: RetentionPreset,
    /// Of traces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traces: Option<Keep>,
    /// Of logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs: Option<Keep>,
    /// Of metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Keep>,
    /// Of costs. They are never kept for less long than the traces that they are of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub costs: Option<Keep>,
    /// Bound on the files of the whole store: beyond it the oldest days go, whatever the periods say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<DiskBytes>,
    /// Days that one run thins or removes for their age; the others are left to the next run. `max_bytes` is not bounded by it. A run
    /// that the server begins on its own has 7 where nothing is said, one that is asked for has no bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_per_run: Option<u32>,
    /// Of those that match a record, the first that has a period for its signal.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rule: Vec<RetentionRule>,
}

/// A bound below this would leave no room for a day.
const LEAST_BYTES: u64 = 1 << 20;

impl RetentionRule {
    const fn of(&self, signal: RetentionSignal) -> Option<Keep> {
        match signal {
            RetentionSignal::Traces => self.traces,
            RetentionSignal::Logs => self.logs,
            RetentionSignal::Metrics => self.metrics,
            RetentionSignal::Costs => self.costs,
        }
    }

    fn is_of(&self, service: Option<&str>, project: Option<&str>) -> bool {
        let meets = |wanted: Option<&str>, found| wanted.is_none() || wanted == found;
        meets(self.service.as_deref(), service) && meets(self.project.as_deref(), project)
    }
}

impl Retention {
    /// Whether anything is ever removed.
    pub fn removes(&self) -> bool {
        use RetentionSignal::{Costs, Logs, Metrics, Traces};
        let ends = |keep: Option<Keep>| keep.is_some_and(|keep| keep != Keep::Forever);
        self.max_bytes.is_some()
            || [Traces, Logs, Metrics, Costs].into_iter().any(|signal| {
                ends(Some(self.usual(signal))) || self.rule.iter().any(|rule| ends(rule.of(signal)))
            })
    }

    /// How long a record of no rule is kept.
    pub fn usual(&self, signal: RetentionSignal) -> Keep {
        let (said, short) = match signal {
            RetentionSignal::Traces => (self.traces, Keep::days(3)),
            RetentionSignal::Logs => (self.logs, Keep::days(7)),
            RetentionSignal::Metrics => (self.metrics, Keep::days(30)),
            RetentionSignal::Costs => (self.costs, Keep::Forever),
        };
        said.unwrap_or(if self.preset == RetentionPreset::Short { short } else { Keep::Forever })
    }

    /// How long a record of this service and project is kept.
    pub fn keep(&self, signal: RetentionSignal, service: Option<&str>, project: Option<&str>) -> Keep {
        let told = self.rule.iter().filter(|rule| rule.is_of(service, project));
        told.filter_map(|rule| rule.of(signal)).next().unwrap_or_else(|| self.usual(signal))
    }

    /// The shortest period of a signal, whatever a rule is for.
    pub fn shortest(&self, signal: RetentionSignal) -> Keep {
        let of_rules = self.rule.iter().filter_map(|rule| rule.of(signal));
        let hours = |keep: &Keep| if let Keep::Hours(hours) = keep { *hours } else { u32::MAX };
        of_rules.chain([self.usual(signal)]).min_by_key(hours).unwrap_or_default()
    }

    /// What is wrong with the rules, if anything: which, and what would be right.
    ///
    /// # Errors
    /// A rule that is for everything, or that says nothing; a project with a period for logs or metrics; a bound below 1 MiB.
    pub fn checked(self) -> Result<Self, String> {
        for (at, rule) in self.rule.iter().enumerate() {
            let wrong = |what: &str| Err(format!("retention.rule[{at}]: {what}"));
            if rule.service.is_none() && rule.project.is_none() {
                return wrong(
                    "expected a service, a project or both; periods for everything stand in [retention]",
                );
            }
            if [rule.traces, rule.logs, rule.metrics, rule.costs].iter().all(Option::is_none) {
                return wrong("expected a period: traces, logs, metrics or costs");
            }
            if rule.project.is_some() && (rule.logs.is_some() || rule.metrics.is_some()) {
                return wrong("logs and metrics have no project: give their period to the service");
            }
        }
        if self.days_per_run == Some(0) {
            return Err("retention.days_per_run: found 0, expected at least 1".into());
        }
        if let Some(bytes) = self.max_bytes.filter(|bytes| bytes.0 < LEAST_BYTES) {
            return Err(format!("retention.max_bytes: found {bytes}, expected at least 1MiB"));
        }
        Ok(self)
    }
}

/// A trace that no rule removes, with all of its spans, ledger rows and events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The trace.
    pub trace_id: TraceId,
    /// Since when.
    pub since: Timestamp,
    /// Who said so; empty when nobody is known.
    pub by: String,
    /// Why, in their words.
    pub note: String,
}

/// Why something of a day goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetiredFor {
    /// It was kept as long as the rules say.
    Age,
    /// The store is larger than it may be.
    Size,
}

/// What becomes of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayFate {
    /// Some of its records go.
    Thinned,
    /// All of it goes.
    Removed,
}

/// What goes of one day, or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetiredDay {
    /// Its first moment.
    pub day: Timestamp,
    /// What becomes of it.
    pub fate: DayFate,
    /// Why.
    pub why: RetiredFor,
    /// Traces that lose their spans.
    pub traces: u64,
    /// Spans that are shown no more.
    pub spans: u64,
    /// Ledger rows.
    pub costs: u64,
    /// Events.
    pub events: u64,
    /// Points of metrics.
    pub points: u64,
    /// Traces that would go too, and are held.
    pub held: u64,
    /// Bytes of its files before.
    pub bytes: u64,
    /// Bytes that this frees: counted when it is done, before that an estimate.
    pub freed: u64,
}

/// What the rules remove, or removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retired {
    /// Days of which something goes, oldest first.
    pub days: Vec<RetiredDay>,
    /// Bytes of the whole store before.
    pub bytes: u64,
    /// Bytes by which the store stays beyond its bound, and why; `None` when it keeps it.
    pub over: Option<(u64, String)>,
    /// Days that could not be done now, with the reason: the next run tries again.
    pub left: Vec<(Timestamp, String)>,
}

impl Retired {
    /// Bytes freed.
    pub fn freed(&self) -> u64 {
        self.days.iter().map(|day| day.freed).sum()
    }
}

/// The error of a store without retention.
pub(crate) fn keeps_all(store: &str) -> Error {
    let text =
        format!("the store {store} has neither retention nor holds: it keeps all until it is told otherwise");
    Error::new(ErrorKind::Unsupported, "retention", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_kept_unless_something_says_otherwise() {
        use RetentionSignal::{Costs, Logs, Metrics, Traces};
        let keeps = Retention::default();
        assert!(!keeps.removes());
        assert!(
            [Traces, Logs, Metrics, Costs].into_iter().all(|signal| keeps.usual(signal) == Keep::Forever)
        );
        let short = Retention { preset: RetentionPreset::Short, ..Retention::default() };
        let days = [Traces, Logs, Metrics, Costs].map(|signal| short.usual(signal));
        assert_eq!(days, [Keep::days(3), Keep::days(7), Keep::days(30), Keep::Forever]);
        assert!(short.removes());
    }

    #[test]
    fn the_first_rule_that_matches_and_has_a_period_wins() {
        use RetentionSignal::{Logs, Traces};
        let text = r#"{"traces": "9d", "rule": [
            {"service": "shop", "project": "p", "traces": "1d"}, {"service": "shop", "logs": "2d"}, {"project": "p", "traces": "forever"}]}"#;
        let rules: Retention = serde_json::from_str(text).unwrap();
        assert_eq!(rules.keep(Traces, Some("shop"), Some("p")), Keep::days(1));
        assert_eq!(rules.keep(Traces, Some("shop"), None), Keep::days(9));
        assert_eq!(rules.keep(Logs, Some("shop"), None), Keep::days(2));
        assert_eq!(rules.keep(Traces, None, Some("p")), Keep::Forever);
        assert_eq!(rules.shortest(Traces), Keep::days(1));
        assert_eq!(
            serde_json::from_str::<Retention>(&serde_json::to_string(&rules).unwrap()).unwrap(),
            rules
        );
    }

    #[test]
    fn rules_that_mean_nothing_are_refused_by_place() {
        let refused = |text: &str| serde_json::from_str::<Retention>(text).unwrap().checked().unwrap_err();
        assert!(
            refused(r#"{"rule": [{"traces": "1d"}]}"#).starts_with("retention.rule[0]: expected a service")
        );
        assert!(refused(r#"{"rule": [{"service": "a"}]}"#).contains("expected a period"));
        assert!(refused(r#"{"rule": [{"project": "a", "logs": "1d"}]}"#).contains("no project"));
        assert!(refused(r#"{"max_bytes": "1kB"}"#).contains("found 1kB"));
        assert!(refused(r#"{"days_per_run": 0}"#).contains("at least 1"));
        assert!(serde_json::from_str::<Retention>(r#"{"trace": "1d"}"#).is_err());
    }
}
