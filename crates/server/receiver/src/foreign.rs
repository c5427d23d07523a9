//! The common part of the HTTP collectors for Jaeger and Zipkin: a body to one path, and an answer without a
//! body.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request};
use axum::response::Response;
use axum::routing;
use quipu_jaeger::Wire;
use quipu_otlp::Signal;

use crate::Receiver;
use crate::body;
use crate::error::ReceiverError;
use crate::http::packing;
use crate::ingest::{Kind, Parcel, Receipt, count, ingest};
use crate::sender::Sender;

/// Reads the wire format from a request's headers.
pub(crate) type Tell = fn(&HeaderMap) -> Result<Wire, ReceiverError>;

/// Returns a route for `POST path`, compressed or not. Answers are 202 without a body, or an error status
/// with a line of text.
pub(crate) fn post(receiver: &Receiver, path: &str, transport: &'static str, tell: Tell) -> Router {
    let (taker, refuser) = (receiver.clone(), receiver.clone());
    let methods = routing::post(async move |request: Request| take(&taker, request, transport, tell).await)
        .fallback(async move || {
            let result = Err(ReceiverError::method());
            count(&*refuser.parts.meter, Signal::Traces, transport, &result);
            let mut response = answer(result);
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            response
        });
    Router::new().route(path, methods)
}

async fn take(receiver: &Receiver, request: Request, transport: &'static str, tell: Tell) -> Response {
    let (parts, mut body) = request.into_parts();
    let result = accept(receiver, tell, &parts, &mut body).await;
    if let Err(failure) = &result
        && failure.status != StatusCode::REQUEST_TIMEOUT
    {
        body::discard(receiver, &parts.headers, &mut body).await;
    }
    count(&*receiver.parts.meter, Signal::Traces, transport, &result);
    answer(result)
}

async fn accept(
    receiver: &Receiver,
    tell: Tell,
    parts: &request::Parts,
    body: &mut Body,
) -> Result<Receipt, ReceiverError> {
    let kind = Kind::Foreign(tell(&parts.headers)?);
    let packing = packing(&parts.headers)?;
    let mut place = receiver.room.place(Sender::of(&parts.extensions));
    let bytes = body::read(receiver, &parts.headers, body, &mut place).await?;
    ingest(receiver, Parcel { kind, packing, bytes, skip: 0 }, place).await
}

/// A header's value in lower case, without its parameters; `None` if it is missing or empty.
pub(crate) fn essence(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?.split(';').next()?.trim();
    (!text.is_empty()).then(|| text.to_ascii_lowercase())
}

fn answer(result: Result<Receipt, ReceiverError>) -> Response {
    let failure = match result {
        Ok(_) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::ACCEPTED;
            return response;
        }
        Err(failure) => failure,
    };
    let mut response = Response::new(Body::from(failure.message));
    *response.status_mut() = failure.status;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    if let Some(seconds) = failure.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
