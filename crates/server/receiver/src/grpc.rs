//! gRPC: unary methods, among them the three of OTLP.
//!
//! The framing is gRPC's own (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>). This file
//! reads it without generated services, so a message gets the same limits, repairs and answers as in
//! OTLP/HTTP.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::{BufMut, Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use quipu_otlp::{Encoding, Signal, encode_answer, retry_details};
use tonic::Status;

use crate::Receiver;
use crate::body;
use crate::error::ReceiverError;
use crate::ingest::{Kind, Parcel, Receipt, count, ingest};
use crate::sender::Sender;
use crate::unpack::Packing;

/// The size of the flag and length before each message, in bytes.
const PREFIX: usize = 5;

/// Routes for `TraceService/Export`, `MetricsService/Export` and `LogsService/Export` of
/// `opentelemetry.proto.collector`.
///
/// Messages may be plain or compressed with gzip, deflate or zstd. Their limits are those of OTLP/HTTP. The
/// server answers OK after the commit.
pub fn grpc_routes(receiver: &Receiver) -> Router {
    let methods = [
        (Signal::Traces, "/opentelemetry.proto.collector.trace.v1.TraceService/Export"),
        (Signal::Metrics, "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"),
        (Signal::Logs, "/opentelemetry.proto.collector.logs.v1.LogsService/Export"),
    ];
    methods.into_iter().fold(Router::new(), |router, (signal, path)| {
        let kind = Kind::Otlp(signal, Encoding::Protobuf);
        let answer = move |Receipt { rejected, message }: Receipt| {
            encode_answer(signal, Encoding::Protobuf, rejected, &message)
        };
        router.merge(unary(receiver, path, kind, "grpc", answer))
    })
}

/// Returns a route for one unary method. `answer` returns the message for an accepted request.
pub(crate) fn unary(
    receiver: &Receiver,
    path: &str,
    kind: Kind,
    transport: &'static str,
    answer: impl Fn(Receipt) -> Vec<u8> + Clone + Send + Sync + 'static,
) -> Router {
    let receiver = receiver.clone();
    let call = async move |request: Request| {
        let (parts, mut body) = request.into_parts();
        if !is_grpc(&parts.headers) {
            return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
        }
        let result = accept(&receiver, kind, &parts, &mut body).await;
        count(&*receiver.parts.meter, kind.signal(), transport, &result);
        match result {
            Ok(receipt) => success(&answer(receipt)),
            Err(failure) => refusal(failure),
        }
    };
    Router::new().route(path, post(call))
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    matches!(
        content_type.split(';').next().map(str::trim),
        Some("application/grpc" | "application/grpc+proto")
    )
}

async fn accept(
    receiver: &Receiver,
    kind: Kind,
    parts: &request::Parts,
    body: &mut Body,
) -> Result<Receipt, ReceiverError> {
    let encoding = parts.headers.get("grpc-encoding").map(HeaderValue::to_str).transpose();
    let packing =
        Packing::from_header(encoding.map_err(|_| ReceiverError::unsupported("grpc-encoding is not text"))?)?;
    let mut place = receiver.room.place(Sender::of(&parts.extensions));
    let bytes = body::read(receiver, &parts.headers, body, &mut place).await?;
    let packing = if is_compressed(&bytes)? { packing } else { Packing::None };
    ingest(receiver, Parcel { kind, packing, bytes, skip: PREFIX }, place).await
}

/// Checks that a body is one whole message, and returns whether it is compressed.
fn is_compressed(body: &[u8]) -> Result<bool, ReceiverError> {
    let wrong = || ReceiverError::malformed("the call does not contain exactly one whole message");
    let (prefix, message) = body.split_first_chunk::<PREFIX>().ok_or_else(wrong)?;
    let [flag, length @ ..] = *prefix;
    if usize::try_from(u32::from_be_bytes(length)).ok() != Some(message.len()) || flag > 1 {
        return Err(wrong());
    }
    Ok(flag == 1)
}

fn success(message: &[u8]) -> Response {
    let mut framed = BytesMut::with_capacity(PREFIX + message.len());
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let body = Full::new(framed.freeze()).with_trailers(async move { Some(Ok(trailers)) });
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// The answer to a failed call. Clients repeat it only if it contains a wait.
fn refusal(failure: ReceiverError) -> Response {
    let status = match failure.retry_after {
        Some(seconds) => {
            let details = retry_details(failure.code as i32, &failure.message, seconds);
            Status::with_details(failure.code, failure.message, Bytes::from(details))
        }
        None => Status::new(failure.code, failure.message),
    };
    let mut response: Response = status.into_http();
    let accepted = HeaderValue::from_static("identity,gzip,deflate,zstd");
    response.headers_mut().insert("grpc-accept-encoding", accepted);
    response
}
