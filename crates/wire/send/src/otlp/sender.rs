//! The OTLP sender for all signals.

use std::fmt;
use std::sync::Arc;

use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Uri};
use quipu_core::{Error, ErrorKind, Result, Retry};
use quipu_otlp::{Encoding, Signal, refused};

use super::grpc::Grpc;
use super::{Partial, Protocol, Refusal, Status, Target};
use crate::{Answer, Authorize, Compression, Http, HttpConfig};

const SIGNALS: [Signal; 3] = [Signal::Traces, Signal::Metrics, Signal::Logs];

/// Sends export requests over gRPC or HTTP, each signal to its own target. Signals with the same
/// configuration share their connections.
#[derive(Clone)]
pub struct OtlpSender {
    lines: [Option<Line>; 3],
}

#[derive(Clone)]
struct Line {
    url: String,
    protocol: Protocol,
    compression: Compression,
    client: Wire,
    authorize: Option<Arc<dyn Authorize>>,
}

#[derive(Clone)]
enum Wire {
    Grpc(Box<Grpc>, Uri),
    Http(Http),
}

impl fmt::Debug for OtlpSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpSender").finish_non_exhaustive()
    }
}

impl OtlpSender {
    /// Creates a sender for all three signals at one endpoint, such as `http://collector:4318`. It opens no
    /// connection yet.
    ///
    /// # Errors
    /// The address, a header or the TLS configuration is invalid.
    pub fn new(endpoint: &str, protocol: Protocol, connection: &HttpConfig) -> Result<Self> {
        let target = |signal| (signal, Target::below(endpoint, signal, protocol, connection));
        Self::with_targets(SIGNALS.map(target))
    }

    /// Creates a sender for the signals with a target. It opens no connection yet.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_targets(targets: impl IntoIterator<Item = (Signal, Target)>) -> Result<Self> {
        let mut made: Vec<(Target, Wire)> = Vec::new();
        let mut lines = [None, None, None];
        for (signal, target) in targets {
            let uri = address(&target.url, target.protocol)?;
            let shared = made.iter().find(|(other, _)| shares(other, &target)).map(|(_, wire)| wire.clone());
            let client = match shared {
                Some(Wire::Grpc(grpc, _)) => Wire::Grpc(grpc, uri),
                Some(http) => http,
                None if target.protocol == Protocol::Grpc => {
                    Wire::Grpc(Box::new(Grpc::new(&target.connection)?), uri)
                }
                None => Wire::Http(Http::new(&target.connection)?),
            };
            made.push((target.clone(), client.clone()));
            let Target { url, protocol, connection: HttpConfig { compression, .. }, authorize } = target;
            if let Some(line) = lines.get_mut(place(signal)) {
                *line = Some(Line { url, protocol, compression, client, authorize });
            }
        }
        Ok(Self { lines })
    }

    /// The encoding of a signal's bodies; `None` if the signal is not sent.
    pub fn encoding(&self, signal: Signal) -> Option<Encoding> {
        self.line(signal).map(|line| line.protocol.encoding())
    }

    /// The configured address of a signal; `None` if the signal is not sent.
    pub fn url(&self, signal: Signal) -> Option<&str> {
        self.line(signal).map(|line| line.url.as_str())
    }

    /// Sends one export request, encoded in [`Self::encoding`].
    ///
    /// # Errors
    /// No answer arrived, or it is an error answer. The error is classified as OTLP requires, with the wait
    /// that the server requests.
    pub async fn export(&self, signal: Signal, body: Vec<u8>) -> Result<Partial> {
        self.ask(signal, body).await?.map_err(|refusal| self.error(signal, &refusal))
    }

    /// Returns the error of an error answer. If expired credentials were rejected, new ones may be accepted,
    /// so a retry is allowed.
    pub fn error(&self, signal: Signal, refusal: &Refusal) -> Error {
        let error = refusal.error(operation(signal));
        let rights = self.line(signal).and_then(|line| line.authorize.as_ref());
        match rights {
            Some(rights) if refusal.is_denied() && rights.refused() => error.with_retry(Retry::Yes),
            _ => error,
        }
    }

    /// As [`Self::export`], but returns an error answer with its text, for diagnosis.
    ///
    /// # Errors
    /// No answer arrived.
    pub async fn ask(&self, signal: Signal, body: Vec<u8>) -> Result<std::result::Result<Partial, Refusal>> {
        let Some(line) = self.line(signal) else {
            let context = format!("{} are not sent to this target", signal.as_str());
            return Err(Error::new(ErrorKind::Unsupported, operation(signal), context));
        };
        match &line.client {
            Wire::Grpc(grpc, origin) => {
                let more = line.rights(&[]).await?;
                let answer = grpc.export(origin, signal, more, body).await?;
                Ok(answer
                    .map(|bytes| partial(signal, Encoding::Protobuf, &bytes))
                    .map_err(|status| Refusal::of_grpc(&status)))
            }
            Wire::Http(http) => line.post(http, signal, body).await,
        }
    }

    fn line(&self, signal: Signal) -> Option<&Line> {
        self.lines.get(place(signal))?.as_ref()
    }
}

