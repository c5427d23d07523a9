//! Errors of a whole request, for HTTP and gRPC.

use axum::http::StatusCode;
use quipu_admission::Busy;
use quipu_core::{Error, ErrorKind, Retry};
use tonic::Code;

/// Seconds after which a client may retry if the queue was full.
const SOON: u32 = 1;
/// Seconds after which a client may retry if the store failed.
const LATER: u32 = 5;

/// An error answer. OTLP defines which ones may be repeated: 429 and 503, and in gRPC those with a
/// `RetryInfo`.
#[derive(Debug, Clone)]
pub(crate) struct ReceiverError {
    pub(crate) status: StatusCode,
    pub(crate) code: Code,
    /// The label of the request counter.
    pub(crate) outcome: &'static str,
    /// Seconds after which a retry may succeed; `None` if it cannot.
    pub(crate) retry_after: Option<u32>,
    pub(crate) message: String,
    /// Bytes that the request needs. It is set if the sender is below its share, so that waiting can help.
    pub(crate) lacks: Option<usize>,
}

impl ReceiverError {
    fn new(status: StatusCode, code: Code, outcome: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, outcome, retry_after: None, message: message.into(), lacks: None }
    }

    const fn after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Marks the error as one that waiting for `bytes` may solve.
    pub(crate) const fn for_lack_of(mut self, bytes: usize) -> Self {
        self.lacks = Some(bytes);
        self
    }

    /// The body is invalid.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::InvalidArgument, "malformed", message)
    }

    /// The content type or encoding is not supported.
    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::Unimplemented, "unsupported", message)
    }

    /// The method is not POST.
    pub(crate) fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, Code::Unimplemented, "method", "only POST is allowed here")
    }

    /// A limit is exceeded; the message names it.
    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, Code::ResourceExhausted, "too_large", message)
    }

    /// The body did not arrive in time.
    pub(crate) fn slow(seconds: u64) -> Self {
        Self::late(format!("the request did not arrive within {seconds} s (limit request_seconds)"))
    }

    /// The body arrived too slowly.
    pub(crate) fn late(message: impl Into<String>) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, Code::DeadlineExceeded, "timeout", message)
    }

    /// The queue is full now.
    pub(crate) fn busy(message: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, Code::ResourceExhausted, "busy", message).after(SOON)
    }

    /// The store does not accept the request now.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable, "unavailable", message).after(LATER)
    }

    /// An error that a retry does not solve.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, "failed", message)
    }

    /// Converts an error of the intake. Its text stays in the log, because it describes the server's disks
    /// and not the request.
    pub(crate) fn of_intake(error: &Error) -> Self {
        match (error.kind(), error.retry()) {
            // Without a backend the queue is full. A store names itself, and a second's wait frees no disk
            // space.
            (ErrorKind::Exhausted, _) if error.backend().is_none() => {
                Self::busy("the queue of the store is full now")
            }
            // An operator can repair the store, so the client should keep its data until then.
            (ErrorKind::Damaged, _) => Self::unavailable("the store is damaged"),
            (_, Retry::Yes) => Self::unavailable("the store cannot commit the request now"),
            (_, Retry::No | Retry::Exhausted) => Self::internal("the store cannot commit the request"),
        }
    }
}

impl From<Busy> for ReceiverError {
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
        let (queue, store) =
            (ReceiverError::of_intake(&full()), ReceiverError::of_intake(&full().of_backend("sqlite")));
        assert_eq!((queue.status, queue.retry_after), (StatusCode::TOO_MANY_REQUESTS, Some(SOON)));
        assert_eq!((store.status, store.retry_after), (StatusCode::SERVICE_UNAVAILABLE, Some(LATER)));
        let read_only = Error::new(ErrorKind::Denied, "write", "read-only").with_retry(Retry::Yes);
        assert_eq!(ReceiverError::of_intake(&read_only).status, StatusCode::SERVICE_UNAVAILABLE);
    }
}
