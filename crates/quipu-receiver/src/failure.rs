//! Why a request as a whole is refused, in the terms of both transports.

use axum::http::StatusCode;
use quipu_admission::Busy;
use quipu_core::{Error, ErrorKind, Retry};
use tonic::Code;

/// Seconds after which a sender may come back when there was no room.
const SOON: u32 = 1;
/// Seconds after which a sender may come back when the store failed.
const LATER: u32 = 5;

/// A refusal. Which of them may be repeated follows OTLP: 429 and 503, and in gRPC those that carry a `RetryInfo`.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) code: Code,
    /// The request counter's label.
    pub(crate) outcome: &'static str,
    /// Seconds after which to try again, when that can help.
    pub(crate) retry_after: Option<u32>,
    pub(crate) message: String,
    /// Bytes that the request would have to hold: its sender holds less than its share, so that waiting for room can help.
    pub(crate) lacks: Option<usize>,
}

impl Failure {
    fn new(status: StatusCode, code: Code, outcome: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, outcome, retry_after: None, message: message.into(), lacks: None }
    }

    const fn after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The same, for want of room that may come back.
    pub(crate) const fn for_lack_of(mut self, bytes: usize) -> Self {
        self.lacks = Some(bytes);
        self
    }

    /// The body is not what it says it is.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::InvalidArgument, "malformed", message)
    }

    /// A content type or encoding that is not spoken here.
    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::Unimplemented, "unsupported", message)
    }

    /// Any method but POST.
    pub(crate) fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, Code::Unimplemented, "method", "only POST is allowed here")
    }

    /// Over a bound, which the message names.
    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, Code::ResourceExhausted, "too_large", message)
    }

    /// The body did not arrive in time.
    pub(crate) fn slow(seconds: u64) -> Self {
        Self::late(format!("the request did not arrive within {seconds} s (limit request_seconds)"))
    }

    /// The body came too slowly.
    pub(crate) fn late(message: impl Into<String>) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, Code::DeadlineExceeded, "timeout", message)
    }

    /// No room now.
    pub(crate) fn busy(message: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, Code::ResourceExhausted, "busy", message).after(SOON)
    }

    /// The store does not take it now.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable, "unavailable", message).after(LATER)
    }

    /// A fault that repeating does not mend.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, "failed", message)
    }

    /// What the intake's error means to the sender. Its words stay in our log: they are about our disks, not about the request.
    pub(crate) fn of_intake(error: &Error) -> Self {
        match (error.kind(), error.retry()) {
            // That is the queue's; a store says its name, and gets no room by a second's wait.
            (ErrorKind::Exhausted, _) if error.backend().is_none() => {
                Self::busy("no room to store the request now")
            }
            // Somebody will mend it: until then the sender is to keep what it has.
            (ErrorKind::Damaged, _) => Self::unavailable("the store is damaged"),
            (_, Retry::Yes) => Self::unavailable("the store cannot commit the request now"),
            (_, Retry::No | Retry::Exhausted) => Self::internal("the store cannot commit the request"),
        }
    }
}

impl From<Busy> for Failure {
    fn from(busy: Busy) -> Self {
        Self::busy(busy.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_without_room_is_another_thing_than_a_queue_without() {
        let full = || Error::new(ErrorKind::Exhausted, "write", "full");
        let (queue, store) = (Failure::of_intake(&full()), Failure::of_intake(&full().of_backend("sqlite")));
        assert_eq!((queue.status, queue.retry_after), (StatusCode::TOO_MANY_REQUESTS, Some(SOON)));
        assert_eq!((store.status, store.retry_after), (StatusCode::SERVICE_UNAVAILABLE, Some(LATER)));
        let read_only = Error::new(ErrorKind::Denied, "write", "read-only").with_retry(Retry::Yes);
        assert_eq!(Failure::of_intake(&read_only).status, StatusCode::SERVICE_UNAVAILABLE);
    }
}
