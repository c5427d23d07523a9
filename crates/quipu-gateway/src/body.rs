//! Bodies of requests, within bounds.

use std::error::Error;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http::header::{CONTENT_LENGTH, HeaderMap};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::{Instant, timeout_at};

use crate::dialect::Refusal;

pub(crate) fn too_large(limit: u64) -> Refusal {
    let message =
        format!("the request's body is longer than {limit} bytes, which is what this gateway takes");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", message)
}

fn told(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads a body whole, without a copy where it comes in one piece.
///
/// # Errors
/// It is longer than `limit`, takes longer than `within`, or breaks off.
pub(crate) async fn whole(
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
    within: Duration,
) -> Result<Bytes, Refusal> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    let length = told(headers);
    if length.is_some_and(|length| length > most) {
        return Err(too_large(most));
    }
    let deadline = Instant::now() + within;
    let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
    loop {
        let late = |_| {
            Refusal::new(
                StatusCode::REQUEST_TIMEOUT,
                "request_timeout",
                "the request's body did not come in time",
            )
        };
        let Some(frame) = timeout_at(deadline, body.frame()).await.map_err(late)? else { break };
        let broken =
            |_| Refusal::new(StatusCode::BAD_REQUEST, "request_incomplete", "the request's body broke off");
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        if first.len() + rest.len() + data.len() > limit {
            return Err(too_large(most));
        }
        if rest.is_empty() && first.is_empty() {
            first = data;
        } else {
            if rest.is_empty() {
                rest.reserve(
                    length.and_then(|length| usize::try_from(length).ok()).unwrap_or(first.len() * 2),
                );
                rest.extend_from_slice(&std::mem::take(&mut first));
            }
            rest.extend_from_slice(&data);
        }
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}

/// A body that is passed on as it comes, up to `limit` bytes.
///
/// # Errors
/// It says itself that it is longer.
pub(crate) fn bounded(headers: &HeaderMap, body: Body, limit: u64) -> Result<Body, Refusal> {
    if told(headers).is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    Ok(Body::new(Limited::new(body, usize::try_from(limit).unwrap_or(usize::MAX))))
}

/// Whether a request could not be sent because its [bounded] body was longer than it may be.
pub(crate) fn is_too_long(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source()).any(|error| error.is::<LengthLimitError>())
}
