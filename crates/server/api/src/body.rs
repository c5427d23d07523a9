//! Request bodies: JSON parsing, and errors that name the wrong field.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::{HeaderMap, Method, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Problem;
use crate::extract::NoParams;
use crate::shared::Api;

/// The JSON body of a write request. A form on another origin's page cannot send the JSON content type. The
/// guard checks the origin.
pub(crate) struct Write(Bytes);

impl FromRequest<Arc<Api>> for Write {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Arc<Api>) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        // A browser sends a preflight request before a cross-origin DELETE, regardless of its content type.
        if parts.method != Method::DELETE && !is_json(&parts.headers) {
            let detail = "The header Content-Type must be application/json.";
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Problem::new(status, "unsupported_media_type", "Not JSON", detail));
        }
        NoParams::from_request_parts(&mut parts, api).await?;
        let seconds = api.limits.request_seconds;
        let whole = Bytes::from_request(Request::from_parts(parts, body), api);
        let whole = tokio::time::timeout(Duration::from_secs(seconds), whole).await;
        Ok(Self(whole.map_err(|_| late(seconds))??))
    }
}

fn late(seconds: u64) -> Problem {
    let detail = format!("The body did not arrive within {seconds} s.");
    Problem::new(StatusCode::REQUEST_TIMEOUT, "timeout", "The body took too long", detail)
}

fn is_json(headers: &HeaderMap) -> bool {
    let named = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = named.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

impl Write {
    /// The raw body.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The body as a `T`.
    ///
    /// # Errors
    /// As for [`read`].
    pub(crate) fn json<T: DeserializeOwned + Default>(&self) -> Result<T, Problem> {
        if self.0.is_empty() {
            return Ok(T::default());
        }
        read(&self.0)
    }
}

/// A body as a `T` whose fields are all optional.
///
/// # Errors
/// The body is no JSON object, or a field is unknown or has an invalid value. The problem names the first
/// such field.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let object: Map<String, Value> = serde_json::from_slice(body).map_err(no_object)?;
    match serde_json::from_value(Value::Object(object.clone())) {
        Ok(read) => Ok(read),
        Err(error) => Err(wrong_field::<T>(object).unwrap_or_else(|| bad(format!("{error}.")))),
    }
}

/// The first field that cannot be read on its own.
fn wrong_field<T: DeserializeOwned>(object: Map<String, Value>) -> Option<Problem> {
    object.into_iter().find_map(|(name, value)| {
        let alone = Value::Object(Map::from_iter([(name.clone(), value)]));
        let error = serde_json::from_value::<T>(alone).err()?.to_string();
        let named = error.contains(&format!("`{name}`"));
        Some(bad(if named { format!("{error}.") } else { format!("{name}: {error}.") }))
    })
}

/// A body that cannot be used.
pub(crate) fn bad(detail: impl Into<String>) -> Problem {
    Problem::bad_request("Bad body", detail)
}

fn no_object(error: serde_json::Error) -> Problem {
    bad(format!("The body is not the JSON object that this route takes: {error}."))
}
