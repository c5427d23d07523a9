//! The OTLP/HTTP routes: <https://opentelemetry.io/docs/specs/otlp/#otlphttp>.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request};
use axum::response::Response;
use axum::routing::post;
use quipu_otlp::{Encoding, Signal, encode_answer, encode_status};

use crate::Receiver;
use crate::body;
use crate::error::ReceiverError;
use crate::ingest::{Kind, Parcel, Receipt, count, ingest};
use crate::sender::Sender;
use crate::unpack::Packing;

/// Path prefixes: OTLP's own, and those of the Langfuse and LangSmith SDKs.
const PREFIXES: [&str; 3] = ["", "/api/public/otel", "/otel"];

/// Routes for `POST …/v1/traces`, `…/v1/metrics` and `…/v1/logs`, at the root and below `/api/public/otel`
/// and `/otel`.
///
/// Bodies are Protobuf or JSON, plain or compressed with gzip, deflate or zstd. Answers follow the OTLP
/// specification, in the encoding of the request. The server answers 200 after the commit.
pub fn http_routes(receiver: &Receiver) -> Router {
    let mut router = Router::new();
    for prefix in PREFIXES {
        for signal in [Signal::Traces, Signal::Metrics, Signal::Logs] {
            let receiver = receiver.clone();
            let refused = receiver.clone();
            let methods = post(async move |request: Request| export(&receiver, signal, request).await)
                .fallback(async move |request: Request| wrong_method(&refused, signal, request.headers()));
            router = router.route(&format!("{prefix}/v1/{}", signal.as_str()), methods);
        }
    }
    router
}

async fn export(receiver: &Receiver, signal: Signal, request: Request) -> Response {
    let (parts, mut body) = request.into_parts();
    let encoding = encoding(&parts.headers);
    let result = accept(receiver, signal, encoding, &parts, &mut body).await;
    if let Err(failure) = &result
        && failure.status != StatusCode::REQUEST_TIMEOUT
    {
        body::discard(receiver, &parts.headers, &mut body).await;
    }
    count(&*receiver.parts.meter, signal, "http", &result);
    // With an unknown encoding the answer is JSON, which people can read.
    answer(signal, encoding.unwrap_or(Encoding::Json), result)
}

async fn accept(
    receiver: &Receiver,
    signal: Signal,
    encoding: Option<Encoding>,
    parts: &request::Parts,
    body: &mut Body,
) -> Result<Receipt, ReceiverError> {
    let unknown = "content type is not one of application/x-protobuf, application/protobuf, application/json";
    let encoding = encoding.ok_or_else(|| ReceiverError::unsupported(unknown))?;
    let packing = packing(&parts.headers)?;
    let mut place = receiver.room.place(Sender::of(&parts.extensions));
    let bytes = body::read(receiver, &parts.headers, body, &mut place).await?;
    ingest(receiver, Parcel { kind: Kind::Otlp(signal, encoding), packing, bytes, skip: 0 }, place).await
}

/// The encoding of the content type; parameters such as a charset are ignored.
fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    let essence =
        headers.get(header::CONTENT_TYPE)?.to_str().ok()?.split(';').next()?.trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/x-protobuf" | "application/protobuf" => Some(Encoding::Protobuf),
        "application/json" => Some(Encoding::Json),
        _ => None,
    }
}

pub(crate) fn packing(headers: &HeaderMap) -> Result<Packing, ReceiverError> {
    let header = headers.get(header::CONTENT_ENCODING);
    let text = header.map(HeaderValue::to_str).transpose();
    Packing::from_header(text.map_err(|_| ReceiverError::unsupported("content encoding is not text"))?)
}

fn wrong_method(receiver: &Receiver, signal: Signal, headers: &HeaderMap) -> Response {
    let result = Err(ReceiverError::method());
    count(&*receiver.parts.meter, signal, "http", &result);
    let mut response = answer(signal, encoding(headers).unwrap_or(Encoding::Json), result);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

fn answer(signal: Signal, encoding: Encoding, result: Result<Receipt, ReceiverError>) -> Response {
    let (status, retry_after, body) = match result {
        Ok(Receipt { rejected, message }) => {
            (StatusCode::OK, None, encode_answer(signal, encoding, rejected, &message))
        }
        Err(failure) => {
            let body = encode_status(failure.code as i32, &failure.message, encoding);
            (failure.status, failure.retry_after, body)
        }
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let content_type = match encoding {
        Encoding::Protobuf => "application/x-protobuf",
        Encoding::Json => "application/json",
    };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
