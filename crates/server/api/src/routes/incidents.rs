//! Routes of incidents.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use quipu_alert::{AlertError, IncidentAsk as Wanted, IncidentChange, Severity};

use super::Answer;
use super::alerts::{Author, MOST_ROWS, ROWS, by, engine};
use crate::Problem;
use crate::body::{Write, bad};
use crate::dto::{Incident, IncidentAnswer, IncidentAsk, IncidentParams, IncidentsAnswer};
use crate::extract::{Ask, NoParams};
use crate::json::Json;
use crate::shared::Shared;

type Numbered = Result<Path<String>, PathRejection>;

/// Incidents
///
/// Related episodes, and incidents that users opened; open ones first, then the latest.
#[utoipa::path(get, path = "/api/v1/incidents", tag = "alerts", params(IncidentParams),
    responses((status = 200, description = "Incidents.", body = IncidentsAnswer)))]
pub(crate) async fn incidents(State(api): Shared, Ask(params): Ask) -> Answer<IncidentsAnswer> {
    params.allow(&[&["state", "since", "until", "limit"]], &[])?;
    let (since, until) = params.times()?;
    let ask = Wanted {
        is_open: params.word("state", &[("open", true), ("closed", false)])?,
        since,
        until,
        limit: params.limit(ROWS, MOST_ROWS)?,
    };
    let found = engine(&api)?.incidents(ask).await?;
    Ok(Json(IncidentsAnswer { incidents: found.into_iter().map(Into::into).collect() }))
}

/// Open an incident
///
/// Opens an incident by hand. It stays open until a user closes it.
#[utoipa::path(post, path = "/api/v1/incidents", tag = "alerts", request_body = IncidentAsk,
    responses((status = 200, description = "The incident.", body = Incident)))]
pub(crate) async fn open_incident(State(api): Shared, author: Author, body: Write) -> Answer<Incident> {
    let new = change(body.json()?)?;
    Ok(Json(engine(&api)?.open_incident(new, &by(author)).await?.into()))
}

/// Incident
///
/// An incident with its episodes, traces, timeline and figures.
#[utoipa::path(get, path = "/api/v1/incidents/{id}", tag = "alerts",
    params(("id" = i64, Path, description = "Number.")),
    responses((status = 200, description = "The incident.", body = IncidentAnswer),
        (status = 404, description = "There is no such incident.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn incident(State(api): Shared, path: Numbered, _: NoParams) -> Answer<IncidentAnswer> {
    Ok(Json(engine(&api)?.incident(number(path)?).await?.into()))
}

/// Change an incident
///
/// Sets title, severity, owner and state, and adds a note and links.
#[utoipa::path(post, path = "/api/v1/incidents/{id}", tag = "alerts", request_body = IncidentAsk,
    params(("id" = i64, Path, description = "Number.")),
    responses((status = 200, description = "The incident.", body = Incident),
        (status = 404, description = "There is no such incident.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn change_incident(
    State(api): Shared,
    path: Numbered,
    author: Author,
    body: Write,
) -> Answer<Incident> {
    let (id, new) = (number(path)?, change(body.json()?)?);
    Ok(Json(engine(&api)?.change_incident(id, new, &by(author)).await?.into()))
}

/// Report of an incident
///
/// Facts, figures, episodes, traces and timeline as Markdown.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/report", tag = "alerts",
    params(("id" = i64, Path, description = "Number.")),
    responses((status = 200, description = "The report.", body = String, content_type = "text/markdown"),
        (status = 404, description = "There is no such incident.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn incident_report(
    State(api): Shared,
    path: Numbered,
    _: NoParams,
) -> Result<Response, Problem> {
    let id = number(path)?;
    let text = engine(&api)?.incident_report(id).await?;
    Ok(document("text/markdown; charset=utf-8", &format!("incident-{id}.md"), text))
}

/// A text as a file to save.
pub(super) fn document(kind: &'static str, name: &str, text: String) -> Response {
    let disposition = ("content-disposition", format!("attachment; filename=\"{name}\""));
    ([(CONTENT_TYPE.as_str(), kind.to_owned()), disposition], text).into_response()
}

fn number(path: Numbered) -> Result<i64, Problem> {
    let Path(text) = path?;
    let missing = || AlertError::Missing { what: "incident", name: text.chars().take(40).collect() };
    Ok(text.parse().map_err(|_| missing())?)
}

fn change(ask: IncidentAsk) -> Result<IncidentChange, Problem> {
    let severity = |word: &str| match word {
        "info" => Ok(Severity::Info),
        "warning" => Ok(Severity::Warning),
        "critical" => Ok(Severity::Critical),
        _ => Err(bad(format!("severity: expected info, warning or critical, got {word:?}."))),
    };
    let state = |word: &str| match word {
        "open" => Ok(true),
        "closed" => Ok(false),
        _ => Err(bad(format!("state: expected open or closed, got {word:?}."))),
    };
    Ok(IncidentChange {
        severity: ask.severity.as_deref().map(severity).transpose()?,
        is_open: ask.state.as_deref().map(state).transpose()?,
        title: ask.title,
        owner: ask.owner,
        note: ask.note,
        episodes: ask.episodes,
        traces: ask.traces,
    })
}
