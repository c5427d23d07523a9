//! Queries for figures by group and over time: counts, durations, outcomes and cost.

use quipu_core::{
    Criterion, FacetField, GroupBy, Kind, MetricAggregate, Timestamp, TraceFilter, WorkKey, Worked,
};

use crate::metrics::{AGGREGATES, read_step};
use crate::{FILTER_PARAMS, ParamError, Params, parse_trace_filter};

/// Parameters of a query for figures, in addition to [`FILTER_PARAMS`].
pub const QUERY_PARAMS: &[&str] = &["from", "group_by", "step", "top", "sort", "histogram"];
/// Parameters of a query for figures of a metric, in addition to [`QUERY_PARAMS`]; `label` may be repeated.
pub const QUERY_METRIC_PARAMS: &[&str] = &["name", "label", "labels", "agg"];
/// Default number of groups.
pub const DEFAULT_TOP: usize = 20;
/// Most groups.
pub const MAX_TOP: usize = 1_000;

/// Filters that events have.
const EVENT_FILTERS: &[&str] = &["since", "until", "q", "session", "agent", "framework", "filter"];
const TIMES: &[&str] = &["since", "until"];

/// Source of figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FigureSource {
    /// Counted calls of models.
    Calls,
    /// Tool runs.
    Tools,
    /// Runs of agents.
    Agents,
    /// Runs of workflows.
    Workflows,
    /// Checks of guardrails.
    Guardrails,
    /// Look-ups in knowledge bases.
    Retrievals,
    /// Spans of every kind.
    Spans,
    /// Failed spans.
    Failures,
    /// Traces.
    Traces,
    /// Events.
    Events,
    /// Points of a metric.
    Metric,
}

const SOURCES: &[(&str, FigureSource)] = &[
    ("calls", FigureSource::Calls),
    ("tools", FigureSource::Tools),
    ("agents", FigureSource::Agents),
    ("workflows", FigureSource::Workflows),
    ("guardrails", FigureSource::Guardrails),
    ("retrievals", FigureSource::Retrievals),
    ("spans", FigureSource::Spans),
    ("failures", FigureSource::Failures),
    ("traces", FigureSource::Traces),
    ("events", FigureSource::Events),
    ("metric", FigureSource::Metric),
];

impl FigureSource {
    /// The word for it.
    pub fn word(self) -> &'static str {
        SOURCES.iter().find(|(_, source)| *source == self).map_or("", |(word, _)| word)
    }

    /// The work that it is, for all but metrics: calls are here the spans of counted calls.
    pub fn worked(self) -> Worked {
        match self {
            Self::Traces => Worked::Traces,
            Self::Events => Worked::Events,
            Self::Calls => Worked::Spans(Kind::ALL.into_iter().filter(|kind| kind.is_call()).collect()),
            Self::Tools => Worked::Spans(vec![Kind::Tool]),
            Self::Agents => Worked::Spans(vec![Kind::Agent]),
            Self::Workflows => Worked::Spans(vec![Kind::Workflow]),
            Self::Guardrails => Worked::Spans(vec![Kind::Guardrail]),
            Self::Retrievals => Worked::Spans(vec![Kind::Retrieval]),
            Self::Spans | Self::Failures | Self::Metric => Worked::Spans(Vec::new()),
        }
    }

    /// Keys that it can be grouped by.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Calls => &[
                "model",
                "provider",
                "agent",
                "framework",
                "service",
                "session",
                "user",
                "tool",
                "tag",
                "env",
                "version",
                "project",
                "commit",
                "branch",
                "convention",
                "billing",
            ],
            Self::Traces => &["service", "framework", "name", "status", "session", "user"],
            Self::Events => &["service", "framework", "agent", "name", "level", "session"],
            Self::Metric => &[],
            _ => &[
                "service",
                "framework",
                "agent",
                "model",
                "tool",
                "name",
                "kind",
                "status",
                "error",
                "session",
                "user",
            ],
        }
    }

    const fn ranks(self) -> &'static [(&'static str, Rank)] {
        match self {
            Self::Calls => &[
                ("count", Rank::Count),
                ("errors", Rank::Errors),
                ("latency", Rank::Latency),
                ("tokens", Rank::Tokens),
                ("cost", Rank::Cost),
            ],
            Self::Metric => &[("value", Rank::Value), ("count", Rank::Count)],
            _ => &[("count", Rank::Count), ("errors", Rank::Errors), ("latency", Rank::Latency)],
        }
    }
}

/// Order of groups, greatest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rank {
    /// Records.
    Count,
    /// Failed ones.
    Errors,
    /// 95th percentile of their durations.
    Latency,
    /// Input and output tokens.
    Tokens,
    /// Metered cost.
    Cost,
    /// Value of a metric.
    Value,
}

