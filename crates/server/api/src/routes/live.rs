//! WebSocket connection of one watcher.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::{Extensions, StatusCode};
use axum::response::Response;
use quipu_query::{ParamError, Params};
use tokio::time::{Instant, interval_at};

use crate::Problem;
use crate::dto::{LiveFrame, LiveParams, NumberedFrame};
use crate::extract::Ask;
use crate::live::{Topic, Topics, Watcher, text};
use crate::shared::{Api, Shared};
use crate::state::Welcome;

/// Interval of keep-alives.
const PING: Duration = Duration::from_secs(20);
/// Interval of checks whether the watcher still has access. An ended session must not keep its feed.
const LOOK: Duration = Duration::from_secs(3);
/// A watcher that reads no frame for this time is disconnected.
const PATIENCE: Duration = Duration::from_secs(5);
/// Limit of bytes from a watcher, which need not send anything.
const MOST_SENT: usize = 4 << 10;
/// Buffer of each watcher in each direction; the library's default is 128 KiB.
const BUFFER: usize = 4 << 10;

/// Live feed
///
/// A WebSocket of text frames, each with its number `seq`. The first frame is `hello`: the feed reports every
/// later commit, so read earlier data after this frame. A `trace` frame reports a new or changed trace, at
/// most once in 250 ms for each trace. `deleted` reports removed traces, and `budget` a notice of a budget.
/// On demand the feed sends each `event`, and a `system` frame every 5 s. `lagged` reports skipped frames;
/// `ping` comes every 20 s. A client that reconnects within a minute with the `boot` and the last `seq` that
/// it saw gets the frames since. The feed keeps the last 4,096 frames or 32 MiB. Requests from pages of other
/// origins are rejected. A client that reads no frame for 5 s is disconnected.
#[utoipa::path(get, path = "/api/v1/live", tag = "traces", params(LiveParams),
    responses((status = 101, description = "The feed; each text frame is a `NumberedFrame`.", body = NumberedFrame),
        (status = 403, description = "The request comes from a page of another origin.", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The maximum number of feeds is open.", body = Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn live(
    State(api): Shared,
    extensions: Extensions,
    Ask(params): Ask,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let place = FeedPosition::of(&params)?;
    let welcome = extensions.get::<Welcome>().cloned();
    let upgrade = upgrade.map_err(|rejection| {
        Problem::new(rejection.status(), "bad_request", "Not a WebSocket", rejection.body_text())
    })?;
    let seat = api.feed.place().ok_or_else(|| {
        let detail = "The maximum number of live feeds is open (limit watchers); try again later.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Too many live feeds", detail)
    })?;
    let upgrade = upgrade
        .max_message_size(MOST_SENT)
        .max_frame_size(MOST_SENT)
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER);
    Ok(upgrade.on_upgrade(async move |socket| {
        watch(socket, api, place, welcome).await;
        drop(seat);
    }))
}

/// Topics of a client, and its position in the feed.
struct FeedPosition {
    topics: Topics,
    boot: Option<String>,
    after: Option<u64>,
}

impl FeedPosition {
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

async fn watch(mut socket: WebSocket, api: Arc<Api>, place: FeedPosition, welcome: Option<Welcome>) {
    let (watcher, begin) = api.feed.watch(place.topics, place.boot.as_deref().zip(place.after));
    let (now, position) = (api.clock.now().to_string(), begin.position);
    let hello = LiveFrame::Hello { now, boot: begin.boot, resumed: begin.resumed, missed: begin.missed };
    // A client that reads existing data after this frame misses nothing.
    let ready = api.feed.settled(place.topics).await.is_some();
    if ready && send(&mut socket, text(position, hello)).await.is_some() {
        relay(&mut socket, watcher, welcome).await;
    }
    // The close frame may fail to arrive.
    let _ = tokio::time::timeout(PATIENCE, socket.send(Message::Close(None))).await;
}

/// Sends frames until the watcher disconnects, is too slow, or loses access.
async fn relay(socket: &mut WebSocket, mut watcher: Watcher, welcome: Option<Welcome>) -> Option<()> {
    let mut look = interval_at(Instant::now() + LOOK, LOOK);
    let mut ping = interval_at(Instant::now() + PING, PING);
    loop {
        let frame = tokio::select! {
            frame = watcher.next() => frame?,
            _ = look.tick() => match &welcome {
                Some(Welcome(is_welcome)) if !is_welcome() => return None,
                _ => continue,
            },
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
