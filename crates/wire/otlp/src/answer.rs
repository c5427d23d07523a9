//! Encodes answers to OTLP requests: the three export responses and `google.rpc.Status`.

use opentelemetry_proto::tonic::collector::{logs::v1 as logs, metrics::v1 as metrics, trace::v1 as trace};
use prost::Message;
use serde_json::json;

use crate::status::RpcStatus;
use crate::{Encoding, Signal};

/// Encodes the body of a 200: an export response, with a partial success if `rejected` is not 0.
///
/// `message` describes the first rejected items. Without rejected items it is left out, as OTLP requires.
pub fn encode_answer(signal: Signal, encoding: Encoding, rejected: u64, message: &str) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => protobuf(signal, i64::try_from(rejected).unwrap_or(i64::MAX), message),
        Encoding::Json if rejected == 0 => b"{}".to_vec(),
        Encoding::Json => {
            let field = match signal {
                Signal::Traces => "rejectedSpans",
                Signal::Metrics => "rejectedDataPoints",
                Signal::Logs => "rejectedLogRecords",
            };
            json!({"partialSuccess": {field: rejected.to_string(), "errorMessage": message}})
                .to_string()
                .into_bytes()
        }
    }
}

fn protobuf(signal: Signal, rejected: i64, message: &str) -> Vec<u8> {
    let error_message = || message.to_owned();
    let partial = (rejected > 0).then_some(rejected);
    match signal {
        Signal::Traces => trace::ExportTraceServiceResponse {
            partial_success: partial.map(|rejected_spans| trace::ExportTracePartialSuccess {
                rejected_spans,
                error_message: error_message(),
            }),
        }
        .encode_to_vec(),
        Signal::Metrics => metrics::ExportMetricsServiceResponse {
            partial_success: partial.map(|rejected_data_points| metrics::ExportMetricsPartialSuccess {
                rejected_data_points,
                error_message: error_message(),
            }),
        }
        .encode_to_vec(),
        Signal::Logs => logs::ExportLogsServiceResponse {
            partial_success: partial.map(|rejected_log_records| logs::ExportLogsPartialSuccess {
                rejected_log_records,
                error_message: error_message(),
            }),
        }
        .encode_to_vec(),
    }
}

/// Encodes the body of an error answer: `google.rpc.Status` with a gRPC status code and a text.
pub fn encode_status(code: i32, message: &str, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => RpcStatus::new(code, message).encode_to_vec(),
        Encoding::Json => json!({"code": code, "message": message}).to_string().into_bytes(),
    }
}

/// Encodes a gRPC error's details that ask the sender to retry after `seconds`: a `google.rpc.Status` with a
/// `RetryInfo`.
///
/// By OTLP a sender retries after `RESOURCE_EXHAUSTED` only with this detail.
pub fn retry_details(code: i32, message: &str, seconds: u32) -> Vec<u8> {
    RpcStatus::new(code, message).after(seconds).encode_to_vec()
}
