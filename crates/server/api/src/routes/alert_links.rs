//! The page of a link in a notice, which acknowledges its episode without a login.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use quipu_alert::{AlertError, Alerts, Notice};

use crate::dto::AlertLinkParams;
use crate::state::Deed;

/// A page that loads nothing and sends its form only to where it came from.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);
const STYLE: &str = "body{font:16px system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem;\
    color-scheme:light dark}button{font:inherit;padding:.5rem 1rem}dt{opacity:.7}";

/// The alerts of every project: a link says by its signature of which it is.
type Engines = State<Arc<Vec<Alerts>>>;

/// Routes of links for the alerts of some projects. They need no login.
pub fn alert_link_routes<S: Clone + Send + Sync + 'static>(engines: Vec<Alerts>) -> Router<S> {
    Router::new()
        .route("/api/v1/alerts/ack-link", get(ack_page).post(ack_by_link))
        .with_state(Arc::new(engines))
}

/// Page of an acknowledgement link
///
/// Shows the alert of a link and a button. It changes nothing, because mail servers and chats open links
/// before people do.
#[utoipa::path(get, path = "/api/v1/alerts/ack-link", tag = "alerts", params(AlertLinkParams),
    responses((status = 200, description = "The page.", content_type = "text/html"),
        (status = 410, description = "The link was used, has expired or is not valid.", content_type = "text/html")))]
pub(crate) async fn ack_page(State(engines): Engines, Query(params): Query<AlertLinkParams>) -> Response {
    let mut why = AlertError::Link("it is not a link of this server");
    for alerts in engines.iter() {
        match alerts.look_at_link(&params.token).await {
            Ok(notice) => return page(StatusCode::OK, "Acknowledge this alert?", &question(&notice)),
            Err(error) => why = later(why, error),
        }
    }
    invalid(&why)
}

/// Acknowledge by a link
///
/// Acknowledges the episode of a link. The link is then used.
#[utoipa::path(post, path = "/api/v1/alerts/ack-link", tag = "alerts", params(AlertLinkParams),
    responses((status = 200, description = "The episode is acknowledged.", content_type = "text/html"),
        (status = 410, description = "The link was used, has expired or is not valid.", content_type = "text/html")))]
pub(crate) async fn ack_by_link(State(engines): Engines, Query(params): Query<AlertLinkParams>) -> Response {
    let mut why = AlertError::Link("it is not a link of this server");
    for alerts in engines.iter() {
        match alerts.acknowledge_by_link(&params.token).await {
            Ok(by) => {
                let detail = vec![("by", by)];
                let text = "<p>No repetition and no escalation follows.</p>";
                let answer = page(StatusCode::OK, "The alert is acknowledged.", text);
                return Deed { preview: false, detail }.with(answer);
            }
            Err(error) => why = later(why, error),
        }
    }
    invalid(&why)
}

/// The more exact of two reasons: a link is unknown to all projects but its own.
fn later(one: AlertError, other: AlertError) -> AlertError {
    if matches!(&other, AlertError::Link(why) if why.starts_with("it is not")) { one } else { other }
}

fn invalid(why: &AlertError) -> Response {
    if !matches!(why, AlertError::Link(_)) {
        tracing::error!(error = %why, "an acknowledgement link cannot be checked");
        let text = "<p>Try again, or acknowledge the alert on the dashboard.</p>";
        return page(StatusCode::INTERNAL_SERVER_ERROR, "The link cannot be checked.", text);
    }
    page(StatusCode::GONE, "This link does not work.", &format!("<p>{}</p>", escaped(&why.to_string())))
}

fn question(notice: &Notice) -> String {
    let row = |(name, value): (&str, String)| format!("<dt>{name}</dt><dd>{}</dd>", escaped(&value));
    let rows = [
        ("Rule", notice.rule.clone()),
        ("Group", notice.group_text()),
        ("Severity", notice.severity.as_str().to_owned()),
        ("Value", notice.figure()),
        ("Since", notice.started_at.clone()),
    ];
    let rows: String = rows.into_iter().filter(|(_, value)| !value.is_empty()).map(row).collect();
    format!("<dl>{rows}</dl><form method=\"post\"><button>Acknowledge</button></form>")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>Quipu</title><style>{STYLE}</style><h1>{title}</h1>{body}</html>"
    );
    let headers = [
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (status, headers, html).into_response()
}
