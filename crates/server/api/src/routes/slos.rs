//! Routes of objectives: their days and windows, and service level reports.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use quipu_alert::{SlaForm, SlaPeriod};

use super::Answer;
use super::alerts::engine;
use super::incidents::document;
use crate::Problem;
use crate::dto::{SloAnswer, SloReport, SloReportParams};
use crate::extract::{Ask, NoParams};
use crate::json::Json;
use crate::shared::Shared;

const FORMS: [(&str, Option<SlaForm>); 3] =
    [("json", None), ("html", Some(SlaForm::Html)), ("markdown", Some(SlaForm::Markdown))];

/// Objective
///
/// An objective of the config file with its days, error budget and pairs of windows.
#[utoipa::path(get, path = "/api/v1/slos/{name}", tag = "alerts",
    params(("name" = String, Path, description = "Name.")),
    responses((status = 200, description = "The objective.", body = SloAnswer),
        (status = 404, description = "There is no such objective.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn slo(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    _: NoParams,
) -> Answer<SloAnswer> {
    let Path(name) = path?;
    Ok(Json(engine(&api)?.slo(&name).await?.into()))
}

/// Service level report
///
/// Objectives and incidents of a month or quarter in UTC, as JSON, HTML or Markdown.
#[utoipa::path(get, path = "/api/v1/slos/report", tag = "alerts", params(SloReportParams),
    responses((status = 200, description = "The report.",
        content((SloReport = "application/json"), (String = "text/html"), (String = "text/markdown")))))]
pub(crate) async fn slo_report(State(api): Shared, Ask(params): Ask) -> Result<Response, Problem> {
    params.allow(&[&["period", "format"]], &[])?;
    let form = params.word("format", &FORMS)?.flatten();
    let period = params.text("period")?.unwrap_or_else(|| "month".to_owned());
    let period = SlaPeriod::read(&period, api.clock.now())?;
    let report = engine(&api)?.sla_report(&period).await?;
    let named = |end: &str| format!("service-levels-{}.{end}", period.name);
    Ok(match form {
        None => Json(SloReport::from(report)).into_response(),
        Some(form @ SlaForm::Html) => document("text/html; charset=utf-8", &named("html"), report.text(form)),
        Some(form @ SlaForm::Markdown) => {
            document("text/markdown; charset=utf-8", &named("md"), report.text(form))
        }
    })
}
