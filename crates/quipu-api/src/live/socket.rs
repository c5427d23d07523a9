//! One watcher's connection.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use quipu_query::{ParamError, Params};
use tokio::time::{Instant, interval_at};

use super::ring::{Topic, Topics, text};
use super::watcher::Watcher;
use crate::Problem;
use crate::dto::{LiveFrame, LiveParams, NumberedFrame};
use crate::extract::Ask;
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
/// A WebSocket of text frames, each with its number `seq`: `hello`, then a `trace` for each trace that is new or changed (at most
/// one in 250 ms for each trace), `deleted` for traces that are gone, `budget` for what budgets say, on demand each `event` and
/// every 5 s a `system`; `lagged` when some were left out, and `ping` every 20 s. Who comes back within a minute and names the
/// `boot` and the last `seq` that it saw is sent the frames since, of the last 4,096 or 32 MiB. Pages of other origins are refused; a client
/// that takes no frame for 5 s is closed.
#[utoipa::path(get, path = "/api/v1/live", tag = "traces", params(LiveParams),
    responses((status = 101, description = "The feed; each text frame is a `NumberedFrame`.", body = NumberedFrame),
        (status = 403, description = "A page of another origin asks.", body = Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn live(
    State(api): Shared,
    uri: Uri,
    headers: HeaderMap,
    Ask(params): Ask,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    origin::check(&headers, &uri)?;
    let place = Place::of(&params)?;
    let upgrade = upgrade.map_err(|rejection| {
        Problem::new(rejection.status(), "bad_request", "Not a WebSocket", rejection.body_text())
    })?;
    let upgrade = upgrade.max_message_size(MOST_SENT).max_frame_size(MOST_SENT);
    Ok(upgrade.on_upgrade(move |socket| watch(socket, api, place)))
}

/// What somebody wants to see, and what it has seen.
struct Place {
    topics: Topics,
    boot: Option<String>,
    after: Option<u64>,
}

impl Place {
    fn of(params: &Params) -> Result<Self, ParamError> {
        params.allow(&[&["topics", "boot", "after"]], &[])?;
        let words = Topic::WORDS.map(|(word, _)| word).join(", ");
        let topics = params.read("topics", &format!("a comma list of {words}"), Topics::read)?;
        Ok(Self {
            topics: topics.unwrap_or(Topics::USUAL),
            boot: params.get("boot").filter(|boot| !boot.is_empty()).map(str::to_owned),
            after: params.read("after", "the `seq` of a frame", |text| text.parse().ok())?,
        })
    }
}

async fn watch(mut socket: WebSocket, api: Arc<Api>, place: Place) {
    let (watcher, begin) = api.feed.watch(place.topics, place.boot.as_deref().zip(place.after));
    let (now, position) = (api.clock.now().to_string(), begin.position);
    let hello = LiveFrame::Hello { now, boot: begin.boot, resumed: begin.resumed, missed: begin.missed };
    if send(&mut socket, text(position, hello)).await.is_some() {
        relay(&mut socket, watcher).await;
    }
    // Whether the close frame still arrives is the other side's matter.
    let _ = tokio::time::timeout(PATIENCE, socket.send(Message::Close(None))).await;
}

/// Passes frames on until the watcher leaves or is too slow.
async fn relay(socket: &mut WebSocket, mut watcher: Watcher) -> Option<()> {
    let mut ping = interval_at(Instant::now() + PING, PING);
    loop {
        let frame = tokio::select! {
            frame = watcher.next() => frame?,
            _ = ping.tick() => text(watcher.position(), LiveFrame::Ping),
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
