//! Whether the server as a whole takes requests: every project, and the record of who did what.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use quipu_api::dto::{AuditState, ProjectStates, ReadyAnswer};
use quipu_audit::Audit;
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::tenant::DEFAULT;

const PATH: &str = "/readyz";
/// A project that takes longer to say how it does counts as down.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of a project's answer.
const ANSWER: usize = 1 << 20;

/// The route. What the default project says, and of the others how many are in which state: whoever may not know a project does not learn
/// its name. Only the default project's store makes the server not ready; all else that is wrong, `degraded`.
pub fn route(apis: &BTreeMap<String, Router>, audit: &Audit) -> MethodRouter {
    let (apis, audit) = (apis.clone(), audit.clone());
    get(async move || {
        let mut all = all(&apis).await;
        let Some(mut answer) = all.remove(DEFAULT).flatten() else {
            // It did not even say what is wrong.
            return (StatusCode::SERVICE_UNAVAILABLE, [(header::CACHE_CONTROL, "no-store")]).into_response();
        };
        let others =
            all.into_values().map(|answer| answer.map_or_else(|| "down".to_owned(), |said| said.status));
        let mut states = ProjectStates::default();
        others.chain([answer.status.clone()]).for_each(|status| count(&mut states, &status));
        let state = audit.state();
        let is_written = state.failing.is_none();
        if answer.status == "ready" && !(is_written && states.degraded + states.down == 0) {
            answer.status = "degraded".into();
        }
        let status = if is_written { "ready" } else { "degraded" };
        answer.audit = Some(AuditState { status: status.into(), lost: state.lost });
        answer.projects = (apis.len() > 1).then_some(states);
        told(&answer)
    })
}

fn count(states: &mut ProjectStates, status: &str) {
    match status {
        "ready" => states.ready += 1,
        "degraded" => states.degraded += 1,
        _ => states.down += 1,
    }
}

/// What each project says; `None` of one that says nothing.
async fn all(apis: &BTreeMap<String, Router>) -> BTreeMap<String, Option<ReadyAnswer>> {
    let mut asked = JoinSet::new();
    for (name, api) in apis {
        let (name, api) = (name.clone(), api.clone());
        asked.spawn(async move {
            let answer = tokio::time::timeout(PATIENCE, ask(api)).await;
            (name, answer.ok().flatten())
        });
    }
    let mut all: BTreeMap<_, _> = apis.keys().map(|name| (name.clone(), None)).collect();
    while let Some(done) = asked.join_next().await {
        all.extend(done.ok());
    }
    all
}

async fn ask(api: Router) -> Option<ReadyAnswer> {
    let request = Request::get(PATH).body(Body::empty()).ok()?;
    let Ok(answer) = api.oneshot(request).await;
    let body = to_bytes(answer.into_body(), ANSWER).await.ok()?;
    serde_json::from_slice(&body).ok()
}

fn told(answer: &ReadyAnswer) -> Response {
    let code = if answer.status == "down" { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let body = serde_json::to_vec(answer).unwrap_or_default();
    (code, headers, body).into_response()
}
