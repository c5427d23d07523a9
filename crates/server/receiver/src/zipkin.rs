//! Zipkin's collector: <https://zipkin.io/zipkin-api/#/default/post_spans>.

use axum::Router;
use axum::http::{HeaderMap, header};
use quipu_jaeger::Wire;

use crate::Receiver;
use crate::error::ReceiverError;
use crate::foreign;

/// Routes for `POST /api/v2/spans` (Zipkin's port 9411): a list of v2 spans as JSON. The server answers 202
/// after the commit.
pub fn zipkin_routes(receiver: &Receiver) -> Router {
    foreign::post(receiver, "/api/v2/spans", "zipkin", spans)
}

/// A missing content type means JSON.
fn spans(headers: &HeaderMap) -> Result<Wire, ReceiverError> {
    match foreign::essence(headers, header::CONTENT_TYPE).as_deref() {
        None | Some("application/json") => Ok(Wire::Zipkin),
        Some(_) => Err(ReceiverError::unsupported("content type is not application/json")),
    }
}
