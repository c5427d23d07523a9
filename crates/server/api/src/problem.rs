//! Errors as problem details (RFC 9457).

use std::any::Any;

use crate::json::Json;
use crate::paths::without_paths;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use quipu_core::{Error, ErrorKind, MEMORY, Retry};
use quipu_query::ParamError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Media type of problem details.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";
/// Guide to the types of problems.
const EXPLAINED: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/guide/http-api.md#");

/// An error, as `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// URI of the kind of problem.
    pub r#type: String,
    /// The kind in words.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Error text: the value, its place, and the expected form.
    pub detail: String,
    /// Position of the error in characters, for an invalid filter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
}

impl Problem {
    /// A problem of a kind. The kind's word is an anchor in the guide.
    pub fn new(status: StatusCode, word: &str, title: &str, detail: impl Into<String>) -> Self {
        let r#type = format!("{EXPLAINED}{}", word.replace('_', "-"));
        Self {
            r#type,
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            position: None,
        }
    }

    /// Whether a later attempt may succeed, after other answers free their memory.
    pub(crate) fn is_busy(&self) -> bool {
        self.status == StatusCode::SERVICE_UNAVAILABLE.as_u16() && self.r#type.ends_with("#busy")
    }

    /// A named resource does not exist.
    pub(crate) fn not_found(title: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", title, detail)
    }

    /// A path or body cannot be parsed.
    pub(crate) fn bad_request(title: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", title, detail)
    }

    /// Too much memory is in use for the answer.
    pub(crate) fn busy(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Too little memory for the answer", detail)
    }

    /// The server failed.
    pub(crate) fn internal() -> Self {
        let detail = "The server failed while answering; its log says where.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
    }

    /// The answer to a panic. The payload is only in the log of the panic hook, because it may contain data.
    pub(crate) fn of_panic(_payload: Box<dyn Any + Send>) -> Response {
        Self::internal().into_response()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut told = self;
        if status.is_server_error() {
            told.detail = without_paths(&told.detail);
        }
        let mut response = (status, Json(told)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<ParamError> for Problem {
    fn from(error: ParamError) -> Self {
        let title = match error {
            ParamError::Unknown { .. } => "Unknown parameter",
            ParamError::Duplicate { .. } => "Parameter given twice",
            ParamError::Missing { .. } => "Missing parameter",
            ParamError::Value { .. } => "Bad parameter",
            ParamError::Filter { .. } => "Bad filter",
        };
        let position = error.position();
        Self { position, ..Self::new(StatusCode::BAD_REQUEST, error.word(), title, error.to_string()) }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        if error.operation() == MEMORY {
            return Self::busy(format!("{error}; try again in a second, or request less."));
        }
        let (status, word, title) = match error.kind() {
            ErrorKind::Invalid => (StatusCode::BAD_REQUEST, "bad_request", "The store rejected the query"),
            ErrorKind::NotFound => (StatusCode::NOT_FOUND, "not_found", "Not found"),
            ErrorKind::Denied => (StatusCode::FORBIDDEN, "denied", "Not allowed"),
            ErrorKind::Unsupported => {
                (StatusCode::NOT_IMPLEMENTED, "unsupported", "Not supported by this store")
            }
            ErrorKind::Exhausted | ErrorKind::Locked | ErrorKind::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The store does not answer now")
            }
            ErrorKind::Io if error.retry() == Retry::Yes => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The store does not answer now")
            }
            ErrorKind::Damaged | ErrorKind::Io | ErrorKind::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal", "The store could not be read")
            }
        };
        if status.is_server_error() {
            tracing::error!(operation = error.operation(), error = %error, "question failed");
        }
        // Only the log contains paths of files.
        Self::new(status, word, title, without_paths(&error.to_string()))
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::bad_request("Bad path", rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request("Bad query string", rejection.body_text())
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        let status = rejection.status();
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            let detail = "The body is larger than the limit of this route; /openapi.json lists the limit.";
            return Self::new(status, "too_large", "Body too large", detail);
        }
        Self::new(status, "bad_request", "The body could not be read", rejection.body_text())
    }
}
