//! The OpenTelemetry 0.23 exporter with a list in place of its transports, to capture its output.

use std::fmt::Debug;
use std::net::ToSocketAddrs;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use legacy_opentelemetry::KeyValue;
use legacy_opentelemetry::trace::TraceError;
use legacy_opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use legacy_opentelemetry_jaeger as exporter;
use legacy_opentelemetry_sdk::Resource;
use legacy_opentelemetry_sdk::export::trace::{SpanData, SpanExporter as _};
use legacy_opentelemetry_sdk::runtime::{Runtime, RuntimeChannel, Tokio};
use legacy_opentelemetry_sdk::trace::Config;
use quipu_core::locks::Mutex;
use quipu_core::{Error, ErrorKind, Result};

/// The captured output.
#[derive(Debug, Clone, Default)]
struct Caught(Arc<Mutex<Vec<Vec<u8>>>>);

/// Encodes these spans as `emitBatch` messages of compact Thrift, in several packets if one would exceed
/// `most` bytes.
///
/// # Errors
/// A single span does not fit.
#[allow(deprecated, reason = "the whole exporter is deprecated; older installations need it")]
pub(super) fn packets(process: &[KeyValue], spans: Vec<SpanData>, most: usize) -> Result<Vec<Vec<u8>>> {
    let caught = Caught::default();
    let pipeline = exporter::new_agent_pipeline()
        .with_endpoint("127.0.0.1:6831")
        .with_max_packet_size(most)
        .with_auto_split_batch(true)
        .with_instrumentation_library_tags(false)
        .with_trace_config(of_process(process));
    export(pipeline.build_async_agent_exporter(caught.clone()), spans)?;
    Ok(std::mem::take(&mut *caught.0.lock()))
}

/// Encodes these spans as a `Batch` of binary Thrift, the body of a request to a collector.
///
/// # Errors
/// The exporter fails.
#[allow(deprecated, reason = "the whole exporter is deprecated; older installations need it")]
pub(super) fn body(process: &[KeyValue], spans: Vec<SpanData>) -> Result<Vec<u8>> {
    let caught = Caught::default();
    let pipeline = exporter::new_collector_pipeline()
        .with_endpoint("http://127.0.0.1:14268/api/traces")
        .with_http_client(caught.clone())
        .with_instrumentation_library_tags(false)
        .with_trace_config(of_process(process));
    export(pipeline.build_collector_exporter::<Caught>(), spans)?;
    let mut bodies = std::mem::take(&mut *caught.0.lock());
    bodies.pop().ok_or_else(|| failed("the exporter wrote nothing"))
}

fn of_process(process: &[KeyValue]) -> Config {
    Config::default().with_resource(Resource::new(process.iter().cloned()))
}

#[allow(deprecated, reason = "the whole exporter is deprecated; older installations need it")]
fn export(built: Result<exporter::Exporter, TraceError>, spans: Vec<SpanData>) -> Result<()> {
    let mut exporter = built.map_err(|cause| {
        failed("the exporter does not start: is one of the variables OTEL_EXPORTER_JAEGER_* invalid?")
            .caused_by(cause)
    })?;
    // The future never waits, because nothing is sent.
    match exporter.export(spans).now_or_never() {
        Some(Ok(())) => Ok(()),
        Some(Err(cause)) => Err(failed("the exporter returned an error").caused_by(cause)),
        None => Err(failed("the exporter waits unexpectedly")),
    }
}

fn failed(what: &str) -> Error {
    Error::new(ErrorKind::Internal, "write Thrift", what)
}

#[async_trait]
#[allow(deprecated, reason = "the whole exporter is deprecated; older installations need it")]
impl exporter::JaegerTraceRuntime for Caught {
    type Socket = ();

    fn create_socket<T: ToSocketAddrs>(&self, _: T) -> legacy_thrift::Result<()> {
        Ok(())
    }

    async fn write_to_socket(&self, (): &(), payload: Vec<u8>) -> legacy_thrift::Result<()> {
        self.0.lock().push(payload);
        Ok(())
    }
}

#[async_trait]
impl HttpClient for Caught {
    async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Bytes>, HttpError> {
        self.0.lock().push(request.into_body());
        Ok(Response::new(Bytes::new()))
    }
}

/// The exporter needs a runtime type; only its batch processor, which is not used, would run tasks on it.
impl Runtime for Caught {
    type Interval = <Tokio as Runtime>::Interval;
    type Delay = <Tokio as Runtime>::Delay;

    fn interval(&self, duration: Duration) -> Self::Interval {
        Tokio.interval(duration)
    }

    fn spawn(&self, future: BoxFuture<'static, ()>) {
        Tokio.spawn(future);
    }

    fn delay(&self, duration: Duration) -> Self::Delay {
        Tokio.delay(duration)
    }
}

impl RuntimeChannel for Caught {
    type Receiver<T: Debug + Send> = <Tokio as RuntimeChannel>::Receiver<T>;
    type Sender<T: Debug + Send> = <Tokio as RuntimeChannel>::Sender<T>;

    fn batch_message_channel<T: Debug + Send>(
        &self,
        capacity: usize,
    ) -> (Self::Sender<T>, Self::Receiver<T>) {
        Tokio.batch_message_channel(capacity)
    }
}
