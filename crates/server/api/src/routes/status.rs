//! Routes of the server's own state.

use crate::json::Json;
use axum::extract::State;
use axum::http::StatusCode;
use quipu_core::Health;
use quipu_pipeline::ExporterStatus;

use super::Answer;
use crate::dto::{BackendState, HealthAnswer, ReadyAnswer, SearchState, StatusAnswer, StoreState};
use crate::extract::NoParams;
use crate::paths::Sight;
use crate::shared::{Api, Shared};

/// Liveness
///
/// Answers while the process runs, regardless of the state of its backends.
#[utoipa::path(get, path = "/healthz", tag = "server",
    responses((status = 200, description = "The process runs.", body = HealthAnswer)))]
pub(crate) async fn healthz() -> Json<HealthAnswer> {
    Json(HealthAnswer { status: "ok".to_owned() })
}

/// Readiness
///
/// The state of every backend. Only a store that is down makes the server not ready.
#[utoipa::path(get, path = "/readyz", tag = "server",
    responses((status = 200, description = "The server accepts requests.", body = ReadyAnswer),
        (status = 503, description = "The store is down.", body = ReadyAnswer)))]
pub(crate) async fn readyz(State(api): Shared) -> (StatusCode, Json<ReadyAnswer>) {
    let info = api.store.info().await;
    let health = match (&info, api.store.health()) {
        (Err(error), Health::Ready) => Health::Degraded(error.to_string()),
        (_, health) => health,
    };
    let answer = ready(&api, health, api.exporters().await, info.ok().as_ref().map(SearchState::from));
    let code = if answer.status == "down" { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (code, Json(answer))
}

fn ready(
    api: &Api,
    store: Health,
    exporters: Vec<ExporterStatus>,
    search: Option<SearchState>,
) -> ReadyAnswer {
    let mut backends = vec![BackendState::new(api.store.name(), store)];
    backends.extend(exporters.iter().map(BackendState::from));
    let down = backends.first().is_some_and(|store| store.status == "down");
    let all_ready = backends.iter().all(|backend| backend.status == "ready");
    let status = match (down, all_ready) {
        (true, _) => "down",
        (false, true) => "ready",
        (false, false) => "degraded",
    };
    ReadyAnswer { status: status.to_owned(), backends, search, audit: None, projects: None }
}

/// Status
///
/// Summary of the server: version, listeners, contents of the store.
#[utoipa::path(get, path = "/api/v1/status", tag = "server",
    responses((status = 200, description = "Summary of the server.", body = StatusAnswer)))]
pub(crate) async fn status(State(api): Shared, Sight(sees_host): Sight, _: NoParams) -> Answer<StatusAnswer> {
    let info = api.store.info().await?;
    Ok(Json(StatusAnswer {
        version: api.status.version.clone(),
        started_at: api.status.started_at.to_string(),
        listeners: api.status.listeners.clone(),
        demo: api.status.demo,
        search: SearchState::from(&info),
        store: StoreState::new(info, sees_host),
    }))
}
