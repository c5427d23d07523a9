//! Route of figures by group and over time.

use axum::extract::State;
use quipu_insight::figures;

use super::Answer;
use crate::dto::{FilterParams, QueryAnswer, QueryParams};
use crate::extract::Ask;
use crate::json::Json;
use crate::shared::Shared;

/// Figures
///
/// Counts, durations, results and cost of calls, tool runs, agents, other work, traces, events or a metric,
/// by group and over time. The limit is 20,000 points. `since`, `until`, `model`, `agent`, `service`,
/// `framework` and (except for calls) `tool` apply to the records themselves, the other filters to their
/// traces. Events accept only `q`, `session`, `agent` and `framework`; a metric accepts only the times.
#[utoipa::path(get, path = "/api/v1/query", tag = "figures", params(FilterParams, QueryParams),
    responses((status = 200, description = "Figures.", body = QueryAnswer)))]
pub(crate) async fn query(State(api): Shared, Ask(params): Ask) -> Answer<QueryAnswer> {
    let ask = params.figure_ask()?;
    let answer = figures::figures(api.store.as_ref(), &ask, params.now()).await?;
    Ok(Json(QueryAnswer::new(&ask, &answer)))
}
