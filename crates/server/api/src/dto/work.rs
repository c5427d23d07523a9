//! Activity of agents, tools and guardrails.

use std::collections::BTreeMap;

use quipu_core::Usd;
use quipu_insight::{agents, guardrails, tools};
use quipu_query::{latency, millis, success_rate, unpriced_calls};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Spread, Tokens, ToolRow, name};

/// An error text, its number of occurrences, and a trace with one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorCount {
    /// Error text of the source, at most 200 characters; null without one.
    pub error: Option<String>,
    /// Number of failed records.
    pub count: u64,
    /// Trace of one of them.
    pub trace_id: Option<String>,
}

impl From<&quipu_insight::ErrorCount> for ErrorCount {
    fn from(from: &quipu_insight::ErrorCount) -> Self {
        let trace_id = from.example.map(|id| id.to_string());
        Self { error: name(from.error.as_ref()), count: from.count, trace_id }
    }
}

/// Activity of every agent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AgentWorkAnswer {
    /// Agents, most runs first, at most 1,000.
    pub agents: Vec<AgentWork>,
}

/// Activity of one agent. Work without an agent is in no row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AgentWork {
    /// Its name.
    pub name: String,
    /// Number of its runs: spans of the agent.
    pub runs: u64,
    /// Failed runs.
    pub errors: u64,
    /// Runs without an end.
    pub running: u64,
    /// LLM calls whose nearest agent it is, each counted once.
    pub llm_calls: u64,
    /// Tool runs of the agent.
    pub tool_calls: u64,
    /// LLM calls per run; null without a run.
    pub llm_calls_per_run: Option<f64>,
    /// Durations of its finished runs.
    pub duration_ms: Option<Spread>,
    /// Durations of its LLM calls, an indicator of its decision time.
    pub decision_ms: Option<Spread>,
    /// Tokens of its calls.
    pub tokens: Tokens,
    /// Computed cost of its priced, metered calls; null without any.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// List price of its calls under a subscription.
    #[schema(value_type = Option<String>)]
    pub subscription_usd: Option<Usd>,
    /// Calls with usage but without a price.
    pub unpriced_calls: u64,
    /// Its tools, most runs first, at most 20.
    pub tools: Vec<AgentTool>,
    /// Its models, most calls first, at most 20.
    pub models: Vec<AgentModel>,
    /// Errors of its spans of every kind, most frequent first, at most 20.
    pub error_kinds: Vec<ErrorCount>,
    /// Start of its latest run or tool run; null without one.
    pub last_at: Option<String>,
}

/// A tool that an agent ran.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentTool {
    /// The tool.
    pub name: String,
    /// Runs.
    pub calls: u64,
    /// Failed runs.
    pub errors: u64,
}

/// A model that an agent called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentModel {
    /// The model.
    pub name: String,
    /// Calls.
    pub calls: u64,
}

impl From<&agents::AgentWork> for AgentWork {
    fn from(from: &agents::AgentWork) -> Self {
        let usage = &from.usage;
        let tool = |tool: &agents::AgentTool| AgentTool {
            name: tool.name.to_string(),
            calls: tool.calls,
            errors: tool.errors,
        };
        Self {
            name: from.name.to_string(),
            runs: from.runs,
            errors: from.errors,
            running: from.running,
            llm_calls: usage.llm_calls,
            tool_calls: from.tool_calls,
            llm_calls_per_run: (from.runs > 0).then(|| usage.llm_calls as f64 / from.runs as f64),
            duration_ms: Spread::of(&from.duration, None),
            decision_ms: Spread::of(&usage.latency, None),
            tokens: usage.tokens.into(),
            cost_usd: usage.cost,
            subscription_usd: usage.subscription,
            unpriced_calls: unpriced_calls(usage),
            tools: from.tools.iter().map(tool).collect(),
            models: from
                .models
                .iter()
                .map(|(name, calls)| AgentModel { name: name.to_string(), calls: *calls })
                .collect(),
            error_kinds: from.error_kinds.iter().map(ErrorCount::from).collect(),
            last_at: from.last_at.map(|at| at.to_string()),
        }
    }
}

/// Insights into every tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToolInsightsAnswer {
    /// Tools, most runs first.
    pub tools: Vec<ToolInsight>,
}

/// Insights into one tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToolInsight {
    /// Totals of its runs.
    #[serde(flatten)]
    pub row: ToolRow,
    /// The last 24 hours of the requested time range, including hours without runs.
    pub hours: Vec<ToolHour>,
    /// Output tokens per input token of the LLM calls within its runs; null without input tokens.
    pub output_per_input: Option<f64>,
    /// Errors, most frequent first, at most 10.
    pub error_kinds: Vec<ErrorCount>,
    /// Stored runs of the seven days before the requested time range; null without data, or without `since`.
    pub baseline: Option<ToolBaseline>,
    /// Comparison with the baseline; null without one.
    pub change: Option<ToolChange>,
    /// Recommendations for the tool.
    pub recommendations: Vec<ToolRecommendation>,
}

/// One hour of a tool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToolHour {
    /// Start of the hour.
    pub start: String,
    /// Runs.
    pub calls: u64,
    /// Failed runs.
    pub errors: u64,
    /// 95th percentile of their durations; null if none has finished.
    pub p95_ms: Option<f64>,
}

