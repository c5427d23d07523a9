//! What agents, tools and guardrails did, and the summary of a time range.

use axum::extract::State;
use quipu_insight::{agents, guardrails, summary, tools};

use super::Answer;
use crate::dto::{
    AgentWork, AgentWorkAnswer, FilterParams, GuardrailsAnswer, RangeParams, SummaryAnswer, ToolInsight,
    ToolInsightsAnswer,
};
use crate::extract::Ask;
use crate::json::Json;
use crate::state::Shared;

/// All agents
///
/// What every agent did: runs, LLM calls and the time that they took, tools, models, failures, tokens and cost. `model` and `tool` are
/// those of calls and tool runs; of an agent that has such, all runs are told.
#[utoipa::path(get, path = "/api/v1/agents", tag = "figures", params(FilterParams),
    responses((status = 200, description = "Agents.", body = AgentWorkAnswer)))]
pub(crate) async fn all_agents(State(api): Shared, Ask(params): Ask) -> Answer<AgentWorkAnswer> {
    let agents = agents::agents(api.store.as_ref(), &params.tool_filter()?).await?;
    Ok(Json(AgentWorkAnswer { agents: agents.iter().map(AgentWork::from).collect() }))
}

/// Tool insights
///
/// Of every tool the sums of its runs, the last 24 hours, failures by what went wrong, the week before to hold it against, and
/// recommendations by rules whose thresholds the guide tells. `model` is that of the trace and narrows the sums alone.
#[utoipa::path(get, path = "/api/v1/tools/insights", tag = "figures", params(FilterParams),
    responses((status = 200, description = "Tools.", body = ToolInsightsAnswer)))]
pub(crate) async fn tool_insights(State(api): Shared, Ask(params): Ask) -> Answer<ToolInsightsAnswer> {
    let insights = tools::insights(api.store.as_ref(), &params.tool_filter()?, params.now()).await?;
    Ok(Json(ToolInsightsAnswer { tools: insights.iter().map(ToolInsight::from).collect() }))
}

/// Guardrails
///
/// What guardrails checked, what triggered them, and what was found of personal data and secrets: by guardrails whose names say that
/// they look for it, and by the metrics `pii_detections_total` and `secret_detections_total`. `model` and `tool` do not narrow it.
#[utoipa::path(get, path = "/api/v1/guardrails", tag = "figures", params(FilterParams),
    responses((status = 200, description = "Guardrails.", body = GuardrailsAnswer)))]
pub(crate) async fn guardrails(State(api): Shared, Ask(params): Ask) -> Answer<GuardrailsAnswer> {
    let found = guardrails::guardrails(api.store.as_ref(), &params.tool_filter()?, params.now()).await?;
    Ok(Json((&found).into()))
}

/// Summary of a time range
///
/// Requests a minute, error rate, latency, tokens, cost, success rate and active sessions, over all and by framework: the summary of
/// the original design.
#[utoipa::path(get, path = "/api/metrics", tag = "figures", params(RangeParams),
    responses((status = 200, description = "The summary.", body = SummaryAnswer)))]
pub(crate) async fn summary(State(api): Shared, Ask(params): Ask) -> Answer<SummaryAnswer> {
    let (asked, now) = (params.range_ask()?, params.now());
    let found = summary::summary(api.store.as_ref(), &asked.clone().filter(now), now).await?;
    Ok(Json(SummaryAnswer::new(&asked, now, &found)))
}
