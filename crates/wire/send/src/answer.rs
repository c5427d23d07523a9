//! HTTP answers, and the errors that they mean for a sender.

use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderMap, RETRY_AFTER};
use http_body_util::BodyExt as _;
use quipu_core::{Error, ErrorKind, Result, Retry};

use crate::cause::deepest;

/// The longest wait that an answer may request; longer ones are cut to it.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// An answer that was read completely.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, cut at the limit of the client.
    pub body: Bytes,
}

/// An answer whose body is read in pieces.
#[derive(Debug)]
pub struct Incoming {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    pub(crate) body: hyper::body::Incoming,
}

impl Incoming {
    /// Returns the next piece of the body, and `None` at its end.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn piece(&mut self) -> Result<Option<Bytes>> {
        while let Some(frame) = self.body.frame().await {
            let broke = |error| {
                Error::new(ErrorKind::Unavailable, "send", "the connection broke").caused_by(deepest(&error))
            };
            if let Ok(piece) = frame.map_err(broke)?.into_data() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }
}

impl Answer {
    /// Returns whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Converts a status outside 2xx to an error. 408, 425, 429 and 5xx except 501 may be repeated, after the
    /// time in `Retry-After` if the answer has one. Sources:
    /// <https://opentelemetry.io/docs/specs/otlp/#failures-1>,
    /// <https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3>.
    pub fn error(&self, operation: &'static str) -> Error {
        let (kind, retry) = match self.status {
            401 | 403 | 407 => (ErrorKind::Denied, Retry::No),
            404 | 410 => (ErrorKind::NotFound, Retry::No),
            408 | 425 | 502 | 503 | 504 => (ErrorKind::Unavailable, Retry::Yes),
            429 | 507 => (ErrorKind::Exhausted, Retry::Yes),
            501 => (ErrorKind::Unsupported, Retry::No),
            500..=599 => (ErrorKind::Unavailable, Retry::Yes),
            _ => (ErrorKind::Invalid, Retry::No),
        };
        let error = Error::new(kind, operation, format!("answered {}", self.status)).with_retry(retry);
        match retry_after(&self.headers) {
            Some(wait) if retry == Retry::Yes => error.with_retry_after(wait),
            _ => error,
        }
    }
}

/// The wait in `Retry-After`: seconds or a date.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
            at.duration_since(jiff::Timestamp::now()).try_into().unwrap_or_default()
        }
    };
    Some(wait.min(LONGEST_WAIT))
}
