//! Request bodies, with limits of size and time.

use std::error::Error;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http::header::{CONTENT_LENGTH, HeaderMap};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::{Instant, timeout_at};

use crate::dialect::Refusal;
use crate::memory::Memory;

pub(crate) fn too_large(limit: u64) -> Refusal {
    let message = format!("the request's body is longer than the gateway's limit of {limit} bytes");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", message)
}

fn told(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The maximum allocation before a body arrives, independent of its announced length, in bytes.
const AHEAD: u64 = 256 << 10;

/// Reads a whole body, without a copy if it arrives as one chunk. Held bytes are charged to `memory` as they
/// arrive.
///
/// # Errors
/// The body exceeds `limit`, takes longer than `within`, breaks off, or memory is short.
pub(crate) async fn whole(
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
    within: Duration,
    memory: &mut Memory,
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
                "the request's body did not arrive in time",
            )
        };
        let Some(frame) = timeout_at(deadline, body.frame()).await.map_err(late)? else { break };
        let broken = |_| {
            Refusal::new(StatusCode::BAD_REQUEST, "request_incomplete", "the request's body is incomplete")
        };
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        if first.len() + rest.len() + data.len() > limit {
            return Err(too_large(most));
        }
        // A growing buffer may reserve twice this size.
        memory.hold((first.len() + rest.len() + data.len()).saturating_mul(2)).await?;
        if rest.is_empty() && first.is_empty() {
            first = data;
        } else {
            if rest.is_empty() {
                let ahead = length.map_or(0, |length| length.min(AHEAD));
                rest.reserve(usize::try_from(ahead).unwrap_or(0).max(first.len() * 2));
                rest.extend_from_slice(&std::mem::take(&mut first));
            }
            rest.extend_from_slice(&data);
        }
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}

/// Limits a streamed body to `limit` bytes.
///
/// # Errors
/// The announced length exceeds the limit.
pub(crate) fn bounded(headers: &HeaderMap, body: Body, limit: u64) -> Result<Body, Refusal> {
    if told(headers).is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    Ok(Body::new(Limited::new(body, usize::try_from(limit).unwrap_or(usize::MAX))))
}

/// Returns whether sending failed because a [bounded] body exceeded its limit.
pub(crate) fn is_too_long(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source()).any(|error| error.is::<LengthLimitError>())
}
