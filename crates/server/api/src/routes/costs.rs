//! Routes of costs: one call explained, unpriced calls, the analysis, and subscriptions.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use quipu_core::{GroupBy, SpanId, Timestamp, TraceFilter, TraceId};
use quipu_insight::analysis::{self, Bucket};
use quipu_insight::{explain, plans, unpriced};

use super::Answer;
use super::traces::no_span;
use crate::Problem;
use crate::dto::{
    AnalysisAnswer, AnalysisParams, CostAnswer, FilterParams, Plan, PlansAnswer, RangeParams, UnpricedAnswer,
    UnpricedModel,
};
use crate::extract::{Ask, NoParams, id};
use crate::json::Json;
use crate::shared::{Api, Shared};

/// Cost of a span
///
/// Explains the cost of one call: every line of the bill with its rule and book version, the cost that the
/// source reported, and whether the call counts.
#[utoipa::path(get, path = "/api/v1/traces/{trace_id}/spans/{span_id}/cost", tag = "traces",
    params(("trace_id" = String, Path, description = "Trace id, 32 hexadecimal digits."),
        ("span_id" = String, Path, description = "Span id, 16 hexadecimal digits.")),
    responses((status = 200, description = "The cost, explained.", body = CostAnswer),
        (status = 404, description = "No such span is stored, or it is no call and has no usage.", body = Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn span_cost(
    State(api): Shared,
    path: Result<Path<(String, String)>, PathRejection>,
    _: NoParams,
) -> Answer<CostAnswer> {
    let Path((trace, span)) = path?;
    let (trace_id, span_id) = (id::<TraceId>(&trace)?, id::<SpanId>(&span)?);
    if let Some(explained) = explain::cost(api.store.as_ref(), api.prices.as_ref(), trace_id, span_id).await?
    {
        return Ok(Json(explained.into()));
    }
    api.store.span(trace_id, span_id).await?.ok_or_else(|| no_span(trace_id, span_id))?;
    let detail =
        format!("Span {span_id} of trace {trace_id} is no call and has no usage, so it has no price.");
    Err(Problem::not_found("Nothing to price", detail))
}

/// Unpriced
///
/// Models without a price, most tokens first.
#[utoipa::path(get, path = "/api/v1/costs/unpriced", tag = "figures", params(FilterParams),
    responses((status = 200, description = "Models without a price.", body = UnpricedAnswer)))]
pub(crate) async fn unpriced(State(api): Shared, Ask(params): Ask) -> Answer<UnpricedAnswer> {
    let models = unpriced::list(api.store.as_ref(), &params.tool_filter()?).await?;
    Ok(Json(UnpricedAnswer { models: models.iter().map(UnpricedModel::from).collect() }))
}

/// Cost analysis
///
/// Spending with trend and forecast, savings by caches, most expensive sessions, cheaper models, and reported
/// compared with computed cost. Without `since` it covers 2 days of hours, 30 days, 26 weeks or 13 months.
#[utoipa::path(get, path = "/api/v1/costs/analysis", tag = "figures", params(FilterParams, AnalysisParams),
    responses((status = 200, description = "The analysis.", body = AnalysisAnswer)))]
pub(crate) async fn analysis(State(api): Shared, Ask(params): Ask) -> Answer<AnalysisAnswer> {
    let asked = params.analysis_ask()?;
    let now = params.now();
    let bucket = asked.bucket.map_or_else(|| fitting(&asked.filter, now), bucket_of);
    analyse(&api, asked.filter, bucket, now).await
}

/// Cost analysis of a time range
///
/// The same as `/api/v1/costs/analysis`, with the parameters `time_range` and `frameworks`.
#[utoipa::path(get, path = "/api/cost-analysis", tag = "figures", params(RangeParams),
    responses((status = 200, description = "The analysis.", body = AnalysisAnswer)))]
pub(crate) async fn cost_analysis(State(api): Shared, Ask(params): Ask) -> Answer<AnalysisAnswer> {
    let (asked, now) = (params.range_ask()?, params.now());
    let filter = asked.filter(now);
    let bucket = fitting(&filter, now);
    analyse(&api, filter, bucket, now).await
}

/// Subscriptions
///
/// Usage under subscriptions, by their 5-hour and weekly windows, at list price. It is not part of metered
/// cost.
#[utoipa::path(get, path = "/api/v1/plans", tag = "figures", params(FilterParams),
    responses((status = 200, description = "Subscriptions.", body = PlansAnswer)))]
pub(crate) async fn plans(State(api): Shared, Ask(params): Ask) -> Answer<PlansAnswer> {
    let (filter, now) = (params.tool_filter()?, params.now());
    let plans = plans::windows(api.store.as_ref(), &plans::Ask { filter }, now).await?;
    Ok(Json(PlansAnswer { plans: plans.iter().map(Plan::from).collect() }))
}

async fn analyse(api: &Api, filter: TraceFilter, bucket: Bucket, now: Timestamp) -> Answer<AnalysisAnswer> {
    let ask = analysis::Ask { filter, bucket, ..analysis::Ask::default() };
    let found = analysis::analyse(api.store.as_ref(), &api.money.books, &ask, now).await?;
    Ok(Json((&found).into()))
}

fn bucket_of(group: GroupBy) -> Bucket {
    Bucket::ALL.into_iter().find(|bucket| bucket.group() == group).unwrap_or_default()
}

/// Steps of hours up to two days, of days up to three months, then of weeks.
fn fitting(filter: &TraceFilter, now: Timestamp) -> Bucket {
    let Some(since) = filter.since else { return Bucket::Day };
    match filter.until.unwrap_or(now).since(since) / Timestamp::DAY {
        ..=2 => Bucket::Hour,
        3..=93 => Bucket::Day,
        _ => Bucket::Week,
    }
}
