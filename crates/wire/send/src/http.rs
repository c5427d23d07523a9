//! An HTTP client for HTTP/1.1 and HTTP/2.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use flate2::write::GzEncoder;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use http_body_util::Full;
use hyper_util::client::proxy::matcher::Matcher;
use quipu_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::wire::Wire;
use crate::{Answer, Incoming, Secret, Tls, address};

/// Bytes of an answer that are kept; the rest is read and discarded.
const KEPT: usize = 1 << 20;
/// The timeout of a connection, in milliseconds.
pub(crate) const CONNECT_MS: u64 = 10_000;
/// The user agent.
pub(crate) const AGENT: &str = concat!("quipu/", env!("CARGO_PKG_VERSION"));

/// The compression of request bodies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// No compression.
    #[default]
    None,
    /// gzip, level 6.
    Gzip,
    /// zstd, level 3.
    Zstd,
}

impl Compression {
    /// The name in `Content-Encoding` and `grpc-encoding`; `None` for plain bodies.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
        }
    }

    /// Compresses a body.
    ///
    /// # Errors
    /// Memory is short.
    pub fn pack(self, body: Vec<u8>) -> Result<Vec<u8>> {
        let packed = match self {
            Self::None => return Ok(body),
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Default::default());
                encoder.write_all(&body).and_then(|()| encoder.finish())
            }
            Self::Zstd => zstd::bulk::compress(&body, zstd::DEFAULT_COMPRESSION_LEVEL),
        };
        packed.map_err(|cause| Error::new(ErrorKind::Internal, "pack", "the body").caused_by(cause))
    }
}

/// Configuration of HTTP requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Headers of every request, such as `authorization`.
    pub headers: BTreeMap<String, Secret>,
    /// The timeout of a request including its answer, in milliseconds.
    pub timeout_ms: u64,
    /// TLS.
    pub tls: Tls,
    /// The compression of bodies.
    pub compression: Compression,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            headers: BTreeMap::new(),
            timeout_ms: 10_000,
            tls: Tls::default(),
            compression: Compression::default(),
        }
    }
}

/// A client with its connection pools. It follows no redirect, because a body may hold secrets.
#[derive(Debug, Clone)]
pub struct Http {
    wire: Arc<Wire>,
    headers: HeaderMap,
    timeout: Duration,
    compression: Compression,
}

impl Http {
    /// Creates a client without a connection. Proxies are those of `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`
    /// and `NO_PROXY`.
    ///
    /// # Errors
    /// A header or the TLS configuration is invalid.
    pub fn new(settings: &HttpConfig) -> Result<Self> {
        let timeout = Duration::from_millis(settings.timeout_ms);
        let connect = timeout.min(Duration::from_millis(CONNECT_MS));
        let mut headers = headers(&settings.headers)?;
        headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(AGENT));
        Ok(Self {
            wire: Arc::new(Wire::new(settings.tls.client()?, connect, Matcher::from_env())),
            headers,
            timeout,
            compression: settings.compression,
        })
    }

    /// Posts a body, compressed as configured, and returns any answer.
    ///
    /// # Errors
    /// No answer arrived in time; a retry may help. The text contains no address.
    pub async fn post(
        &self,
        url: &str,
        content_type: &'static str,
        mut more: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Answer> {
        more.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Some(name) = self.compression.name() {
            more.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        self.send(Method::POST, url, more, self.compression.pack(body)?).await
    }

    /// Sends a GET request.
    ///
    /// # Errors
    /// As [`Self::post`].
    pub async fn get(&self, url: &str) -> Result<Answer> {
        self.send(Method::GET, url, HeaderMap::new(), Vec::new()).await
    }

    /// Sends a PUT request with an uncompressed body.
    ///
    /// # Errors
    /// As [`Self::post`].
    pub async fn put(&self, url: &str, content_type: &'static str, body: Vec<u8>) -> Result<Answer> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        self.send(Method::PUT, url, headers, body).await
    }

    /// Sends any request with an uncompressed body. `more` overrides the configured headers. A name and
    /// password in the address become the header `authorization`.
    ///
    /// # Errors
    /// As [`Self::post`], or the address is invalid.
    pub async fn send(&self, method: Method, url: &str, more: HeaderMap, body: Vec<u8>) -> Result<Answer> {
        let answer = async {
            let mut incoming = self.open(method, url, more, body).await?;
            let mut body = BytesMut::new();
            while let Some(piece) = incoming.piece().await? {
                let room = KEPT.saturating_sub(body.len()).min(piece.len());
                body.extend_from_slice(piece.get(..room).unwrap_or_default());
            }
            Ok(Answer { status: incoming.status, headers: incoming.headers, body: body.freeze() })
        };
        let answered = tokio::time::timeout(self.timeout, answer).await;
        answered.unwrap_or_else(|_| Err(Error::new(ErrorKind::Unavailable, "send", "no answer in time")))
    }

    /// As [`Self::send`], but without a timeout, and the caller reads the body of the answer.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn open(&self, method: Method, url: &str, more: HeaderMap, body: Vec<u8>) -> Result<Incoming> {
        let (parts, body) = self.wire.send(self.request(method, url, more, body)?).await?.into_parts();
        Ok(Incoming { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    fn request(
        &self,
        method: Method,
        url: &str,
        more: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Request<Full<Bytes>>> {
        let (uri, login) = address::read(url)?;
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = method;
        *request.headers_mut() = self.headers.clone();
        if let Some(login) = login {
            request.headers_mut().entry(AUTHORIZATION).or_insert(login);
        }
        request.headers_mut().extend(more);
        *request.uri_mut() = uri;
        Ok(request)
    }
}

pub(crate) fn headers(said: &BTreeMap<String, Secret>) -> Result<HeaderMap> {
    let wrong = |what: String| Error::new(ErrorKind::Invalid, "set up HTTP", what);
    let mut map = HeaderMap::with_capacity(said.len());
    for (name, value) in said {
        let key = HeaderName::try_from(name.as_str())
            .map_err(|_| wrong(format!("{name:?} is not a valid header name")))?;
        let mut value = HeaderValue::from_str(value.expose())
            .map_err(|_| wrong(format!("the value of header {name} cannot be sent")))?;
        value.set_sensitive(true);
        map.insert(key, value);
    }
    Ok(map)
}
