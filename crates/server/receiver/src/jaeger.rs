//! Jaeger's collector: Thrift over HTTP, `api_v2` over gRPC.
//! <https://www.jaegertracing.io/docs/1.76/architecture/apis/>.

use axum::Router;
use axum::http::{HeaderMap, header};
use quipu_jaeger::Wire;

use crate::Receiver;
use crate::error::ReceiverError;
use crate::foreign;
use crate::grpc::unary;
use crate::ingest::{Kind, Receipt};

/// Routes for `POST /api/traces` (Jaeger's port 14268): a Thrift `Batch` in the binary protocol.
///
/// The server answers 202 after the commit. Rejected spans are only counted, because Jaeger's answer cannot
/// report them.
pub fn jaeger_http_routes(receiver: &Receiver) -> Router {
    foreign::post(receiver, "/api/traces", "jaeger_http", batch)
}

/// Routes for `jaeger.api_v2.CollectorService/PostSpans` (Jaeger's port 14250). The server answers OK after
/// the commit.
pub fn jaeger_grpc_routes(receiver: &Receiver) -> Router {
    let answer = |_: Receipt| Vec::new();
    let method = "/jaeger.api_v2.CollectorService/PostSpans";
    unary(receiver, method, Kind::Foreign(Wire::PostSpans), "jaeger_grpc", answer)
}

/// Checks for the content types that Jaeger's collector accepts.
fn batch(headers: &HeaderMap) -> Result<Wire, ReceiverError> {
    match foreign::essence(headers, header::CONTENT_TYPE).as_deref() {
        Some("application/x-thrift" | "application/vnd.apache.thrift.binary") => Ok(Wire::Batch),
        _ => Err(ReceiverError::unsupported(
            "content type is not one of application/x-thrift, application/vnd.apache.thrift.binary",
        )),
    }
}