/// A key that figures can be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FigureKey {
    /// Its word.
    pub word: &'static str,
    /// As a key of usage, if it is one.
    pub usage: Option<GroupBy>,
    /// As a key of work, if it is one.
    pub work: Option<WorkKey>,
}

const fn key(word: &'static str, usage: Option<GroupBy>, work: Option<WorkKey>) -> FigureKey {
    FigureKey { word, usage, work }
}

/// The tool of a call is the one that it ran within, of work its own: so these are not the same.
const KEYS: &[FigureKey] = &[
    key("model", Some(GroupBy::Model), Some(WorkKey::Model)),
    key("provider", Some(GroupBy::Provider), None),
    key("agent", Some(GroupBy::Agent), Some(WorkKey::Agent)),
    key("framework", Some(GroupBy::Framework), Some(WorkKey::Framework)),
    key("service", Some(GroupBy::Service), Some(WorkKey::Service)),
    key("session", Some(GroupBy::Session), Some(WorkKey::Session)),
    key("user", Some(GroupBy::User), Some(WorkKey::User)),
    key("tool", Some(GroupBy::Tool), Some(WorkKey::Tool)),
    key("tag", Some(GroupBy::Tag), None),
    key("env", Some(GroupBy::Environment), None),
    key("version", Some(GroupBy::Version), None),
    key("project", Some(GroupBy::Project), None),
    key("commit", Some(GroupBy::Commit), None),
    key("branch", Some(GroupBy::Branch), None),
    key("convention", Some(GroupBy::Convention), None),
    key("billing", Some(GroupBy::Billing), None),
    key("name", None, Some(WorkKey::Name)),
    key("kind", None, Some(WorkKey::Kind)),
    key("status", None, Some(WorkKey::Status)),
    key("level", None, Some(WorkKey::Status)),
    key("error", None, Some(WorkKey::Error)),
];

/// How figures are spread over time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StepAsk {
    /// Not at all.
    #[default]
    None,
    /// In steps that suit the length of time.
    Auto,
    /// In steps of this many nanoseconds; at least one second.
    Of(i64),
}

/// Which metric, and how its points become figures.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricAsk {
    /// Name.
    pub name: String,
    /// Labels that must match.
    pub labels: std::collections::BTreeMap<String, String>,
    /// How the points of a step become one.
    pub aggregate: MetricAggregate,
    /// Labels by which series are put together; `None` leaves each on its own.
    pub by: Option<Vec<String>>,
}

/// A query for figures.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureAsk {
    /// Source of the figures.
    pub source: FigureSource,
    /// Which.
    pub filter: TraceFilter,
    /// Only failed records.
    pub failed: bool,
    /// Keys, each at most once; empty for metrics.
    pub group_by: Vec<FigureKey>,
    /// Points over time.
    pub step: StepAsk,
    /// Most groups wanted.
    pub top: usize,
    /// Their order.
    pub rank: Rank,
    /// Whether spreads come with histograms.
    pub histogram: bool,
    /// Metric parameters.
    pub metric: Option<MetricAsk>,
}

impl Params {
    /// Reads a query for figures: by default the 20 groups with most records, without points.
    ///
    /// # Errors
    /// A parameter is unknown, missing, given twice, or has an invalid value; or the source does not have a
    /// filter or key.
    pub fn figure_ask(&self) -> Result<FigureAsk, ParamError> {
        let words: Vec<&str> = SOURCES.iter().map(|(word, _)| *word).collect();
        let missing =
            || ParamError::Missing { name: "from", expected: format!("one of {}", words.join(", ")) };
        let source = self.word("from", SOURCES)?.ok_or_else(missing)?;
        match source {
            FigureSource::Metric => self.allow(&[TIMES, QUERY_PARAMS, QUERY_METRIC_PARAMS], &["label"])?,
            FigureSource::Events => self.allow(&[EVENT_FILTERS, QUERY_PARAMS], &[])?,
            _ => self.allow(&[FILTER_PARAMS, QUERY_PARAMS], &[])?,
        }
        let filter = parse_trace_filter(self)?;
        if source == FigureSource::Events {
            self.check_event_terms(&filter)?;
        }
        let is_metric = source == FigureSource::Metric;
        let ranks = source.ranks();
        Ok(FigureAsk {
            source,
            filter,
            failed: source == FigureSource::Failures,
            group_by: if is_metric { Vec::new() } else { self.figure_keys(source)? },
            step: self.read("step", STEP, step)?.unwrap_or_default(),
            top: self.top()?,
            rank: self.word("sort", ranks)?.unwrap_or(ranks.first().map_or(Rank::Count, |(_, rank)| *rank)),
            histogram: self.word("histogram", &[("true", true), ("false", false)])?.unwrap_or(false),
            metric: is_metric.then(|| self.metric_ask()).transpose()?,
        })
    }

