//! Sums: usage, tools, and the values of a field.

use crate::json::Json;
use axum::extract::State;
use quipu_core::{AnswerMemory, UsageGroup, UsageQuery};
use quipu_insight::usage_within;

use super::Answer;
use crate::bounded::bounded;
use crate::dto::{
    Facet, FacetParams, FacetsAnswer, FilterParams, ToolRow, ToolsAnswer, UsageAnswer, UsageJson, UsageParams,
};
use crate::extract::Ask;
use crate::shared::Shared;

/// Memory of a tool and its JSON form, without its name.
const TOOL: usize = 1_024;
/// Memory of a field's value and its JSON form, without the value.
const FACET: usize = 64;

/// Usage
///
/// Calls, tokens, cost and latency of LLM calls, by group and over all groups. `since`, `until`, `model`,
/// `agent` and `service` apply to the call itself, the other filters to its trace. `framework` applies to
/// both: a call that an SDK reported within a framework's trace also belongs to that framework.
#[utoipa::path(get, path = "/api/v1/usage", tag = "figures", params(FilterParams, UsageParams),
    responses((status = 200, description = "Usage by group.", body = UsageAnswer)))]
pub(crate) async fn usage(State(api): Shared, Ask(params): Ask) -> Answer<UsageJson> {
    let query = params.usage_query()?;
    let groups = usage_within(api.store.as_ref(), &query).await?;
    let hold = AnswerMemory::current().hold(groups.iter().map(UsageGroup::bytes).sum())?;
    // A call is in the group of each tag, environment and version of its trace: sums of groups are no total.
    let total = if query.group_by.iter().any(|by| by.overlaps()) {
        let whole = UsageQuery { group_by: Vec::new(), ..query.clone() };
        quipu_query::total(&usage_within(api.store.as_ref(), &whole).await?)
    } else {
        quipu_query::total(&groups)
    };
    Ok(Json(UsageJson::new((groups, hold), &query.group_by, &total)))
}

/// Tools
///
/// Runs, errors and latency of every tool, most runs first.
#[utoipa::path(get, path = "/api/v1/tools", tag = "figures", params(FilterParams),
    responses((status = 200, description = "Tools.", body = ToolsAnswer)))]
pub(crate) async fn tools(State(api): Shared, Ask(params): Ask) -> Answer<ToolsAnswer> {
    let mut groups = api.store.tools(&params.tool_filter()?).await?;
    let rest = groups.pop_if(|group| group.rest).is_some();
    let kept = bounded(groups, |group| TOOL + 2 * group.tool.len())?;
    let truncated = rest || kept.truncated;
    Ok(Json(ToolsAnswer { tools: kept.rows.iter().map(ToolRow::from).collect(), truncated }))
}

/// Facets
///
/// The values of a field with their numbers of traces, most traces first.
#[utoipa::path(get, path = "/api/v1/facets", tag = "figures", params(FacetParams, FilterParams),
    responses((status = 200, description = "Values.", body = FacetsAnswer)))]
pub(crate) async fn facets(State(api): Shared, Ask(params): Ask) -> Answer<FacetsAnswer> {
    let ask = params.facet_ask()?;
    // One more tells whether there are more.
    let mut facets = api.store.facets(ask.field, &ask.filter, ask.limit.saturating_add(1)).await?;
    let beyond = facets.len() > ask.limit;
    facets.truncate(ask.limit);
    let kept = bounded(facets, |facet| FACET + 2 * facet.value.len())?;
    let truncated = beyond || kept.truncated;
    let values = kept.rows.iter().map(|facet| Facet { value: facet.value.to_string(), traces: facet.traces });
    Ok(Json(FacetsAnswer { values: values.collect(), truncated }))
}
