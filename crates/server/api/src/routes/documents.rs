//! Routes of saved views and dashboards.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use quipu_core::AnswerMemory;
use quipu_insight::{Document, Documents, Shelf};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Answer;
use super::sql::check_statement;
use crate::Problem;
use crate::body::Write;
use crate::dashboards::{built_in, is_built_in};
use crate::documents::read;
use crate::dto::{
    Dashboard, DashboardEntry, DashboardSettings, DashboardsAnswer, View, ViewSettings, ViewsAnswer,
};
use crate::extract::NoParams;
use crate::json::{Json, Text};
use crate::shared::{Api, Shared};
use crate::spawned::blocking;

/// Memory to read one document, as a multiple of its largest size: its text, its JSON value and its settings.
const COPIES: usize = 6;

/// Views
///
/// All saved views.
#[utoipa::path(get, path = "/api/v1/views", tag = "documents",
    responses((status = 200, description = "Views by id.", body = ViewsAnswer)))]
pub(crate) async fn views(State(api): Shared, _: NoParams) -> Result<Response, Problem> {
    let body = on(&api, |documents| {
        let mut text = Text::default();
        text.text("{\"views\":[").map_err(unwritten)?;
        let mut between = "";
        each(documents, Shelf::Views, |one| {
            let Some(settings) = content(&one) else { return Ok(()) };
            let view = View { settings, id: one.id };
            text.text(between).and_then(|()| text.json(&view)).map_err(unwritten)?;
            between = ",";
            Ok(())
        })?;
        text.text("]}").map_err(unwritten)?;
        Ok::<_, Problem>(text.into_body())
    });
    Ok(([(CONTENT_TYPE, "application/json")], body.await?).into_response())
}

