//! Error answers in the form of each protocol.

use axum::body::Body;
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use quipu_core::{Error, ErrorKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::register::RegisterError;

/// The page that explains the kinds of problems.
const EXPLAINED: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/guide/access.md#");
/// The supported authentication scheme (RFC 6750 section 3).
const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"quipu\"");
/// The characters that `grpc-message` has to escape (gRPC over HTTP/2, "Responses").
const GRPC_TEXT: &AsciiSet = &CONTROLS.add(b'%');

/// An error as `application/problem+json` (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AccessProblem)]
pub struct Problem {
    /// URI of the kind of problem.
    pub r#type: String,
    /// The title of the kind.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// The cause, and what the request should contain.
    pub detail: String,
}

/// The error answer of a rejected request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    status: StatusCode,
    word: &'static str,
    title: &'static str,
    detail: String,
    wait: Option<u64>,
}

impl Refusal {
    pub fn new(
        status: StatusCode,
        word: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { status, word, title, detail: detail.into(), wait: None }
    }

    /// 401: the credentials are missing or not valid.
    pub fn unknown(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Authentication required", detail)
    }

    /// 403: the principal lacks a permission.
    pub fn denied(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "denied", "Not allowed", detail)
    }

    /// 403: the user has to change the initial password first.
    pub fn initial_password() -> Self {
        let detail = "Your password is an initial one. Change it first: POST /api/v1/me/password, or the \
            page that the dashboard shows.";
        let title = "Change your password first";
        Self::new(StatusCode::FORBIDDEN, "password-change-required", title, detail)
    }

    /// 400: the request holds an invalid value.
    pub fn bad(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", "Bad request", detail)
    }

    /// 429: the client has to wait this many nanoseconds.
    pub fn wait(nanos: i64, detail: &str) -> Self {
        let seconds = u64::try_from(nanos).unwrap_or(0).div_ceil(1_000_000_000).max(1);
        let detail = format!("{detail} Try again in {seconds} s.");
        let refusal =
            Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-attempts", "Too many attempts", detail);
        Self { wait: Some(seconds), ..refusal }
    }

    /// 503: the register cannot be read or written.
    pub fn failed(error: &Error) -> Self {
        tracing::error!(operation = error.operation(), %error, "the register of access failed");
        let detail = "The server cannot read or write its register of keys and users; its log says why.";
        Self { wait: Some(1), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not now", detail) }
    }

    /// 503: the audit entry cannot be written, so the action is not performed.
    pub fn unnoted(error: &Error) -> Self {
        tracing::error!(%error, "a request was rejected because its audit entry cannot be written");
        let detail = "The audit entry cannot be written, and [audit] required = true rejects requests \
            without one; the server's log says why.";
        let title = "Audit log not writable";
        Self {
            wait: Some(5),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "audit-unavailable", title, detail)
        }
    }

    /// 503: the server stops before the request is complete.
    pub fn stopping() -> Self {
        Self::later("The server is stopping.")
    }

    /// 503: the client should try again later.
    pub fn later(detail: impl Into<String>) -> Self {
        Self { wait: Some(1), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not now", detail) }
    }

    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The label of the error in the metrics.
    pub const fn word(&self) -> &'static str {
        self.word
    }

    /// Converts the error to gRPC: HTTP 200 with the status in the trailers, which an answer without a body
    /// sends as headers.
    pub fn into_grpc(self) -> Response {
        let code = match self.status {
            StatusCode::UNAUTHORIZED => "16",
            StatusCode::FORBIDDEN => "7",
            StatusCode::NOT_FOUND => "5",
            StatusCode::BAD_REQUEST => "3",
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => "14",
            _ => "13",
        };
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert("grpc-status", HeaderValue::from_static(code));
        let said = utf8_percent_encode(&self.detail, GRPC_TEXT).to_string();
        if let Ok(said) = HeaderValue::from_str(&said) {
            headers.insert("grpc-message", said);
        }
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let problem = Problem {
            r#type: format!("{EXPLAINED}{}", self.word),
            title: self.title.into(),
            status: self.status.as_u16(),
            detail: self.detail,
        };
        let mut response = (self.status, axum::Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, CHALLENGE);
        }
        if let Some(wait) = self.wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        secure(headers);
        response
    }
}

impl From<RegisterError> for Refusal {
    fn from(error: RegisterError) -> Self {
        let said = format!("{error}.");
        match error {
            RegisterError::Taken(..) | RegisterError::Full(..) => {
                Self::new(StatusCode::CONFLICT, "conflict", "Already there", said)
            }
            RegisterError::Missing(..) => Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", said),
            RegisterError::Bad(_) => Self::bad(said),
            RegisterError::Store(error) => Self::from(error),
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::Invalid => Self::bad(format!("{}.", error.context())),
            _ => Self::failed(&error),
        }
    }
}

/// Sets the headers of a private data answer: no caching, no type sniffing, no frames.
pub fn secure(headers: &mut HeaderMap) {
    const FIXED: [(HeaderName, &str); 6] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
