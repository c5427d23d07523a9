//! OpenAPI description of all routes.

use std::sync::{Arc, OnceLock};

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use utoipa::openapi::path::{Operation, OperationBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{
    Content, HttpMethod, ObjectBuilder, OpenApi as Document, Ref, RefOr, Required, ResponseBuilder,
};
use utoipa::{Modify, OpenApi};

use crate::{Problem, dto, headers, problem, routes};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Quipu",
        description = "Observability for AI agents: traces, sessions, usage, cost. Times are RFC 3339 in UTC with nanoseconds. \
            Fields ending in `_ms` are durations in milliseconds. Fields ending in `_usd` are US dollars as decimal text, or null \
            with a reason in another field. Without `since` and `until`, an answer covers all stored data. Unknown parameters \
            are rejected."
    ),
    paths(
        routes::traces, routes::trace, routes::span, routes::lens, routes::agents, routes::outline, routes::search, routes::graph, routes::map, routes::sessions, routes::session, routes::usage, routes::tools,
        routes::facets, routes::query, routes::all_agents, routes::tool_insights, routes::guardrails, routes::summary, routes::price, routes::estimate, routes::span_cost, routes::unpriced,
        routes::analysis, routes::cost_analysis, routes::plans, routes::budgets, routes::set_budget, routes::remove_budget,
        routes::check_budget, routes::prices, routes::price_models, routes::check_prices, routes::reload, routes::reprice,
        routes::reprices, routes::undo, routes::parity_matrix, routes::events, routes::calls, routes::work_rows, routes::exchanges, routes::excerpts, routes::scores, routes::post_scores, routes::metrics, routes::series, routes::live, routes::status, routes::system, routes::unread_sources, routes::source_drift,
        routes::backends, routes::dead_letters, routes::replay_dead_letters, routes::remove_dead_letters,
        routes::views, routes::view, routes::put_view, routes::remove_view, routes::dashboards, routes::dashboard,
        routes::put_dashboard, routes::remove_dashboard, routes::export_traces, routes::export_records, routes::delete_traces, routes::forget,
        routes::retention, routes::preview_retention, routes::run_retention, routes::holds, routes::hold, routes::release,
        routes::alerts, routes::alert_rules, routes::alert_rule, routes::put_alert_rule, routes::remove_alert_rule, routes::backtest, routes::alert_history,
        routes::acknowledge, routes::ack_page, routes::ack_by_link, routes::silences, routes::add_silence, routes::end_silence, routes::fire, routes::slos, routes::slo, routes::slo_report, routes::health,
        routes::incidents, routes::open_incident, routes::incident, routes::change_incident, routes::incident_report,
        routes::sql, routes::sql_schema,
        routes::healthz, routes::readyz, routes::metrics_page, serve
    ),
    components(schemas(Problem, dto::LiveFrame, dto::NumberedFrame, dto::BudgetSettings)),
    tags(
        (name = "traces", description = "Traces, their spans, and the live feed."),
        (name = "sessions", description = "Sessions: traces that belong together."),
        (name = "figures", description = "Totals and prices."),
        (name = "prices", description = "Price books, and re-pricing of stored calls."),
        (name = "budgets", description = "Limits on spending."),
        (name = "alerts", description = "Alert rules, episodes, silences, objectives and health."),
        (name = "events", description = "Structured events."),
        (name = "metrics", description = "Stored metrics."),
        (name = "sql", description = "Read-only SQL over the stored records."),
        (name = "documents", description = "Saved views and dashboards."),
        (name = "retention", description = "Data retention, and held traces."),
        (name = "server", description = "State and metrics of the server."),
        (name = "otlp", description = "OpenTelemetry receiver: OTLP/HTTP 1.x, protobuf and JSON, identity, gzip and zstd.")
    ),
    modifiers(&Intake, &Problems)
)]
struct Description;