impl Line {
    async fn rights(&self, body: &[u8]) -> Result<HeaderMap> {
        match &self.authorize {
            Some(rights) => rights.authorize(&self.url, body).await,
            None => Ok(HeaderMap::new()),
        }
    }

    async fn post(
        &self,
        http: &Http,
        signal: Signal,
        body: Vec<u8>,
    ) -> Result<std::result::Result<Partial, Refusal>> {
        let packed = self.compression.pack(body)?;
        let mut more = self.rights(&packed).await?;
        let encoding = self.protocol.encoding();
        let content_type = match encoding {
            Encoding::Protobuf => "application/x-protobuf",
            Encoding::Json => "application/json",
        };
        more.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Some(name) = self.compression.name() {
            more.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        let answer = http.send(Method::POST, &self.url, more, packed).await?;
        if !answer.is_success() {
            return Ok(Err(Refusal::of_http(&answer)));
        }
        if is_foreign(&answer) {
            return Ok(Err(Refusal { status: Status::Http(answer.status), said: String::new(), wait: None }));
        }
        Ok(Ok(partial(signal, encoding, &answer.body)))
    }
}

/// Returns whether an answer is not OTLP over HTTP. Sign-in pages and single-page applications answer 200 to
/// everything, and gRPC servers answer errors with 200 as well.
fn is_foreign(answer: &Answer) -> bool {
    let kind = answer.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_page = kind.starts_with("text/html") && answer.body.trim_ascii_start().starts_with(b"<");
    is_page || kind.starts_with("application/grpc")
}

fn partial(signal: Signal, encoding: Encoding, answer: &[u8]) -> Partial {
    let (rejected, message) = refused(signal, encoding, answer);
    Partial { rejected, message }
}

/// Returns whether two targets can share connections. gRPC and HTTP have different clients.
fn shares(one: &Target, other: &Target) -> bool {
    (one.protocol == Protocol::Grpc) == (other.protocol == Protocol::Grpc)
        && one.connection == other.connection
}

/// Checks an address. It may hold a secret, so an error contains at most its scheme.
fn address(url: &str, protocol: Protocol) -> Result<Uri> {
    let wrong =
        |what: &str| Error::new(ErrorKind::Invalid, "set up OTLP", format!("the address of a target {what}"));
    let uri: Uri = url.parse().map_err(|_| {
        wrong("is not a URL: expected http:// or https://, a host, and optionally a port and a path")
    })?;
    let is_login = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    match uri.scheme_str() {
        Some("http" | "https") if is_login && protocol == Protocol::Grpc => {
            Err(wrong("contains a name and a password: for gRPC, use the header authorization"))
        }
        Some("http" | "https") if uri.host().is_some_and(|host| !host.is_empty()) => Ok(uri),
        Some("http" | "https") => Err(wrong("has no host")),
        Some(other) => Err(wrong(&format!("begins with {other:?} instead of http:// or https://"))),
        None => Err(wrong("does not begin with http:// or https://")),
    }
}

const fn place(signal: Signal) -> usize {
    match signal {
        Signal::Traces => 0,
        Signal::Metrics => 1,
        Signal::Logs => 2,
    }
}

const fn operation(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "send spans",
        Signal::Metrics => "send metrics",
        Signal::Logs => "send logs",
    }
}
