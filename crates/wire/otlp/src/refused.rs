//! Reads a server's answer to an export request.

use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceResponse, metrics::v1::ExportMetricsServiceResponse,
    trace::v1::ExportTraceServiceResponse,
};
use prost::Message;
use serde_json::Value as Json;

use crate::{Encoding, Signal};

/// Number of items that a server rejected in a request it acknowledged, with its message. An unreadable
/// answer counts as no rejection.
pub fn refused(signal: Signal, encoding: Encoding, answer: &[u8]) -> (u64, String) {
    let (count, message) = match encoding {
        Encoding::Json => of_json(answer),
        Encoding::Protobuf => of_protobuf(signal, answer),
    }
    .unwrap_or_default();
    (u64::try_from(count).unwrap_or_default(), message)
}

fn of_json(answer: &[u8]) -> Option<(i64, String)> {
    let answer: Json = serde_json::from_slice(answer).ok()?;
    let partial = answer.get("partialSuccess")?;
    let count = ["rejectedSpans", "rejectedLogRecords", "rejectedDataPoints"].iter().find_map(|key| {
        let count = partial.get(key)?;
        count.as_i64().or_else(|| count.as_str()?.parse().ok())
    });
    let message = partial.get("errorMessage").and_then(Json::as_str).unwrap_or_default();
    Some((count.unwrap_or_default(), message.to_owned()))
}

fn of_protobuf(signal: Signal, answer: &[u8]) -> Option<(i64, String)> {
    match signal {
        Signal::Traces => {
            let partial = ExportTraceServiceResponse::decode(answer).ok()?.partial_success?;
            Some((partial.rejected_spans, partial.error_message))
        }
        Signal::Logs => {
            let partial = ExportLogsServiceResponse::decode(answer).ok()?.partial_success?;
            Some((partial.rejected_log_records, partial.error_message))
        }
        Signal::Metrics => {
            let partial = ExportMetricsServiceResponse::decode(answer).ok()?.partial_success?;
            Some((partial.rejected_data_points, partial.error_message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_refuses_is_read_in_both_encodings() {
        for signal in [Signal::Traces, Signal::Logs, Signal::Metrics] {
            for encoding in [Encoding::Json, Encoding::Protobuf] {
                let answer = crate::encode_answer(signal, encoding, 3, "three are wrong");
                assert_eq!(refused(signal, encoding, &answer), (3, "three are wrong".into()));
                let answer = crate::encode_answer(signal, encoding, 0, "");
                assert_eq!(refused(signal, encoding, &answer), (0, String::new()));
            }
        }
    }
}