/// The receiver's routes, which share the port: their bodies are those of the OTLP specification.
struct Intake;

impl Modify for Intake {
    fn modify(&self, document: &mut Document) {
        for (path, signal, message) in [
            ("/v1/traces", "traces", "ExportTraceServiceRequest"),
            ("/v1/metrics", "metrics", "ExportMetricsServiceRequest"),
            ("/v1/logs", "logs", "ExportLogsServiceRequest"),
        ] {
            document.paths.add_path_operation(path, vec![HttpMethod::Post], export(signal, message));
        }
    }
}

fn export(signal: &str, message: &str) -> Operation {
    let object = || Content::new(Some(ObjectBuilder::new().description(Some(message.to_owned())).build()));
    let body = RequestBodyBuilder::new()
        .description(Some(format!("An OTLP `{message}`.")))
        .content("application/x-protobuf", object())
        .content("application/json", object())
        .required(Some(Required::True))
        .build();
    let taken = ResponseBuilder::new()
        .description("The data is stored. `partial_success` has the rejected items, if any.");
    OperationBuilder::new()
        .tag("otlp")
        .summary(Some(format!("OTLP {signal}")))
        .description(Some(format!("Receives {signal}; answers after they are stored.")))
        .request_body(Some(body))
        .response("200", taken)
        .build()
}

/// Every operation may answer with a problem.
struct Problems;

impl Modify for Problems {
    fn modify(&self, document: &mut Document) {
        for item in document.paths.paths.values_mut() {
            [&mut item.get, &mut item.post, &mut item.put, &mut item.delete]
                .into_iter()
                .flatten()
                .for_each(add_problem);
        }
    }
}

fn add_problem(operation: &mut Operation) {
    let schema = RefOr::Ref(Ref::from_schema_name("Problem"));
    let response = ResponseBuilder::new()
        .description("The error.")
        .content(problem::MEDIA_TYPE, Content::new(Some(schema)))
        .build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(response));
}

/// The description of all routes, OpenAPI 3.1.
pub fn openapi() -> Document {
    Description::openapi()
}

/// OpenAPI description
///
/// OpenAPI 3.1 of all routes.
#[utoipa::path(get, path = "/openapi.json", tag = "server",
    responses((status = 200, description = "The description.", body = Object)))]
#[expect(dead_code, reason = "describes the route that `described` serves")]
pub(crate) const fn serve() {}

/// The serialized description. It has some hundred kilobytes and is serialized only once.
struct SerializedDocument {
    bytes: Bytes,
    tag: HeaderValue,
}

impl SerializedDocument {
    fn of(document: &Document) -> Option<Self> {
        let bytes = serde_json::to_vec(document)
            .inspect_err(|error| tracing::error!(%error, "the OpenAPI description cannot be serialized"));
        let bytes = Bytes::from(bytes.ok()?);
        let sum: String = Sha256::digest(&bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        // A weak tag, because the body may be sent with or without gzip.
        Some(Self { bytes, tag: HeaderValue::from_str(&format!("W/\"{sum}\"")).ok()? })
    }

    fn answer(&self, request: &HeaderMap) -> Response {
        let known = self.tag.to_str().is_ok_and(|tag| headers::matches_tag(request, tag));
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(CONTENT_TYPE, "application/json")], self.bytes.clone()).into_response()
        };
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response.headers_mut().insert(ETAG, self.tag.clone());
        response
    }
}

/// A route that serves a description with an entity tag and the security headers. The description is built at
/// the first request, and cached.
pub fn described<S: Clone + Send + Sync + 'static>(make: fn() -> Document) -> MethodRouter<S> {
    let written: Arc<OnceLock<Option<SerializedDocument>>> = Arc::default();
    get(async move |request: HeaderMap| {
        let answer = match written.get_or_init(|| SerializedDocument::of(&make())) {
            Some(written) => written.answer(&request),
            None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        };
        headers::secure(answer).await
    })
}
