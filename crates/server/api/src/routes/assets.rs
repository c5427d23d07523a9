//! Fallback route: the dashboard's files, or a problem.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::shared::Shared;
use crate::{Asset, Problem, headers};

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// Serves the dashboard's file at a path. Unknown routes of the interface, unknown files and other methods
/// get a problem.
pub(crate) async fn asset(State(api): Shared, method: Method, uri: Uri, request: HeaderMap) -> Response {
    let path = uri.path();
    let of_interface = ["/api", "/v1"].iter().any(|root| path.strip_prefix(root).is_some_and(is_below));
    if of_interface {
        return nothing_here(&method, path).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return wrong_method(method, uri).await.into_response();
    }
    match api.assets.asset(path) {
        Some(asset) => file(asset, &request),
        None => nothing_here(&method, path).into_response(),
    }
}

fn is_below(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

fn nothing_here(method: &Method, path: &str) -> Problem {
    let path: String = path.chars().take(256).collect();
    Problem::not_found(
        "Not found",
        format!("There is no route {method} {path}; /openapi.json lists all routes."),
    )
}

/// Answers a request to an existing route with an unsupported method.
pub(crate) async fn wrong_method(method: Method, uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(256).collect();
    let detail = format!(
        "{path} does not support {method}; the header `Allow` and /openapi.json list the supported methods."
    );
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed", detail)
}

/// Sends a weak tag, because the same file may be sent with or without gzip (RFC 9110 section 8.8.1).
fn file(asset: Asset, request: &HeaderMap) -> Response {
    let unchanged = headers::matches_tag(request, &asset.etag);
    let tag = format!("W/{}", asset.etag.trim_start_matches("W/"));
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(CONTENT_TYPE, asset.content_type)], asset.bytes).into_response()
    };
    let caching = if asset.immutable { FOR_EVER } else { ASK_AGAIN };
    let out = response.headers_mut();
    out.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    out.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(headers::PAGE_POLICY));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(ETAG, tag);
    }
    response
}
