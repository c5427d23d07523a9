//! Strict parsing of request bodies and parameters.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::refusal::Refusal;

/// A JSON body. The required content type rejects forms of other origins, which cannot send it without a
/// preflight request.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let named = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let essence = named.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            let detail = "The header Content-Type must be application/json.";
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", "Not JSON", detail));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(unread)?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| Refusal::bad(said(&error)))
    }
}

fn unread(rejection: BytesRejection) -> Refusal {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Refusal::new(
            rejection.status(),
            "too-large",
            "Body too large",
            "The body has more than 64 KiB.",
        );
    }
    Refusal::bad("The body could not be read.")
}

/// Describes an invalid body. The parser's text may quote a value, which may be a password, so only its texts
/// about field names are used.
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let of_names =
        ["missing field", "unknown field", "duplicate field"].iter().any(|begin| text.starts_with(begin));
    if of_names {
        return format!("In the body: {text}.");
    }
    let what = match error.classify() {
        Category::Data => "a value has the wrong type",
        _ => "this is not valid JSON",
    };
    format!(
        "In the body, line {}, column {}: {what}; /openapi.json describes the expected body.",
        error.line(),
        error.column()
    )
}

/// Query parameters of a request.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let read: Result<Query<T>, QueryRejection> = Query::try_from_uri(&parts.uri);
        read.map(|Query(read)| Self(read))
            .map_err(|rejection| Refusal::bad(format!("{}.", rejection.body_text())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Login {
        #[expect(dead_code, reason = "only read")]
        password: u64,
    }

    #[test]
    fn an_error_never_quotes_a_value() {
        for body in [
            r#"{"password":"hunter2"}"#,
            r#"{"password": hunter2}"#,
            r#"{"password":1,"x":"hunter2"}"#,
            "\"hunter2\"",
            "",
        ] {
            let error = said(&serde_json::from_str::<Login>(body).unwrap_err());
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert!(said(&serde_json::from_str::<Login>("{}").unwrap_err()).contains("`password`"));
    }
}
