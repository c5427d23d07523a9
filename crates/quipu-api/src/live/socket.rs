//! One watcher's connection.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, interval_at};

use super::feed::text;
use crate::Problem;
use crate::dto::LiveFrame;
use crate::extract::NoParams;
use crate::origin;
use crate::state::{Api, Shared};

/// Between two signs of life.
const PING: Duration = Duration::from_secs(20);
/// A watcher that takes no frame for so long is let go.
const PATIENCE: Duration = Duration::from_secs(5);
/// Watchers say nothing; what they may send at most.
const MOST_SENT: usize = 4 << 10;

/// Live feed
///
/// A WebSocket of text frames: `hello`, then a `trace` for each trace that is new or changed (at most one in 250 ms for each
/// trace), `lagged` when some were left out, and `ping` every 20 s. Pages of other origins are refused; a client that takes no
/// frame for 5 s is closed.
#[utoipa::path(get, path = "/api/v1/live", tag = "traces",
    responses((status = 101, description = "The feed; each text frame is a `LiveFrame`.", body = LiveFrame),
        (status = 403, description = "A page of another origin asks.", body = Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn live(
    State(api): Shared,
    uri: Uri,
    headers: HeaderMap,
    _: NoParams,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    origin::check(&headers, &uri)?;
    let upgrade = upgrade.map_err(|rejection| {
        Problem::new(rejection.status(), "bad_request", "Not a WebSocket", rejection.body_text())
    })?;
    let upgrade = upgrade.max_message_size(MOST_SENT).max_frame_size(MOST_SENT);
    Ok(upgrade.on_upgrade(move |socket| watch(socket, api)))
}

async fn watch(mut socket: WebSocket, api: Arc<Api>) {
    let frames = api.feed.watch();
    let hello = LiveFrame::Hello { now: api.clock.now().to_string() };
    if send(&mut socket, text(&hello)).await.is_some() {
        relay(&mut socket, frames).await;
    }
    // Whether the close frame still arrives is the other side's matter.
    let _ = tokio::time::timeout(PATIENCE, socket.send(Message::Close(None))).await;
}

/// Passes frames on until the watcher leaves or is too slow.
async fn relay(socket: &mut WebSocket, mut frames: Receiver<Utf8Bytes>) -> Option<()> {
    let mut ping = interval_at(Instant::now() + PING, PING);
    loop {
        let frame = tokio::select! {
            frame = frames.recv() => match frame {
                Ok(frame) => frame,
                Err(RecvError::Lagged(missed)) => text(&LiveFrame::Lagged { missed }),
                Err(RecvError::Closed) => return None,
            },
            _ = ping.tick() => text(&LiveFrame::Ping),
            said = socket.recv() => match said {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => continue,
            },
        };
        send(socket, frame).await?;
    }
}

async fn send(socket: &mut WebSocket, frame: Utf8Bytes) -> Option<()> {
    tokio::time::timeout(PATIENCE, socket.send(Message::Text(frame))).await.ok()?.ok()
}
