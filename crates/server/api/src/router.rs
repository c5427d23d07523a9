//! Table of routes, and the layers around all of them.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use tokio::sync::Mutex;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};

use crate::graphs::Graphs;
use crate::live::Feed;
use crate::outlines::Outlines;
use crate::shared::Api;
use crate::system::System;
use crate::{ApiState, Problem, headers, openapi, routes as handlers};

/// Bytes that a body may have.
const SMALL_BODY: usize = 64 << 10;
/// Bytes that a body to `/api/v1/sql` may have: a statement and its parameters.
const SQL_BODY: usize = 256 << 10;
/// Bytes that a document may have, written widely.
const DOCUMENT_BODY: usize = 1 << 20;
/// Bytes that a body to `/api/v1/estimate` may have: a whole prompt.
const ESTIMATE_BODY: usize = 4 << 20;

/// All routes, with the dashboard as the fallback. Every error is a problem detail, every answer carries the
/// security headers, and what compresses goes out as gzip to clients that take it.
///
/// The routes check neither the caller nor the page's origin: put a guard before them on every socket.
///
/// Merging it into another router keeps all of that for these routes; the other must not bring a fallback of
/// its own.
pub fn routes(state: ApiState) -> Router {
    let system = System::start(&state);
    let feed = Arc::new(Feed::new(&state, Arc::clone(&system)));
    feed.listen(&state.money.budgets);
    let api = Arc::new(Api {
        feed,
        outlines: Outlines::new(&state),
        graphs: Graphs::new(state.caches.clone()),
        system,
        state,
        repricing: Mutex::default(),
    });
    let links = handlers::alert_link_routes(api.alerts.clone().into_iter().collect());
    table()
        .merge(money())
        .merge(arranged())
        .merge(watched())
        .merge(links)
        .layer(from_fn_with_state(Arc::clone(&api), in_time))
        .merge(to_the_end())
        .route("/api/v1/live", get(handlers::live))
        .fallback(handlers::asset.layer(packed(CompressionLevel::Default)))
        .method_not_allowed_fallback(handlers::wrong_method)
        .layer(CatchPanicLayer::custom(Problem::of_panic))
        // Most clients are on the same machine or network: a large answer is there sooner when it is packed
        // lightly. Files of the dashboard are read once and kept, and a first visit often comes from afar.
        .layer(packed(CompressionLevel::Fastest))
        .layer(map_response(headers::secure))
        .with_state(api)
}

/// Compression of all answers but fonts, which are compressed already.
fn packed(level: CompressionLevel) -> CompressionLayer<impl Predicate> {
    let fonts = NotForContentType::const_new("font/");
    CompressionLayer::new().quality(level).compress_when(DefaultPredicate::new().and(fonts))
}

fn table() -> Router<Arc<Api>> {
    Router::new()
        .route("/healthz", get(handlers::healthz))
        .route("/readyz", get(handlers::readyz))
        .route("/metrics", get(handlers::metrics_page))
        .route("/openapi.json", openapi::described(openapi))
        .route("/api/v1/traces", get(handlers::traces))
        .route("/api/v1/traces/{trace_id}", get(handlers::trace))
        .route("/api/v1/traces/{trace_id}/spans/{span_id}", get(handlers::span))
        .route("/api/v1/traces/{trace_id}/spans/{span_id}/lens", get(handlers::lens))
        .route("/api/v1/traces/{trace_id}/agents", get(handlers::agents))
        .route("/api/v1/traces/{trace_id}/outline", get(handlers::outline))
        .route("/api/v1/traces/{trace_id}/search", get(handlers::search))
        .route("/api/v1/traces/{trace_id}/graph", get(handlers::graph))
        .route("/api/v1/map", get(handlers::map))
        .route("/api/v1/sessions", get(handlers::sessions))
        .route("/api/v1/sessions/{session_id}", get(handlers::session))
        .route("/api/v1/usage", get(handlers::usage))
        .route("/api/v1/tools", get(handlers::tools))
        .route("/api/v1/facets", get(handlers::facets))
        .route("/api/v1/query", get(handlers::query))
        .route("/api/v1/agents", get(handlers::all_agents))
        .route("/api/v1/tools/insights", get(handlers::tool_insights))
        .route("/api/v1/guardrails", get(handlers::guardrails))
        .route("/api/metrics", get(handlers::summary))
        .route("/api/v1/events", get(handlers::events))
        .route("/api/v1/calls", get(handlers::calls))
        .route("/api/v1/spans", get(handlers::work_rows))
        .route("/api/v1/exchanges", get(handlers::exchanges))
        .route("/api/v1/excerpts", get(handlers::excerpts))
        .route("/api/v1/metrics", get(handlers::metrics))
        .route("/api/v1/metrics/query", get(handlers::series))
        .route("/api/v1/price", post(handlers::price).layer(DefaultBodyLimit::max(SMALL_BODY)))
        .route("/api/v1/status", get(handlers::status))
        .route("/api/v1/system", get(handlers::system))
        .route("/api/v1/sources/unread", get(handlers::unread_sources))
        .route("/api/v1/sources/drift", get(handlers::source_drift))
        .route("/api/v1/backends", get(handlers::backends))
        .route("/api/v1/backends/{name}/dead-letters", get(handlers::dead_letters))
        .route("/api/v1/backends/{name}/dead-letters/replay", post(handlers::replay_dead_letters))
        .route("/api/v1/backends/{name}/dead-letters/remove", post(handlers::remove_dead_letters))
        .route("/api/parity-matrix", get(handlers::parity_matrix))
        .route("/api/v1/sql", post(handlers::sql).layer(DefaultBodyLimit::max(SQL_BODY)))
        .route("/api/v1/sql/schema", get(handlers::sql_schema))
}

