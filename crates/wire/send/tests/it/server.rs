//! Real servers within the process: OTLP over HTTP by axum, over gRPC by tonic, with and without TLS.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{LogsService, LogsServiceServer};
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tonic::codec::CompressionEncoding;

/// A received request.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The path, or the method of gRPC.
    pub path: String,
    /// Headers, or metadata.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Vec<u8>,
    /// The body as received; empty for gRPC.
    pub raw: Vec<u8>,
}

pub type Requests = Arc<Mutex<Vec<Seen>>>;

/// A server that ends when this value is dropped.
pub struct Server {
    /// `http://127.0.0.1:PORT`, or `https://localhost:PORT`.
    pub url: String,
    pub seen: Requests,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// OTLP over HTTP, answered by `say`.
    pub async fn http(say: impl Fn(&Seen) -> Response + Clone + Send + Sync + 'static) -> Self {
        Self::http_with(None, say).await
    }

    pub async fn http_with(
        tls: Option<TlsAcceptor>,
        say: impl Fn(&Seen) -> Response + Clone + Send + Sync + 'static,
    ) -> Self {
        let seen = Requests::default();
        let kept = Arc::clone(&seen);
        let router = Router::new().fallback(async move |request: Request| {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let packing = parts.headers.get("content-encoding").map(|name| name.to_str().unwrap().to_owned());
            let one = Seen {
                path: parts.uri.to_string(),
                headers: parts.headers,
                raw: body.to_vec(),
                body: unpacked(packing.as_deref(), &body),
            };
            let answer = say(&one);
            kept.lock().unwrap().push(one);
            answer
        });
        Self::start(router, seen, tls, 0).await
    }

    /// OTLP over gRPC. `say` returns the number of rejected records.
    pub async fn grpc(
        say: impl Fn(&Seen) -> Result<i64, tonic::Status> + Clone + Send + Sync + 'static,
    ) -> Self {
        Self::grpc_with(None, 4 << 20, say).await
    }

    pub async fn grpc_with(
        tls: Option<TlsAcceptor>,
        largest: usize,
        say: impl Fn(&Seen) -> Result<i64, tonic::Status> + Clone + Send + Sync + 'static,
    ) -> Self {
        let seen = Requests::default();
        let service = Grpc { seen: Arc::clone(&seen), say };
        macro_rules! open {
            ($server:ident) => {
                $server::new(service.clone())
                    .accept_compressed(CompressionEncoding::Gzip)
                    .accept_compressed(CompressionEncoding::Zstd)
                    .send_compressed(CompressionEncoding::Gzip)
                    .max_decoding_message_size(largest)
            };
        }
        let routes = tonic::service::Routes::new(open!(TraceServiceServer))
            .add_service(open!(LogsServiceServer))
            .add_service(open!(MetricsServiceServer));
        Self::start(routes.into_axum_router(), seen, tls, 0).await
    }

    /// A gRPC server at this port, which accepts everything.
    pub async fn again(port: u16) -> Self {
        let seen = Requests::default();
        let service = Grpc { seen: Arc::clone(&seen), say: |_: &Seen| Ok(0) };
        let routes = tonic::service::Routes::new(TraceServiceServer::new(service));
        Self::start(routes.into_axum_router(), seen, None, port).await
    }

    async fn start(router: Router, seen: Requests, tls: Option<TlsAcceptor>, port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = match tls {
            Some(_) => format!("https://localhost:{port}"),
            None => format!("http://127.0.0.1:{port}"),
        };
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (router, tls) = (router.clone(), tls.clone());
                connections.spawn(async move {
                    let service = TowerToHyperService::new(router);
                    let server = Builder::new(TokioExecutor::new());
                    match tls {
                        None => {
                            server.serve_connection(TokioIo::new(stream), service).await.unwrap_or_default()
                        }
                        // The client's test checks a failed handshake.
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                server
                                    .serve_connection(TokioIo::new(stream), service)
                                    .await
                                    .unwrap_or_default();
                            }
                        }
                    }
                });
            }
        });
        Self { url, seen, task }
    }

    pub fn requests(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

fn unpacked(packing: Option<&str>, body: &Bytes) -> Vec<u8> {
    match packing {
        None => body.to_vec(),
        Some("gzip") => {
            let mut plain = Vec::new();
            std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&body[..]), &mut plain).unwrap();
            plain
        }
        Some("zstd") => zstd::decode_all(&body[..]).unwrap(),
        Some(other) => panic!("{other}"),
    }
}

/// An answer with only a status.
pub fn status(status: u16) -> Response {
    StatusCode::from_u16(status).unwrap().into_response()
}

/// 200, with no rejected items.
pub fn taken() -> Response {
    ([("content-type", "application/x-protobuf")], Body::empty()).into_response()
}

#[derive(Clone)]
struct Grpc<F> {
    seen: Requests,
    say: F,
}

impl<F: Fn(&Seen) -> Result<i64, tonic::Status>> Grpc<F> {
    fn answer<T: prost::Message>(
        &self,
        path: &str,
        request: tonic::Request<T>,
    ) -> Result<i64, tonic::Status> {
        let headers = request.metadata().clone().into_headers();
        let body = request.into_inner().encode_to_vec();
        let one = Seen { path: path.to_owned(), headers, body, raw: Vec::new() };
        let answer = (self.say)(&one);
        self.seen.lock().unwrap().push(one);
        answer
    }
}

#[tonic::async_trait]
impl<F: Fn(&Seen) -> Result<i64, tonic::Status> + Send + Sync + 'static> TraceService for Grpc<F> {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        let rejected_spans = self.answer("traces", request)?;
        let partial =
            ExportTracePartialSuccess { rejected_spans, error_message: "some are too old".to_owned() };
        let partial_success = (rejected_spans > 0).then_some(partial);
        Ok(tonic::Response::new(ExportTraceServiceResponse { partial_success }))
    }
}

#[tonic::async_trait]
impl<F: Fn(&Seen) -> Result<i64, tonic::Status> + Send + Sync + 'static> LogsService for Grpc<F> {
    async fn export(
        &self,
        request: tonic::Request<ExportLogsServiceRequest>,
    ) -> Result<tonic::Response<ExportLogsServiceResponse>, tonic::Status> {
        self.answer("logs", request)?;
        Ok(tonic::Response::new(ExportLogsServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl<F: Fn(&Seen) -> Result<i64, tonic::Status> + Send + Sync + 'static> MetricsService for Grpc<F> {
    async fn export(
        &self,
        request: tonic::Request<ExportMetricsServiceRequest>,
    ) -> Result<tonic::Response<ExportMetricsServiceResponse>, tonic::Status> {
        self.answer("metrics", request)?;
        Ok(tonic::Response::new(ExportMetricsServiceResponse::default()))
    }
}
