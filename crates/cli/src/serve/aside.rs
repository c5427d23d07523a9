//! A project with damaged files: its routes answer 503, and the other projects run.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use quipu::core::ErrorKind;
use quipu_api::Problem;
use quipu_api::dto::{BackendState, ReadyAnswer};
use tower::ServiceExt;

/// Time after which a client may try again: the project has to be repaired and the server restarted first.
const RETRY_SECONDS: &str = "60";
/// Paths below which a project answers; all else is the same in every project, such as the dashboard's files.
const OWN: [&str; 3] = ["/api/", "/v1/", "/metrics"];

/// Reason to set aside a project that could not be opened. `None` for an error that must stop the start.
/// Examples are a wrong configuration, a store that another process has open, and files of a newer build.
pub fn reason(error: &anyhow::Error) -> Option<Arc<str>> {
    let is_damage = |error: &quipu::Error| error.kind() == ErrorKind::Damaged;
    let damaged = error.chain().any(|cause| cause.downcast_ref().is_some_and(is_damage));
    damaged.then(|| format!("{error:#}").into())
}

/// Remaining routes of a project: `/readyz` gives the reason. Only routes that are the same in every project
/// work.
pub fn routes(inside: Router, why: &Arc<str>) -> Router {
    let answer = ReadyAnswer {
        status: "down".into(),
        backends: vec![BackendState {
            name: "project".into(),
            status: "down".into(),
            detail: Some(format!("set aside: {why}")),
            queued: None,
            lag_s: None,
            dropped: None,
        }],
        search: None,
        audit: None,
        projects: None,
    };
    let ready = get(async move || (StatusCode::SERVICE_UNAVAILABLE, Json(answer.clone())));
    Router::new().route("/readyz", ready).fallback(async move |request: Request| {
        let path = request.uri().path();
        let reads = [Method::GET, Method::HEAD].contains(request.method());
        if !reads || OWN.iter().any(|own| path.starts_with(own)) {
            return refused();
        }
        match inside.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    })
}

/// Senders keep what they have, and send it again later.
pub fn refused() -> Response {
    let detail = "The files of this project are damaged and it is set aside. An operator has to run `quipu check store --repair`, or to \
                  restore a backup, and start the server again.";
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let mut response =
        Problem::new(status, "project_aside", "The project is set aside", detail).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
    response
}
