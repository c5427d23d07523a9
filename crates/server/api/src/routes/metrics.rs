//! Routes of stored metrics, and of the server's own.

use std::sync::Arc;

use crate::json::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::Answer;
use crate::bounded::{Bounded, bounded};
use crate::dto::{MetricName, MetricParams, MetricSeries, MetricsAnswer, SeriesAnswer};
use crate::extract::{Ask, NoParams};
use crate::problem::Problem;
use crate::shared::Shared;
use crate::spawned::blocking;

/// Memory of a series or label and its JSON form, without its texts.
const METRIC: usize = 128;
/// Memory of a metric and its JSON form, without its texts. More than the store counts, so a list that the
/// store ended early is known to be cut.
const NAME: usize = 640;
/// Memory of a point and its JSON form.
const POINT: usize = 96;

/// Metrics
///
/// All stored metrics.
#[utoipa::path(get, path = "/api/v1/metrics", tag = "metrics",
    responses((status = 200, description = "Metrics.", body = MetricsAnswer)))]
pub(crate) async fn metrics(State(api): Shared, _: NoParams) -> Answer<MetricsAnswer> {
    let bytes = |metric: &quipu_core::MetricName| {
        NAME + 2 * (metric.name.len() + metric.unit.len() + metric.description.len())
    };
    let kept = bounded(api.store.metrics().await?, bytes)?;
    Ok(Json(MetricsAnswer {
        metrics: kept.rows.iter().map(MetricName::from).collect(),
        truncated: kept.truncated,
    }))
}

/// Series
///
/// Series of one metric, aggregated into steps. A metric that is not stored has no series.
#[utoipa::path(get, path = "/api/v1/metrics/query", tag = "metrics", params(MetricParams),
    responses((status = 200, description = "Series.", body = SeriesAnswer)))]
pub(crate) async fn series(State(api): Shared, Ask(params): Ask) -> Answer<SeriesAnswer> {
    let kept = bounded_series(api.store.metric(&params.metric_query()?).await?)?;
    Ok(Json(SeriesAnswer {
        series: kept.rows.iter().map(MetricSeries::from).collect(),
        truncated: kept.truncated,
    }))
}

/// The series that fit into the memory of an answer.
pub(super) fn bounded_series(
    series: Vec<quipu_core::MetricSeries>,
) -> quipu_core::Result<Bounded<quipu_core::MetricSeries>> {
    // More than the store counts, so an answer that the store ended early is known to be cut.
    bounded(series, |series| {
        METRIC * (1 + series.labels.len()) + 2 * series.bytes() + POINT * series.points.len()
    })
}

/// Content type of the server's own metrics: OpenMetrics 1.0
/// (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).
pub const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Detail of the problem when other readers' pages take too much memory.
const WAIT: &str = "Other readers have not finished their pages of metrics; ask again in a second.";

/// The server's own metrics
///
/// OpenMetrics text, for Prometheus to scrape.
#[utoipa::path(get, path = "/metrics", tag = "server",
    responses((status = 200, description = "OpenMetrics text.", body = String,
        content_type = "application/openmetrics-text")))]
pub(crate) async fn metrics_page(State(api): Shared) -> Result<impl IntoResponse, Problem> {
    let render = Arc::clone(&api.metrics_page);
    match blocking(move || render()).await {
        Ok(Some(page)) => Ok(([(CONTENT_TYPE, OPEN_METRICS)], page)),
        Ok(None) => Err(Problem::busy(WAIT)),
        Err(_) => Err(Problem::internal()),
    }
}
