//! Answers of an OTLP server.

use std::time::Duration;

use quipu_core::{Error, ErrorKind, Retry};
use quipu_otlp::RpcStatus;
use tonic::Code;

use crate::Answer;

/// The maximum length of a stored server text, in characters.
const WORDS: usize = 300;
/// The error texts of gRPC libraries for a message above their limit, which has no status of its own: Go's
/// and C's, tonic, Java's.
const TOO_LARGE: [&str; 3] = ["larger than max", "length too large", "exceeds maximum size"];
/// The longest wait that a server may request; longer ones are cut to it.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// The answer to an accepted request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Partial {
    /// Items that the server rejected for good; it does not say which.
    pub rejected: u64,
    /// The server's text about rejected items, or a warning if none were rejected. It may quote telemetry:
    /// not for logs.
    pub message: String,
}

/// A status of HTTP or of gRPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// HTTP's.
    Http(u16),
    /// gRPC's.
    Grpc(Code),
}

/// An error answer of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: Status,
    /// The server's text, cut to 300 characters and one line. It may quote telemetry: not for logs.
    pub said: String,
    /// The requested wait.
    pub wait: Option<Duration>,
}

impl Refusal {
    pub(crate) fn of_http(answer: &Answer) -> Self {
        let said = match answer.headers.get("content-type").and_then(|kind| kind.to_str().ok()) {
            Some(kind) if kind.starts_with("application/x-protobuf") => {
                RpcStatus::read(&answer.body).map(|status| status.message).unwrap_or_default()
            }
            _ => String::from_utf8_lossy(&answer.body).into_owned(),
        };
        let wait = crate::retry_after(&answer.headers);
        Self { status: Status::Http(answer.status), said: one_line(&said), wait }
    }

    pub(crate) fn of_grpc(status: &tonic::Status) -> Self {
        let asked = RpcStatus::read(status.details()).and_then(|details| details.retry_delay());
        let wait = asked.map(|wait| wait.min(LONGEST_WAIT));
        Self { status: Status::Grpc(status.code()), said: one_line(status.message()), wait }
    }

    /// Returns whether the credentials were rejected.
    pub const fn is_denied(&self) -> bool {
        matches!(
            self.status,
            Status::Http(401 | 403 | 407) | Status::Grpc(Code::Unauthenticated | Code::PermissionDenied)
        )
    }

    /// Returns whether the request was too large, so that a smaller one may be accepted.
    pub fn is_too_large(&self) -> bool {
        match self.status {
            Status::Http(status) => status == 413,
            Status::Grpc(Code::ResourceExhausted | Code::OutOfRange) => {
                let said = self.said.to_ascii_lowercase();
                TOO_LARGE.iter().any(|words| said.contains(words))
            }
            Status::Grpc(_) => false,
        }
    }

    /// Returns whether a part of the request may be accepted: it was too large or contains an invalid item.
    pub fn is_divisible(&self) -> bool {
        self.is_too_large()
            || matches!(
                self.status,
                Status::Http(400 | 422 | 500)
                    | Status::Grpc(Code::InvalidArgument | Code::Internal | Code::Unknown)
            )
    }

    /// Converts the answer to an error without the server's text. OTLP defines which errors may be repeated:
    /// <https://opentelemetry.io/docs/specs/otlp/#failures>,
    /// <https://opentelemetry.io/docs/specs/otlp/#failures-1>.
    pub fn error(&self, operation: &'static str) -> Error {
        let (kind, retry, text) = match self.status {
            Status::Http(status) => of_http(status),
            Status::Grpc(code) => of_grpc(code, self.wait.is_some()),
        };
        let (kind, retry, text) = match self.is_too_large() {
            true => (
                ErrorKind::Invalid,
                Retry::No,
                format!("{text}: the request is too large; a smaller one may be accepted"),
            ),
            false => (kind, retry, text),
        };
        let error = Error::new(kind, operation, text).with_retry(retry);
        match self.wait {
            Some(wait) if retry == Retry::Yes => error.with_retry_after(wait),
            _ => error,
        }
    }
}

fn of_http(status: u16) -> (ErrorKind, Retry, String) {
    if (200..300).contains(&status) {
        let text = format!("answered {status} with a web page or gRPC: no OTLP over HTTP at this address");
        return (ErrorKind::Unsupported, Retry::No, text);
    }
    let (kind, retry) = match status {
        429 => (ErrorKind::Exhausted, Retry::Yes),
        502..=504 => (ErrorKind::Unavailable, Retry::Yes),
        401 | 403 | 407 => (ErrorKind::Denied, Retry::No),
        404 | 410 => (ErrorKind::NotFound, Retry::No),
        500..=599 => (ErrorKind::Unavailable, Retry::No),
        _ => (ErrorKind::Invalid, Retry::No),
    };
    (kind, retry, format!("answered {status}"))
}

fn of_grpc(code: Code, told_when: bool) -> (ErrorKind, Retry, String) {
    let (kind, retry) = match code {
        Code::Unavailable
        | Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::DataLoss => (ErrorKind::Unavailable, Retry::Yes),
        Code::ResourceExhausted if told_when => (ErrorKind::Exhausted, Retry::Yes),
        Code::ResourceExhausted => (ErrorKind::Exhausted, Retry::No),
        Code::Unauthenticated | Code::PermissionDenied => (ErrorKind::Denied, Retry::No),
        Code::NotFound => (ErrorKind::NotFound, Retry::No),
        Code::Unimplemented => (ErrorKind::Unsupported, Retry::No),
        Code::Internal | Code::Unknown => (ErrorKind::Unavailable, Retry::No),
        _ => (ErrorKind::Invalid, Retry::No),
    };
    (kind, retry, format!("answered gRPC {code:?}"))
}

fn one_line(said: &str) -> String {
    let plain = said.chars().take(WORDS).map(|c| if c.is_control() { ' ' } else { c });
    plain.collect::<String>().trim().to_owned()
}