/// Runs of a tool before the requested time range.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToolBaseline {
    /// Start of the stored part of the seven days before.
    pub since: String,
    /// Start of the requested time range.
    pub until: String,
    /// Runs.
    pub calls: u64,
    /// Share of successful runs, 0 to 1.
    pub success_rate: Option<f64>,
    /// Median of their durations.
    pub p50_ms: Option<f64>,
    /// 95th percentile of their durations.
    pub p95_ms: Option<f64>,
}

/// Comparison of a tool with its baseline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToolChange {
    /// Change of the success rate in percentage points; negative if it fell.
    pub success_points: Option<f64>,
    /// Change of the 95th percentile in percent; negative if it is shorter.
    pub p95_percent: Option<f64>,
}

/// A recommendation for a tool, as a code with its figures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToolRecommendation {
    /// `failing_more`, `often_fails`, `slower`, `slow_tail`, `timeouts`, `flaky`, `one_error_dominates`,
    /// `costly_output` or `rarely_used`.
    pub code: String,
    /// Figures and texts by name; the guide lists them for each code.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    pub values: BTreeMap<String, serde_json::Value>,
}

impl From<&tools::ToolInsight> for ToolInsight {
    fn from(from: &tools::ToolInsight) -> Self {
        let hour = |hour: &tools::Hour| ToolHour {
            start: hour.start.to_string(),
            calls: hour.calls,
            errors: hour.errors,
            p95_ms: latency(&hour.latency).p95,
        };
        let recommendation = |of: &tools::Recommendation| ToolRecommendation {
            code: of.rule.code().to_owned(),
            values: of.values.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        };
        Self {
            row: (&from.tool).into(),
            hours: from.hours.iter().map(hour).collect(),
            output_per_input: from.output_per_input(),
            error_kinds: from.error_kinds.iter().map(ErrorCount::from).collect(),
            baseline: from.baseline.as_ref().map(ToolBaseline::from),
            change: from.change().map(|tools::Change { success_points, p95_percent }| ToolChange {
                success_points,
                p95_percent,
            }),
            recommendations: from.recommendations.iter().map(recommendation).collect(),
        }
    }
}

impl From<&tools::Baseline> for ToolBaseline {
    fn from(from: &tools::Baseline) -> Self {
        let spread = latency(&from.latency);
        Self {
            since: from.since.to_string(),
            until: from.until.to_string(),
            calls: from.calls,
            success_rate: success_rate(from.calls, from.errors),
            p50_ms: spread.p50,
            p95_ms: spread.p95,
        }
    }
}

/// Activity of guardrails.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GuardrailsAnswer {
    /// Number of checks.
    pub checks: u64,
    /// Triggered checks.
    pub triggered: u64,
    /// Checks that failed with an error.
    pub errors: u64,
    /// Guardrails, most triggered checks first, at most 1,000.
    pub rows: Vec<GuardrailRow>,
    /// Steps with a check, in order.
    pub series: Vec<GuardrailPoint>,
    /// Width of a step in milliseconds; null without stored checks.
    pub step_ms: Option<f64>,
    /// Detected personal data and secrets, most frequent first.
    pub detections: Vec<Detection>,
}

/// One guardrail.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GuardrailRow {
    /// Name of its spans.
    pub name: Option<String>,
    /// Framework.
    pub framework: Option<String>,
    /// Number of checks.
    pub checks: u64,
    /// Triggered checks.
    pub triggered: u64,
    /// Checks that failed with an error.
    pub errors: u64,
    /// Durations of finished checks.
    pub latency_ms: Option<Spread>,
    /// Start of the latest check.
    pub last_at: String,
    /// Trace of a check, preferably of a failed one.
    pub trace_id: Option<String>,
}

/// Checks of one step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GuardrailPoint {
    /// Start of the step.
    pub start: String,
    /// Number of checks.
    pub checks: u64,
    /// Triggered checks.
    pub triggered: u64,
    /// Checks that failed with an error.
    pub errors: u64,
}

/// Detected personal data or secrets of one type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Detection {
    /// `pii` or `secret`.
    pub kind: String,
    /// Its type: a label of the metric, or the guardrail's name.
    pub r#type: String,
    /// The metric that counts them; null if they are triggered guardrails of that name.
    pub metric: Option<String>,
    /// Number of detections.
    pub count: u64,
}

impl From<&guardrails::Guardrails> for GuardrailsAnswer {
    fn from(from: &guardrails::Guardrails) -> Self {
        let point =
            |(start, figures): &(quipu_core::Timestamp, quipu_insight::figures::Figures)| GuardrailPoint {
                start: start.to_string(),
                checks: figures.count,
                triggered: figures.triggered,
                errors: figures.errors,
            };
        let detection = |found: &guardrails::Detection| Detection {
            kind: found.kind.as_str().to_owned(),
            r#type: found.r#type.to_string(),
            metric: name(found.metric.as_ref()),
            count: found.count,
        };
        Self {
            checks: from.total.count,
            triggered: from.total.triggered,
            errors: from.total.errors,
            rows: from.rows.iter().map(GuardrailRow::from).collect(),
            series: from.series.iter().map(point).collect(),
            step_ms: from.step.map(millis),
            detections: from.detections.iter().map(detection).collect(),
        }
    }
}

impl From<&guardrails::Guardrail> for GuardrailRow {
    fn from(from: &guardrails::Guardrail) -> Self {
        Self {
            name: name(from.name.as_ref()),
            framework: name(from.framework.as_ref()),
            checks: from.checks,
            triggered: from.triggered,
            errors: from.errors,
            latency_ms: Spread::of(&from.latency, None),
            last_at: from.last_at.to_string(),
            trace_id: from.example.map(|id| id.to_string()),
        }
    }
}
