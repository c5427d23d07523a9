//! Reading of request bodies, with limits of size, memory and time.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use tokio::time::Instant;

use crate::Receiver;
use crate::door::TooSlow;
use crate::error::ReceiverError;
use crate::room::AdmissionPermit;

/// Bytes that are allocated for a body because its sender announced them.
const TRUSTED: usize = 1 << 20;
/// How long the rest of a rejected body is read and discarded.
const PARTING: Duration = Duration::from_secs(5);

/// Reads a body. `place` grows with it.
pub(crate) async fn read(
    receiver: &Receiver,
    headers: &HeaderMap,
    body: &mut Body,
    place: &mut AdmissionPermit,
) -> Result<Vec<u8>, ReceiverError> {
    let most = receiver.limits().body_bytes;
    let announced = announced(headers).unwrap_or(0);
    if announced > most {
        return Err(over(most));
    }
    place.expect(announced)?;
    let until = Instant::now() + receiver.patience();
    let reading = frames(body, most, announced.min(TRUSTED), place, until);
    match tokio::time::timeout_at(until, reading).await {
        Ok(read) => read,
        Err(_) => Err(ReceiverError::slow(receiver.patience().as_secs())),
    }
}

async fn frames(
    body: &mut Body,
    most: usize,
    capacity: usize,
    place: &mut AdmissionPermit,
    until: Instant,
) -> Result<Vec<u8>, ReceiverError> {
    let mut bytes = Vec::with_capacity(capacity);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        if data.len() > most - bytes.len() {
            return Err(over(most));
        }
        place.wait_to_grow_to(bytes.len() + data.len(), until).await?;
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// Reports who ended a body: this server if it was too slow, otherwise its sender.
fn broken(error: &axum::Error) -> ReceiverError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(slow) = error.downcast_ref::<TooSlow>() {
            return ReceiverError::late(slow.to_string());
        }
        cause = error.source();
    }
    ReceiverError::malformed("the body is incomplete")
}

fn over(most: usize) -> ReceiverError {
    ReceiverError::too_large(format!("the body is larger than {most} bytes (limit body_bytes)"))
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads and discards the rest of a rejected body. A client that is cut off while it writes often never sees
/// the answer. This stops after a time limit, and does nothing for clients that sent `Expect`.
pub(crate) async fn discard(receiver: &Receiver, headers: &HeaderMap, body: &mut Body) {
    if headers.contains_key(header::EXPECT) {
        return;
    }
    let mut most = receiver.limits().body_bytes.saturating_mul(8);
    let rest = async {
        while let Some(Ok(frame)) = body.frame().await {
            most = most.saturating_sub(frame.data_ref().map_or(0, bytes::Bytes::len));
            if most == 0 {
                return;
            }
        }
    };
    // The answer follows in either case.
    let _ = tokio::time::timeout(PARTING.min(receiver.patience()), rest).await;
}
