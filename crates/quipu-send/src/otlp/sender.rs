//! The sender.

use std::fmt;
use std::sync::Arc;

use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Uri};
use quipu_core::{Error, ErrorKind, Result, Retry};
use quipu_otlp::{Encoding, Signal, refused};

use super::grpc::Grpc;
use super::{Partial, Protocol, Refusal, Status, Target};
use crate::{Answer, Authorize, Compression, Http, HttpSettings};

const SIGNALS: [Signal; 3] = [Signal::Traces, Signal::Metrics, Signal::Logs];

/// Sends export requests over gRPC or HTTP, each signal to its own target. Signals with the same settings share their connections.
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
    /// One for all three signals, at one endpoint such as `http://collector:4318`. Connects to nothing yet.
    ///
    /// # Errors
    /// The address, a header or the TLS settings are wrong.
    pub fn new(endpoint: &str, protocol: Protocol, connection: &HttpSettings) -> Result<Self> {
        let target = |signal| (signal, Target::below(endpoint, signal, protocol, connection));
        Self::with_targets(SIGNALS.map(target))
    }

    /// One for the signals that have a target. Connects to nothing yet.
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
            let Target { url, protocol, connection: HttpSettings { compression, .. }, authorize } = target;
            if let Some(line) = lines.get_mut(place(signal)) {
                *line = Some(Line { url, protocol, compression, client, authorize });
            }
        }
        Ok(Self { lines })
    }

    /// How bodies of a signal are to be written; `None` when it is not sent.
    pub fn encoding(&self, signal: Signal) -> Option<Encoding> {
        self.line(signal).map(|line| line.protocol.encoding())
    }

    /// The address that a signal goes to, as it was set; `None` when it is not sent.
    pub fn url(&self, signal: Signal) -> Option<&str> {
        self.line(signal).map(|line| line.url.as_str())
    }

    /// Sends one export request, written in [`Self::encoding`].
    ///
    /// # Errors
    /// Nobody answers, or the answer is no: classified as OTLP says, with the wait that the server asks for.
    pub async fn export(&self, signal: Signal, body: Vec<u8>) -> Result<Partial> {
        self.ask(signal, body).await?.map_err(|refusal| self.error(signal, &refusal))
    }

    /// The error of a server's no. Where rights expire and were refused, new ones may be let in: then it is worth another attempt.
    pub fn error(&self, signal: Signal, refusal: &Refusal) -> Error {
        let error = refusal.error(operation(signal));
        let rights = self.line(signal).and_then(|line| line.authorize.as_ref());
        match rights {
            Some(rights) if refusal.is_denied() && rights.refused() => error.with_retry(Retry::Yes),
            _ => error,
        }
    }

    /// As [`Self::export`], but gives a server's no with its words: for those who look what is wrong.
    ///
    /// # Errors
    /// Nobody answers.
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

/// A sign-in page or a single-page application that says 200 to everything has taken nothing, and neither has a server of gRPC, whose
/// refusals are 200 too.
fn is_foreign(answer: &Answer) -> bool {
    let kind = answer.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_page = kind.starts_with("text/html") && answer.body.trim_ascii_start().starts_with(b"<");
    is_page || kind.starts_with("application/grpc")
}

fn partial(signal: Signal, encoding: Encoding, answer: &[u8]) -> Partial {
    let (rejected, message) = refused(signal, encoding, answer);
    Partial { rejected, message }
}

/// Whether two targets may use the same connections: gRPC's client and HTTP's are different ones.
fn shares(one: &Target, other: &Target) -> bool {
    (one.protocol == Protocol::Grpc) == (other.protocol == Protocol::Grpc)
        && one.connection == other.connection
}

/// Checks an address. Its text may hold a secret, so an error tells no more than its scheme.
fn address(url: &str, protocol: Protocol) -> Result<Uri> {
    let wrong =
        |what: &str| Error::new(ErrorKind::Invalid, "set up OTLP", format!("the address of a target {what}"));
    let uri: Uri = url
        .parse()
        .map_err(|_| wrong("is not a URL: http:// or https://, a host, and perhaps a port and a path"))?;
    let is_login = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    match uri.scheme_str() {
        Some("http" | "https") if is_login && protocol == Protocol::Grpc => {
            Err(wrong("holds a name and a password: gRPC takes them as the header authorization"))
        }
        Some("http" | "https") if uri.host().is_some_and(|host| !host.is_empty()) => Ok(uri),
        Some("http" | "https") => Err(wrong("has no host")),
        Some(other) => Err(wrong(&format!("begins with {other:?}, and not with http:// or https://"))),
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
