//! Query parameters of the routes, for the OpenAPI description and for clients.

use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

/// Filter of traces. All given parameters must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct FilterParams {
    /// Start at or after: RFC 3339, a whole Unix time, `now`, or an age such as `-1h` or `-7d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Start before; same format as `since`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Words that must all occur in one span: in its name, prompts, answers, tool calls or errors.
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
    /// Model of a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Tool of a run.
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
    /// Tag of one of its spans.
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
    /// Class of one of its errors: `rate_limit`, `timeout`, `context_length`, `content_filter`,
    /// `authentication`, `quota`, `unavailable`, `invalid_request`, `connection`, `tool_error`, `cancelled`
    /// or `other`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Minimum duration in milliseconds, a decimal number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_duration_ms: Option<String>,
    /// Minimum cost in US dollars, a decimal number. The comparison is exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_cost_usd: Option<String>,
    /// Terms of the filter language, such as `model:gpt-* -status:ok cost>0.05 "rate limit"`, at most 4 KiB.
    /// The error for an invalid filter gives its `position`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

/// Paging of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct PageParams {
    /// Maximum number of rows, 1 to 10,000; default 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// The `next_cursor` of the previous page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Order of traces.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct TraceParams {
    /// `-started_at` (default), `started_at`, `-duration`, `duration`, `-cost`, `cost`, `-tokens`, `tokens`,
    /// `-llm_calls`, `llm_calls`, `-tool_calls`, `tool_calls`, `-errors` or `errors`. A leading `-` sorts in
    /// descending order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
}

/// Paging of a trace's spans. Without parameters, the answer has all spans in full, up to 10,000.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct SpanParams {
    /// The `next_after` of the previous page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Maximum number of spans, 1 to 10,000; 1,000 if only `detail` is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// `full` (default), or `summary` without attributes, messages, events and links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Grouping of calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct UsageParams {
    /// Comma list of `model`, `provider`, `agent`, `framework`, `service`, `session`, `user`, `convention`,
    /// `hour`, `day`, `week` (from Monday), `month`, `tool`, `tag`, `project`, `commit`, `branch`, `billing`.
    /// `tool` is the nearest tool run around the call. A call is in the group of each tag of its trace, so
    /// groups by `tag` overlap; `total` does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_by: Option<String>,
}

/// Field whose values are counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FacetParams {
    /// `service`, `framework`, `agent`, `model`, `tool`, `session`, `user`, `status`, `convention`, `tag`,
    /// `project`, `commit`, `branch`, `error`, `env` or `version`.
    pub field: String,
    /// Maximum number of values, 1 to 10,000; default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// Filter of events. All given parameters must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct EventParams {
    /// At or after: RFC 3339, a whole Unix time, `now`, or an age such as `-1h` or `-7d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Before; same format as `since`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Minimum severity: `trace`, `debug`, `info`, `success`, `warning`, `error` or `critical`.
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
    /// Text in the name, the body or a text attribute, regardless of case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

/// Filter of metric series, and their aggregation into steps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MetricParams {
    /// Metric.
    pub name: String,
    /// Label filter `key=value`; may be repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Label filters as a JSON object of texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<String>,
    /// Comma list of the labels that group series; empty for one group of all series. Default: each series
    /// separately.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// At or after: RFC 3339, a whole Unix time, `now`, or an age such as `-1h` or `-7d`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Before; same format as `since`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Width of a step: milliseconds (at least 1000), or `30s`, `1m`, `1h`, `1d`. Default: one minute or
    /// wider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Aggregation: `avg` (default), `sum`, `min`, `max`, `count`, `last`, `p50`, `p95` or `p99`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agg: Option<String>,
}

/// Steps of a cost analysis.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct AnalysisParams {
    /// Width of a step: `hour`, `day`, `week` (from Monday) or `month`. The default depends on the length of
    /// the time range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
}

/// A time range and frameworks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct RangeParams {
    /// `1h`, `24h`, `7d` or `30d`; default: all stored data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_range: Option<String>,
    /// Comma list of frameworks; default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frameworks: Option<String>,
}

/// Filter of model prices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct PriceListParams {
    /// Provider by any of its names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Text in the model's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Maximum number of models, 1 to 10,000; default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// Tolerance of a price comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct PriceCheckParams {
    /// Minimum difference in percent of the first price, 0 to 1,000,000; default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<u64>,
}

/// Source, grouping and steps of figures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct QueryParams {
    /// `calls`, `tools`, `agents`, `workflows`, `guardrails`, `retrievals`, `spans`, `failures` (failed
    /// spans), `traces`, `events` or `metric`.
    pub from: String,
    /// Comma list of keys. `calls`: `model`, `provider`, `agent`, `framework`, `service`, `session`, `user`,
    /// `tool` (the nearest tool run around the call), `tag`, `project`, `commit`, `branch`, `convention`,
    /// `billing`. `traces`: `service`, `framework`, `name`, `status`, `session`, `user`. `events`: `service`,
    /// `framework`, `agent`, `name`, `level`, `session`. `metric`: its labels; default: each series
    /// separately. All other sources: `service`, `framework`, `agent`, `model`, `tool`, `name`, `kind`,
    /// `status`, `error`, `session`, `user`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_by: Option<String>,
    /// Width of a step: `none` (default), or `auto` for about 120 steps of a round width. Also milliseconds
    /// (at least 1000), or a duration such as `30s`, `5m`, `1h`, `1d`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Maximum number of groups, 1 to 1,000; default 20.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<u64>,
    /// Order of the groups, largest first: `count` (default), `errors`, `latency` (the 95th percentile).
    /// Calls also have `tokens` and `cost`. A metric has `value` (default) and `count`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// `true` adds a histogram to every distribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram: Option<bool>,
    /// Name of the metric; only with `from=metric`, like the next three parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Label filter `key=value`; may be repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Label filters as a JSON object of texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<String>,
    /// Aggregation of the points of a step: `avg` (default), `sum`, `min`, `max`, `count`, `last`, `p50`,
    /// `p95` or `p99`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agg: Option<String>,
}

/// Paging of a trace's rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct OutlineParams {
    /// Number of the first row, the `next_at` of the previous page; default 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    /// Maximum number of rows, 1 to 10,000; default 10,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// Search words for a trace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// Words that must all occur in one span, 1 to 32.
    pub q: String,
}

/// Selection, order and number of calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct CallsParams {
    /// `true` for failed calls only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// `started_at`, `duration`, `tokens` or `cost`, with `-` for descending order; default `-started_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// Maximum number of calls; default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// Traces and sessions whose question and answer are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ExchangesParams {
    /// Trace id; may be repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// Session; may be repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

/// Words, and the traces, sessions and spans whose excerpts are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ExcerptsParams {
    /// A word or phrase of at most 200 characters, regardless of case; may be repeated, at most 16 times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub find: Option<String>,
    /// Trace id; may be repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// Session; may be repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Trace id and span id with a colon between them; may be repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<String>,
}

/// Subject of scores.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ScoresParams {
    /// Trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Maximum number of scores, 1 to 500; default 500.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// Topics of the live feed and the position to resume from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct LiveParams {
    /// Comma list of `traces`, `budgets`, `events`, `system`; default `traces,budgets`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topics: Option<String>,
    /// The `boot` of the previous connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot: Option<String>,
    /// The `seq` of the last frame received on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}