/// Routes about costs, forecasts and budgets.
fn money() -> Router<Arc<Api>> {
    Router::new()
        .route("/api/v1/traces/{trace_id}/spans/{span_id}/cost", get(handlers::span_cost))
        .route("/api/v1/costs/unpriced", get(handlers::unpriced))
        .route("/api/v1/costs/analysis", get(handlers::analysis))
        .route("/api/cost-analysis", get(handlers::cost_analysis))
        .route("/api/v1/plans", get(handlers::plans))
        .route("/api/v1/budgets", get(handlers::budgets))
        .route("/api/v1/budgets/{name}", put(handlers::set_budget).delete(handlers::remove_budget))
        .route("/api/v1/budgets/{name}/check", post(handlers::check_budget))
        .route("/api/v1/prices", get(handlers::prices))
        .route("/api/v1/prices/models", get(handlers::price_models))
        .route("/api/v1/prices/check", get(handlers::check_prices))
        .route("/api/v1/prices/reload", post(handlers::reload))
        .route("/api/v1/prices/reprices", get(handlers::reprices))
        .layer(DefaultBodyLimit::max(SMALL_BODY))
        .route("/api/v1/estimate", post(handlers::estimate).layer(DefaultBodyLimit::max(ESTIMATE_BODY)))
}

/// Routes of saved views, dashboards, scores and exports.
fn arranged() -> Router<Arc<Api>> {
    Router::new()
        .route("/api/v1/scores", get(handlers::scores).post(handlers::post_scores))
        .route("/api/v1/views", get(handlers::views))
        .route(
            "/api/v1/views/{id}",
            get(handlers::view).put(handlers::put_view).delete(handlers::remove_view),
        )
        .route("/api/v1/dashboards", get(handlers::dashboards))
        .route(
            "/api/v1/dashboards/{id}",
            get(handlers::dashboard).put(handlers::put_dashboard).delete(handlers::remove_dashboard),
        )
        .layer(DefaultBodyLimit::max(DOCUMENT_BODY))
        .route("/api/v1/export/traces", get(handlers::export_traces))
        .route("/api/v1/export/{records}", get(handlers::export_records))
        .merge(kept())
}

/// Routes of alerts, objectives and health.
fn watched() -> Router<Arc<Api>> {
    Router::new()
        .route("/api/v1/alerts", get(handlers::alerts))
        .route("/api/v1/alerts/rules", get(handlers::alert_rules))
        .route(
            "/api/v1/alerts/rules/{name}",
            get(handlers::alert_rule).put(handlers::put_alert_rule).delete(handlers::remove_alert_rule),
        )
        .route("/api/v1/alerts/backtest", post(handlers::backtest))
        .route("/api/v1/alerts/history", get(handlers::alert_history))
        .route("/api/v1/alerts/ack", post(handlers::acknowledge))
        .route("/api/v1/alerts/silences", get(handlers::silences).post(handlers::add_silence))
        .route("/api/v1/alerts/silences/{id}", delete(handlers::end_silence))
        .route("/api/v1/alerts/fire", post(handlers::fire))
        .route("/api/v1/slos", get(handlers::slos))
        .route("/api/v1/slos/report", get(handlers::slo_report))
        .route("/api/v1/slos/{name}", get(handlers::slo))
        .route("/api/v1/incidents", get(handlers::incidents).post(handlers::open_incident))
        .route("/api/v1/incidents/{id}", get(handlers::incident).post(handlers::change_incident))
        .route("/api/v1/incidents/{id}/report", get(handlers::incident_report))
        .route("/api/v1/health", get(handlers::health))
        .layer(DefaultBodyLimit::max(SMALL_BODY))
}

/// Routes of data retention.
fn kept() -> Router<Arc<Api>> {
    Router::new()
        .route("/api/v1/retention", get(handlers::retention))
        .route("/api/v1/retention/preview", post(handlers::preview_retention))
        .route("/api/v1/holds", get(handlers::holds))
        .route("/api/v1/traces/{trace_id}/hold", post(handlers::hold).delete(handlers::release))
        .layer(DefaultBodyLimit::max(SMALL_BODY))
}

/// Routes of operations that run to their end once they have begun. Their answer is the only report of the
/// result, so they have no time-out. Their bodies have a time limit, as all bodies have.
fn to_the_end() -> Router<Arc<Api>> {
    Router::new()
        .route("/api/v1/traces/delete", post(handlers::delete_traces))
        .route("/api/v1/forget", post(handlers::forget))
        .route("/api/v1/retention/run", post(handlers::run_retention))
        .route("/api/v1/prices/reprice", post(handlers::reprice))
        .route("/api/v1/prices/reprices/{id}/undo", post(handlers::undo))
        .layer(DefaultBodyLimit::max(SMALL_BODY))
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