/// View
///
/// One saved view.
#[utoipa::path(get, path = "/api/v1/views/{id}", tag = "documents", params(("id" = String, Path, description = "Id.")),
    responses((status = 200, description = "The view.", body = View),
        (status = 404, description = "There is no such view.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn view(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    _: NoParams,
) -> Answer<View> {
    let Path(id) = path?;
    let named = id.clone();
    let stored = on(&api, move |documents| documents.get(Shelf::Views, &named)).await?;
    let settings = stored.as_ref().and_then(content).ok_or_else(|| missing("view", &id))?;
    Ok(Json(View { id, settings }))
}

/// Store a view
///
/// Creates or replaces a view.
#[utoipa::path(put, path = "/api/v1/views/{id}", tag = "documents", request_body = ViewSettings,
    params(("id" = String, Path, description = "Id: 1 to 64 characters of a-z, 0-9 and -.")),
    responses((status = 200, description = "The view.", body = View),
        (status = 409, description = "The maximum of 500 views is reached.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn put_view(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    body: Write,
) -> Answer<View> {
    let Path(id) = path?;
    let settings: ViewSettings = read(body.bytes())?;
    settings.check()?;
    store(&api, Shelf::Views, &id, &settings).await?;
    Ok(Json(View { id, settings }))
}

/// Remove a view
///
/// Removes a saved view.
#[utoipa::path(delete, path = "/api/v1/views/{id}", tag = "documents", params(("id" = String, Path, description = "Id.")),
    responses((status = 204, description = "The view is removed."),
        (status = 404, description = "There is no such view.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn remove_view(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    _: Write,
) -> Result<StatusCode, Problem> {
    let Path(id) = path?;
    remove(&api, Shelf::Views, "view", id).await
}

/// Dashboards
///
/// Summaries of all dashboards: built-in and stored ones.
#[utoipa::path(get, path = "/api/v1/dashboards", tag = "documents",
    responses((status = 200, description = "Dashboards.", body = DashboardsAnswer)))]
pub(crate) async fn dashboards(State(api): Shared, _: NoParams) -> Answer<DashboardsAnswer> {
    let mut dashboards: Vec<_> = built_in().map(|(id, settings)| entry(of_program(id, settings))).collect();
    let own = on(&api, |documents| {
        let mut own = Vec::new();
        each(documents, Shelf::Dashboards, |one| {
            own.extend(Some(one).filter(|one| !is_built_in(&one.id)).and_then(of_document).map(entry));
            Ok(())
        })?;
        Ok::<_, Problem>(own)
    });
    dashboards.extend(own.await?);
    Ok(Json(DashboardsAnswer { dashboards }))
}

fn entry(one: Dashboard) -> DashboardEntry {
    DashboardEntry {
        id: one.id,
        panels: one.settings.panels.len() as u64,
        title: one.settings.title,
        description: one.settings.description,
        built_in: one.built_in,
        updated_at: one.updated_at,
    }
}

/// Dashboard
///
/// One dashboard with its panels.
#[utoipa::path(get, path = "/api/v1/dashboards/{id}", tag = "documents", params(("id" = String, Path, description = "Id.")),
    responses((status = 200, description = "The dashboard.", body = Dashboard),
        (status = 404, description = "There is no such dashboard.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn dashboard(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    _: NoParams,
) -> Answer<Dashboard> {
    let Path(id) = path?;
    if let Some((id, settings)) = built_in().find(|(known, _)| *known == id) {
        return Ok(Json(of_program(id, settings)));
    }
    Ok(Json(stored_dashboard(&api, &id).await?))
}

/// Store a dashboard
///
/// Creates or replaces a dashboard. Every panel is checked, also its statement of SQL. An error names its
/// path in the document.
#[utoipa::path(put, path = "/api/v1/dashboards/{id}", tag = "documents", request_body = DashboardSettings,
    params(("id" = String, Path, description = "Id: 1 to 64 characters of a-z, 0-9 and -.")),
    responses((status = 200, description = "The dashboard.", body = Dashboard),
        (status = 409, description = "The dashboard is built in, or the maximum of 500 is reached.", body = Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn put_dashboard(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    body: Write,
) -> Answer<Dashboard> {
    let Path(id) = path?;
    own(&id)?;
    let settings: DashboardSettings = read(body.bytes())?;
    settings.check()?;
    for (at, panel) in settings.panels.iter().enumerate() {
        if let Some(statement) = &panel.sql {
            check_statement(&api, &format!("panels[{at}].sql"), statement).await?;
        }
    }
    store(&api, Shelf::Dashboards, &id, &settings).await?;
    Ok(Json(stored_dashboard(&api, &id).await?))
}

/// Remove a dashboard
///
/// Removes a stored dashboard.
#[utoipa::path(delete, path = "/api/v1/dashboards/{id}", tag = "documents", params(("id" = String, Path, description = "Id.")),
    responses((status = 204, description = "The dashboard is removed."),
        (status = 404, description = "There is no such dashboard.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The dashboard is built in.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn remove_dashboard(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    _: Write,
) -> Result<StatusCode, Problem> {
    let Path(id) = path?;
    own(&id)?;
    remove(&api, Shelf::Dashboards, "dashboard", id).await
}

fn own(id: &str) -> Result<(), Problem> {
    if !is_built_in(id) {
        return Ok(());
    }
    let detail = format!("The dashboard {id:?} is built in; store a changed copy under another id.");
    Err(Problem::new(StatusCode::CONFLICT, "conflict", "Built-in dashboard", detail))
}

fn of_program(id: &str, settings: DashboardSettings) -> Dashboard {
    Dashboard { id: id.to_owned(), built_in: true, updated_at: None, settings }
}

fn of_document(one: Document) -> Option<Dashboard> {
    let settings = content(&one)?;
    Some(Dashboard { updated_at: Some(one.updated_at.to_string()), id: one.id, built_in: false, settings })
}

async fn stored_dashboard(api: &Api, id: &str) -> Result<Dashboard, Problem> {
    let named = id.to_owned();
    let stored = on(api, move |documents| documents.get(Shelf::Dashboards, &named)).await?;
    stored.and_then(of_document).ok_or_else(|| missing("dashboard", id))
}

/// Parses the content of a stored document; `None` for a file from another program that does not parse.
fn content<T: DeserializeOwned>(document: &Document) -> Option<T> {
    let read = serde_json::from_value(document.content.clone());
    read.inspect_err(|error| tracing::warn!(id = document.id, %error, "a stored document cannot be read"))
        .ok()
}

fn missing(what: &str, id: &str) -> Problem {
    let id: String = id.chars().take(80).collect();
    Problem::not_found("Not found", format!("There is no {what} {id:?}."))
}

async fn store(api: &Api, shelf: Shelf, id: &str, settings: &impl Serialize) -> Result<(), Problem> {
    let value = serde_json::to_value(settings).unwrap_or_default();
    let (id, now) = (id.to_owned(), api.clock.now());
    on(api, move |documents| documents.put(shelf, &id, &value, now)).await
}

async fn remove(api: &Api, shelf: Shelf, what: &str, id: String) -> Result<StatusCode, Problem> {
    let named = id.clone();
    let was = on(api, move |documents| documents.remove(shelf, &named)).await?;
    if was { Ok(StatusCode::NO_CONTENT) } else { Err(missing(what, &id)) }
}

/// Passes on the documents of a kind one by one. The memory for the largest one belongs to the request.
fn each(
    documents: &Documents,
    shelf: Shelf,
    mut pass_on: impl FnMut(Document) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let _hold = AnswerMemory::current().hold(COPIES * Documents::BYTES)?;
    for id in documents.ids(shelf)? {
        if let Some(one) = documents.get(shelf, &id)? {
            pass_on(one)?;
        }
    }
    Ok(())
}

fn unwritten(lack: Option<quipu_core::Error>) -> Problem {
    lack.map_or_else(failed, Problem::from)
}

fn failed() -> Problem {
    let detail = "Reading the documents failed; the server's log says where.";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
}

/// This thread does not wait for files.
async fn on<T: Send + 'static, E: Into<Problem> + Send + 'static>(
    api: &Api,
    work: impl FnOnce(&Documents) -> Result<T, E> + Send + 'static,
) -> Result<T, Problem> {
    let documents = api.documents.clone();
    let done = blocking(move || work(&documents)).await.map_err(|error| {
        tracing::error!(error = %error, "reading documents failed");
        failed()
    })?;
    done.map_err(Into::into)
}
