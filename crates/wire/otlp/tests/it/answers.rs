//! Answers in both encodings.

use opentelemetry_proto::tonic::collector::{logs::v1 as logs, metrics::v1 as metrics, trace::v1 as trace};
use prost::Message;
use quipu_otlp::{Encoding, Signal, encode_answer, encode_status, retry_details};

#[test]
fn full_success_has_no_partial_success() {
    for signal in [Signal::Traces, Signal::Metrics, Signal::Logs] {
        assert_eq!(encode_answer(signal, Encoding::Protobuf, 0, ""), b"");
        assert_eq!(encode_answer(signal, Encoding::Json, 0, ""), b"{}");
    }
}

#[test]
fn partial_success_counts_and_explains() {
    let protobuf = |signal| encode_answer(signal, Encoding::Protobuf, 3, "why");
    let spans = trace::ExportTraceServiceResponse::decode(&*protobuf(Signal::Traces))
        .unwrap()
        .partial_success
        .unwrap();
    assert_eq!((spans.rejected_spans, spans.error_message.as_str()), (3, "why"));
    let points = metrics::ExportMetricsServiceResponse::decode(&*protobuf(Signal::Metrics))
        .unwrap()
        .partial_success
        .unwrap();
    assert_eq!((points.rejected_data_points, points.error_message.as_str()), (3, "why"));
    let records =
        logs::ExportLogsServiceResponse::decode(&*protobuf(Signal::Logs)).unwrap().partial_success.unwrap();
    assert_eq!((records.rejected_log_records, records.error_message.as_str()), (3, "why"));

    for (signal, field) in [
        (Signal::Traces, "rejectedSpans"),
        (Signal::Metrics, "rejectedDataPoints"),
        (Signal::Logs, "rejectedLogRecords"),
    ] {
        let json: serde_json::Value =
            serde_json::from_slice(&encode_answer(signal, Encoding::Json, 3, "why")).unwrap();
        assert_eq!(json, serde_json::json!({"partialSuccess": {field: "3", "errorMessage": "why"}}));
    }
}

#[test]
fn errors_are_google_rpc_status() {
    assert_eq!(encode_status(3, "no", Encoding::Protobuf), [0x08, 3, 0x12, 2, b'n', b'o']);
    assert_eq!(encode_status(3, "no", Encoding::Json), br#"{"code":3,"message":"no"}"#);
    let details = retry_details(8, "full", 5);
    assert!(details.ends_with(&[0x12, 4, 0x0a, 2, 0x08, 5]), "RetryInfo with five seconds: {details:?}");
}
