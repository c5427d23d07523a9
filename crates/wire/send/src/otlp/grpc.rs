//! OTLP/gRPC: tonic over a pool of HTTP/2 connections. `quipu-otlp` encodes the messages.

use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use http::header::USER_AGENT;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use quipu_core::{Error, ErrorKind, Result};
use quipu_otlp::Signal;
use tonic::body::Body;
use tonic::codec::{BufferSettings, Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::{Request, Status};

use crate::cause::deepest;
use crate::http::{AGENT, CONNECT_MS, headers};
use crate::wire::SILENCE;
use crate::{Compression, HttpConfig};

/// A gRPC client with its connections. It does not support proxies.
#[derive(Clone)]
pub(crate) struct Grpc {
    client: Client<HttpsConnector<HttpConnector>, Body>,
    headers: HeaderMap,
    timeout: Duration,
    compression: Compression,
}

impl Grpc {
    /// Creates a client without a connection.
    pub(crate) fn new(settings: &HttpConfig) -> Result<Self> {
        let timeout = Duration::from_millis(settings.timeout_ms);
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(timeout.min(Duration::from_millis(CONNECT_MS))));
        let tls = HttpsConnectorBuilder::new().with_tls_config(settings.tls.client()?);
        let client = Client::builder(TokioExecutor::new())
            .http2_only(true)
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .http2_adaptive_window(true)
            .http2_keep_alive_interval(SILENCE)
            .http2_keep_alive_timeout(SILENCE)
            .build(tls.https_or_http().enable_http2().wrap_connector(tcp));
        let mut headers = headers(&settings.headers)?;
        headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(AGENT));
        Ok(Self { client, headers, timeout, compression: settings.compression })
    }

    /// Calls `Export` of the signal's service.
    ///
    /// # Errors
    /// No answer arrived in time.
    pub(crate) async fn export(
        &self,
        origin: &Uri,
        signal: Signal,
        more: HeaderMap,
        body: Vec<u8>,
    ) -> Result<std::result::Result<Bytes, Status>> {
        let mut call = tonic::client::Grpc::with_origin(self.client.clone(), origin.clone())
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd);
        call = match self.compression {
            Compression::None => call,
            Compression::Gzip => call.send_compressed(CompressionEncoding::Gzip),
            Compression::Zstd => call.send_compressed(CompressionEncoding::Zstd),
        };
        let mut all = self.headers.clone();
        all.extend(more);
        let room = body.len();
        let mut request = Request::from_parts(MetadataMap::from_headers(all), Default::default(), body);
        request.set_timeout(self.timeout);
        let unary = call.unary(request, method(signal), Raw { room });
        match tokio::time::timeout(self.timeout, unary).await {
            Err(_) => Err(Error::new(ErrorKind::Unavailable, "send", "no answer in time")),
            Ok(Ok(response)) => Ok(Ok(response.into_inner())),
            // A status with a cause was made by the client itself: no server answered.
            Ok(Err(status)) => match std::error::Error::source(&status) {
                Some(cause) => {
                    Err(Error::new(ErrorKind::Unavailable, "send", "cannot connect, or the connection broke")
                        .caused_by(deepest(cause)))
                }
                None => Ok(Err(status)),
            },
        }
    }
}

fn method(signal: Signal) -> PathAndQuery {
    PathAndQuery::from_static(match signal {
        Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        Signal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    })
}

/// A codec that passes messages unchanged.
struct Raw {
    /// The size of the request in bytes.
    room: usize,
}

struct Write {
    room: usize,
}

struct Read;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Bytes;
    type Encoder = Write;
    type Decoder = Read;

    fn encoder(&mut self) -> Write {
        Write { room: self.room }
    }

    fn decoder(&mut self) -> Read {
        Read
    }
}

impl Encoder for Write {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, body: Vec<u8>, into: &mut EncodeBuf<'_>) -> std::result::Result<(), Status> {
        into.put_slice(&body);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        let standard = 8 << 10;
        BufferSettings::new(self.room.saturating_add(16).max(standard), 32 << 10)
    }
}

impl Decoder for Read {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> std::result::Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
