//! The table of routes, and what wraps all of them.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};

use crate::live::{self, Feed};
use crate::state::Api;
use crate::{ApiState, Problem, headers, openapi, routes as handlers};

/// Bytes that a body to `/api/v1/price` may have.
const PRICE_BODY: usize = 64 << 10;

/// All routes, with the dashboard as the fallback. Every error is a problem detail, every answer carries the security
/// headers, and what compresses goes out as gzip to clients that take it.
///
/// Merging it into another router keeps all of that for these routes; the other must not bring a fallback of its own.
pub fn routes(state: ApiState) -> Router {
    let api = Arc::new(Api { feed: Arc::new(Feed::new(&state)), state });
    let fonts = NotForContentType::const_new("font/");
    table()
        .layer(from_fn_with_state(Arc::clone(&api), in_time))
        .route("/api/v1/live", get(live::live))
        .fallback(handlers::asset)
        .method_not_allowed_fallback(handlers::wrong_method)
        .layer(CatchPanicLayer::custom(Problem::of_panic))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(fonts)))
        .layer(map_response(headers::secure))
        .with_state(api)
}

fn table() -> Router<Arc<Api>> {
    Router::new()
        .route("/healthz", get(handlers::healthz))
        .route("/readyz", get(handlers::readyz))
        .route("/metrics", get(handlers::metrics_text))
        .route("/openapi.json", get(openapi::serve))
        .route("/api/v1/traces", get(handlers::traces))
        .route("/api/v1/traces/{trace_id}", get(handlers::trace))
        .route("/api/v1/traces/{trace_id}/spans/{span_id}", get(handlers::span))
        .route("/api/v1/traces/{trace_id}/spans/{span_id}/lens", get(handlers::lens))
        .route("/api/v1/traces/{trace_id}/agents", get(handlers::agents))
        .route("/api/v1/sessions", get(handlers::sessions))
        .route("/api/v1/sessions/{session_id}", get(handlers::session))
        .route("/api/v1/usage", get(handlers::usage))
        .route("/api/v1/tools", get(handlers::tools))
        .route("/api/v1/facets", get(handlers::facets))
        .route("/api/v1/events", get(handlers::events))
        .route("/api/v1/metrics", get(handlers::metrics))
        .route("/api/v1/metrics/query", get(handlers::series))
        .route("/api/v1/price", post(handlers::price).layer(DefaultBodyLimit::max(PRICE_BODY)))
        .route("/api/v1/status", get(handlers::status))
        .route("/api/parity-matrix", get(handlers::parity_matrix))
}

/// Gives up on an answer after `Limits::request_seconds`.
async fn in_time(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    let seconds = api.limits.request_seconds;
    match tokio::time::timeout(Duration::from_secs(seconds), next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = format!("No answer within {seconds} s; ask for a shorter time or fewer rows.");
            Problem::new(StatusCode::GATEWAY_TIMEOUT, "timeout", "The answer took too long", detail)
                .into_response()
        }
    }
}
