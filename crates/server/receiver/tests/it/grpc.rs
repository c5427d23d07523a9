//! Tests of gRPC over a real socket, with the client that OpenTelemetry generates.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::trace::v1::Span;
use quipu_core::{ErrorKind, Limits};
use tonic::Code;
use tonic::codec::CompressionEncoding;
use tonic::transport::Channel;

use super::World;
use super::bodies::{request, span, with_text};
use super::serve::Server;

async fn connect(world: &World) -> (Server, Channel) {
    let server = Server::start(world).await;
    let channel =
        Channel::from_shared(format!("http://{}", server.address)).unwrap().connect().await.unwrap();
    (server, channel)
}

#[tokio::test]
async fn every_compression_and_signal() {
    let world = World::new(Limits::default());
    let (server, channel) = connect(&world).await;
    let plain = TraceServiceClient::new(channel.clone());
    for mut client in [
        plain.clone(),
        plain.clone().send_compressed(CompressionEncoding::Gzip),
        plain.send_compressed(CompressionEncoding::Zstd),
    ] {
        let answer = client.export(request(vec![with_text("x".repeat(100_000)), span()])).await.unwrap();
        assert_eq!(answer.into_inner().partial_success, None);
    }
    assert_eq!(world.spans().len(), 6);

    let scope_logs = vec![ScopeLogs { log_records: vec![LogRecord::default()], ..Default::default() }];
    let resource_logs = vec![ResourceLogs { scope_logs, ..Default::default() }];
    LogsServiceClient::new(channel.clone()).export(ExportLogsServiceRequest { resource_logs }).await.unwrap();
    MetricsServiceClient::new(channel.clone()).export(ExportMetricsServiceRequest::default()).await.unwrap();
    assert_eq!(world.intake.batches.lock().unwrap().iter().map(|batch| batch.events.len()).sum::<usize>(), 1);
    assert_eq!(world.count("quipu_received_requests_total{signal=traces,transport=grpc,outcome=ok}"), 3);
    drop(channel);
    server.stop().await;
}

#[tokio::test]
async fn bad_spans_are_named() {
    let world = World::new(Limits::default());
    let (_server, channel) = connect(&world).await;
    let spans = vec![span(), Span { trace_id: vec![], ..span() }];
    let answer = TraceServiceClient::new(channel).export(request(spans)).await.unwrap().into_inner();
    let partial = answer.partial_success.unwrap();
    assert_eq!(partial.rejected_spans, 1);
    assert!(partial.error_message.contains("spans[1] span 0202020202020202: trace id is missing"));
}

#[tokio::test]
async fn failures_tell_whether_to_come_back() {
    let world = World::new(Limits { body_bytes: 1 << 20, decompressed_bytes: 2 << 20, ..Default::default() });
    let (_server, channel) = connect(&world).await;
    let mut client = TraceServiceClient::new(channel);
    for (kind, code, told) in [
        (ErrorKind::Exhausted, Code::ResourceExhausted, true),
        (ErrorKind::Unavailable, Code::Unavailable, true),
        (ErrorKind::Damaged, Code::Unavailable, true),
        (ErrorKind::Internal, Code::Internal, false),
    ] {
        *world.intake.fail.lock().unwrap() = Some(kind);
        let status = client.export(request(vec![span()])).await.unwrap_err();
        assert_eq!(status.code(), code);
        let retry_info = b"google.rpc.RetryInfo";
        assert_eq!(
            status.details().windows(retry_info.len()).any(|part| part == retry_info),
            told,
            "{kind:?}"
        );
    }
    let status = client.export(request(vec![with_text("x".repeat(2 << 20))])).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.details().is_empty(), "not to be repeated");
    let mut client = client.send_compressed(CompressionEncoding::Gzip);
    let status = client.export(request(vec![with_text("x".repeat(20 << 20))])).await.unwrap_err();
    assert!(status.message().contains("limit decompressed_bytes"), "{status}");
}

#[tokio::test]
async fn what_is_no_call_is_refused() {
    let world = World::new(Limits::default());
    let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    for body in [&b""[..], b"\0\0\0", b"\0\0\0\0\x05abc", b"\x07\0\0\0\0", b"\0\0\0\0\x02\x0a\x7f"] {
        let answer = world.post(path, &[("content-type", "application/grpc")], body.to_vec()).await;
        assert_eq!((answer.status.as_u16(), answer.header("grpc-status")), (200, "3"), "{body:?}");
    }
    let headers = [("content-type", "application/grpc"), ("grpc-encoding", "snappy")];
    let answer = world.post(path, &headers, b"\x01\0\0\0\0".to_vec()).await;
    assert_eq!(answer.header("grpc-status"), "12");
    assert_eq!(answer.header("grpc-accept-encoding"), "identity,gzip,deflate,zstd");
    assert_eq!(world.post(path, &[("content-type", "application/json")], "{}").await.status.as_u16(), 415);
}
