//! Query parameters of the routes, for the OpenAPI description and for clients.

use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

/// Which traces are meant; all that are given must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct FilterParams {
    /// Start at or after: RFC 3339, Unix time as a whole number, `now`, or a time ago such as `-1h`, `-7d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Start before, written like `since`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Words that all occur in one span's name, prompts, answers, tool calls or errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Framework.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub framework: Option<String>,
    /// Participating agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Model that was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Tool that was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// `ok`, `error`, `unset` or `running`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// User.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Tag that one of its spans carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Revision of the source code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Branch of the source code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Class of a failure in it: `rate_limit`, `timeout`, `context_length`, `content_filter`,
    /// `authentication`, `quota`, `unavailable`, `invalid_request`, `connection`, `tool_error`, `cancelled`
    /// or `other`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Least duration in milliseconds, a decimal number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_duration_ms: Option<String>,
    /// Least cost in US dollars, a decimal number, compared exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_cost_usd: Option<String>,
    /// Terms of the filter language, such as `model:gpt-* -status:ok cost>0.05 "rate limit"`, at most 4 KiB.
    /// The error for an invalid filter gives its `position`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

/// One page of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct PageParams {
    /// Most rows wanted, 1 to 10,000; 50 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// The `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Order of traces.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct TraceParams {
    /// `-started_at` (when left out), `started_at`, `-duration`, `duration`, `-cost`, `cost`, `-tokens`,
    /// `tokens`, `-llm_calls`, `llm_calls`, `-tool_calls`, `tool_calls`, `-errors` or `errors`. A leading `-`
    /// puts the largest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
}

/// Which spans of a trace. Without any of them the whole trace is given in full, up to 10,000 spans.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct SpanParams {
    /// The `next_after` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Most spans wanted, 1 to 10,000; 1,000 when only `detail` is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// `full` (when left out), or `summary` without attributes, messages, events and links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// How calls are grouped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct UsageParams {
    /// Comma list of `model`, `provider`, `agent`, `framework`, `service`, `session`, `user`, `convention`,
    /// `hour`, `day`, `week` (from Monday), `month`, `tool`, `tag`, `project`, `commit`, `branch`, `billing`.
    /// `tool` is the nearest tool that the call ran within. A call is in the group of each tag of its trace,
    /// so groups by `tag` overlap; `total` does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_by: Option<String>,
}

/// Which field's values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FacetParams {
    /// `service`, `framework`, `agent`, `model`, `tool`, `session`, `user`, `status`, `convention`, `tag`,
    /// `project`, `commit`, `branch` or `error`.
    pub field: String,
    /// Most values wanted, 1 to 10,000; 100 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// Which events; all that are given must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct EventParams {
    /// At or after: RFC 3339, Unix time as a whole number, `now`, or a time ago such as `-1h`, `-7d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Before, written like `since`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// At least this severe: `trace`, `debug`, `info`, `success`, `warning`, `error` or `critical`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Event name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    /// Session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Framework.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub framework: Option<String>,
    /// Trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Text that occurs in the name, body or a text attribute; case does not matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

/// Which series, and how their points become steps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MetricParams {
    /// Metric.
    pub name: String,
    /// `key=value` that must match; may be repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The same as a JSON object of texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<String>,
    /// Comma list of the labels that group series; empty for one group of all series. Default: each series
    /// separately.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// At or after: RFC 3339, Unix time as a whole number, `now`, or a time ago such as `-1h`, `-7d`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Before, written like `since`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Width of a step: milliseconds (at least 1000), or `30s`, `1m`, `1h`, `1d`. Left out, one minute or
    /// wider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// `avg` (when left out), `sum`, `min`, `max`, `count`, `last`, `p50`, `p95` or `p99`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agg: Option<String>,
}

/// Steps of a cost analysis.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct AnalysisParams {
    /// Width of the series' steps: `hour`, `day`, `week` (from Monday) or `month`; left out, the length of
    /// time decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
}

/// A time range and frameworks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct RangeParams {
    /// `1h`, `24h`, `7d` or `30d`; all that is stored when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_range: Option<String>,
    /// Comma list of frameworks; all when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frameworks: Option<String>,
}

/// Which models' prices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct PriceListParams {
    /// Provider by any of its names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Text that occurs in the model's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Most models wanted, 1 to 10,000; 100 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// How far apart prices may be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct PriceCheckParams {
    /// Percent of the first price that the second may be away before it is listed, 0 to 1,000,000; 1 when
    /// left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<u64>,
}

/// Which figures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct QueryParams {
    /// `calls`, `tools`, `agents`, `workflows`, `guardrails`, `retrievals`, `spans`, `failures` (failed
    /// spans), `traces`, `events` or `metric`.
    pub from: String,
    /// Comma list of keys. `calls`: `model`, `provider`, `agent`, `framework`, `service`, `session`, `user`,
    /// `tool` (the nearest that the call ran within), `tag`, `project`, `commit`, `branch`, `convention`,
    /// `billing`. `traces`: `service`, `framework`, `name`, `status`, `session`, `user`. `events`: `service`,
    /// `framework`, `agent`, `name`, `level`, `session`. `metric`: its labels; each series separately when
    /// omitted. All other sources: `service`, `framework`, `agent`, `model`, `tool`, `name`, `kind`,
    /// `status`, `error`, `session`, `user`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_by: Option<String>,
    /// Width of a step: `none` (default), or `auto` for about 120 steps of a round width. Also milliseconds
    /// (at least 1000), or a duration such as `30s`, `5m`, `1h`, `1d`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Most groups wanted, 1 to 1,000; 20 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<u64>,
    /// Order of the groups, greatest first: `count` (default), `errors`, `latency` (the 95th percentile).
    /// Calls also have `tokens` and `cost`. A metric has `value` (default) and `count`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// `true` adds a histogram to every spread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram: Option<bool>,
    /// Name of the metric; only with `from=metric`, as the three that follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `key=value` that a series must have; may be repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The same as a JSON object of texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<String>,
    /// How the points of a step become one: `avg` (when left out), `sum`, `min`, `max`, `count`, `last`,
    /// `p50`, `p95` or `p99`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agg: Option<String>,
}

/// Which rows of a trace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct OutlineParams {
    /// Number of the first row wanted, the `next_at` of the page before; 0 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    /// Most rows wanted, 1 to 10,000; 10,000 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// Search words for a trace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// Words that all occur in a span, 1 to 32.
    pub q: String,
}

/// Topics of the live feed and the position to resume from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct LiveParams {
    /// Comma list of `traces`, `budgets`, `events`, `system`; `traces,budgets` when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topics: Option<String>,
    /// The `boot` of the earlier connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot: Option<String>,
    /// The `seq` of the last frame that was seen there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

/// Format of an exported file of traces.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ExportParams {
    /// `csv` (when left out) or `jsonl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
}