    fn top(&self) -> Result<usize, ParamError> {
        let in_range = |text: &str| text.parse().ok().filter(|top| (1..=MAX_TOP).contains(top));
        Ok(self.read("top", &format!("a whole number from 1 to {MAX_TOP}"), in_range)?.unwrap_or(DEFAULT_TOP))
    }

    fn figure_keys(&self, source: FigureSource) -> Result<Vec<FigureKey>, ParamError> {
        let known = source.keys();
        let find = |word: &str| {
            let word = known.iter().find(|known| **known == word)?;
            KEYS.iter().find(|key| key.word == *word).copied()
        };
        let expected =
            format!("for from={} a comma list of {}, each at most once", source.word(), known.join(", "));
        let keys =
            self.read("group_by", &expected, |text| distinct(text.split(',').map(str::trim).map(find)))?;
        Ok(keys.unwrap_or_default())
    }

    fn metric_ask(&self) -> Result<MetricAsk, ParamError> {
        let labels = |text: &str| {
            let label = |label: &str| (!label.is_empty()).then(|| label.to_owned());
            distinct(text.split(',').map(str::trim).map(label))
        };
        Ok(MetricAsk {
            name: self.metric_name()?,
            labels: self.labels()?,
            aggregate: self.word("agg", AGGREGATES)?.unwrap_or_default(),
            by: self.read("group_by", "a comma list of labels, each at most once", labels)?,
        })
    }

    /// Events are of no trace that could be asked for the rest.
    fn check_event_terms(&self, filter: &TraceFilter) -> Result<(), ParamError> {
        let of_event = |field: FacetField| {
            matches!(field, FacetField::Session | FacetField::Agent | FacetField::Framework)
        };
        let of_field = |criterion: &Criterion| matches!(criterion, Criterion::Named(field, _) | Criterion::Has(field) if of_event(*field));
        let fits = filter.terms.iter().all(|term| match &term.criterion {
            Criterion::Words(_) => true,
            Criterion::Any(terms) => terms.iter().all(|term| of_field(&term.criterion)),
            criterion => of_field(criterion),
        });
        if fits {
            return Ok(());
        }
        let found = self.get("filter").unwrap_or_default();
        Err(ParamError::value("filter", found, "for from=events only session, agent, framework and words"))
    }
}

/// All of them, unless one is missing or comes twice.
fn distinct<T: PartialEq>(all: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let mut found = Vec::new();
    for one in all {
        let one = one.filter(|one| !found.contains(one))?;
        found.push(one);
    }
    Some(found)
}

const STEP: &str =
    "auto, none, milliseconds as a whole number of at least 1000, or a duration such as 30s, 1m, 1h, 1d";

fn step(text: &str) -> Option<StepAsk> {
    match text {
        "none" => Some(StepAsk::None),
        "auto" => Some(StepAsk::Auto),
        _ => read_step(text).map(StepAsk::Of),
    }
}

/// Widths that steps are given: those that clocks are read by.
const ROUND: [i64; 20] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
    172_800, 864_000,
];
/// Most steps in a time range if the query gives no width.
pub const AUTO_STEPS: i64 = 120;

/// The least round width that cuts `range` nanoseconds into `most` steps, or fewer; beyond ten days a
/// multiple of them.
pub fn round_step(range: i64, most: i64) -> i64 {
    let most = most.max(1);
    let longest = ROUND.last().map_or(1, |seconds| seconds * Timestamp::SECOND);
    let fits = |width: &i64| range / width <= most;
    let multiple = || (range / most / longest + 1).saturating_mul(longest);
    ROUND.iter().map(|seconds| seconds * Timestamp::SECOND).find(fits).unwrap_or_else(multiple)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_never_too_many() {
        let hours = |hours: i64| hours * Timestamp::HOUR;
        for (range, seconds) in
            [(0, 1), (hours(1), 30), (hours(24), 900), (hours(24 * 7), 7_200), (hours(24 * 30), 21_600)]
        {
            assert_eq!(round_step(range, AUTO_STEPS), seconds * Timestamp::SECOND, "{range}");
        }
        assert_eq!(round_step(hours(24), 19), 7_200 * Timestamp::SECOND);
        for range in [1, hours(5), hours(9_999), hours(500_000), i64::MAX] {
            for most in [0, 1, 7, AUTO_STEPS] {
                assert!(range / round_step(range, most) <= most.max(1), "{range} {most}");
            }
        }
    }
}
