//! Routes of agents, tools and guardrails, and the summary of a time range.

use axum::extract::State;
use quipu_insight::{agents, guardrails, summary, tools};

use super::Answer;
use crate::dto::{
    AgentWork, AgentWorkAnswer, FilterParams, GuardrailsAnswer, RangeParams, SummaryAnswer, ToolInsight,
    ToolInsightsAnswer,
};
use crate::extract::Ask;
use crate::json::Json;
use crate::shared::Shared;

/// All agents
///
/// Activity of every agent: runs, LLM calls with their duration, tools, models, errors, tokens and cost.
/// `model` and `tool` apply to calls and tool runs; all runs of an agent with such work are included.
#[utoipa::path(get, path = "/api/v1/agents", tag = "figures", params(FilterParams),
    responses((status = 200, description = "Agents.", body = AgentWorkAnswer)))]
pub(crate) async fn all_agents(State(api): Shared, Ask(params): Ask) -> Answer<AgentWorkAnswer> {
    let agents = agents::agents(api.store.as_ref(), &params.tool_filter()?).await?;
    Ok(Json(AgentWorkAnswer { agents: agents.iter().map(AgentWork::from).collect() }))
}

/// Tool insights
///
/// Per-tool totals, the last 24 hours, errors grouped by cause, and the totals of one week earlier. Rules
/// give recommendations; the guide lists their thresholds. `model` is that of the trace and narrows only the
/// totals.
#[utoipa::path(get, path = "/api/v1/tools/insights", tag = "figures", params(FilterParams),
    responses((status = 200, description = "Tools.", body = ToolInsightsAnswer)))]
pub(crate) async fn tool_insights(State(api): Shared, Ask(params): Ask) -> Answer<ToolInsightsAnswer> {
    let insights = tools::insights(api.store.as_ref(), &params.tool_filter()?, params.now()).await?;
    Ok(Json(ToolInsightsAnswer { tools: insights.iter().map(ToolInsight::from).collect() }))
}

/// Guardrails
///
/// Checks and triggers of guardrails, and detected personal data and secrets. Detections come from guardrails
/// whose names indicate such checks, and from the metrics `pii_detections_total` and
/// `secret_detections_total`. `model` and `tool` have no effect.
#[utoipa::path(get, path = "/api/v1/guardrails", tag = "figures", params(FilterParams),
    responses((status = 200, description = "Guardrails.", body = GuardrailsAnswer)))]
pub(crate) async fn guardrails(State(api): Shared, Ask(params): Ask) -> Answer<GuardrailsAnswer> {
    let found = guardrails::guardrails(api.store.as_ref(), &params.tool_filter()?, params.now()).await?;
    Ok(Json((&found).into()))
}

/// Summary of a time range
///
/// Requests per minute, error rate, latency, tokens, cost, success rate and active sessions, in total and by
/// framework. It is the short summary for scripts.
#[utoipa::path(get, path = "/api/metrics", tag = "figures", params(RangeParams),
    responses((status = 200, description = "The summary.", body = SummaryAnswer)))]
pub(crate) async fn summary(State(api): Shared, Ask(params): Ask) -> Answer<SummaryAnswer> {
    let (asked, now) = (params.range_ask()?, params.now());
    let found = summary::summary(api.store.as_ref(), &asked.clone().filter(now), now).await?;
    Ok(Json(SummaryAnswer::new(&asked, now, &found)))
}
