//! Position of one watcher in the feed.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use tokio::sync::watch;

use super::feed::Feed;
use super::ring::{Topics, text};
use crate::dto::LiveFrame;

/// Frames that are taken from the feed at a time.
const TAKEN: usize = 64;

/// One watcher of the feed.
pub(crate) struct Watcher {
    feed: Arc<Feed>,
    told: watch::Receiver<u64>,
    topics: Topics,
    position: u64,
    ready: VecDeque<Utf8Bytes>,
}

impl Watcher {
    pub(super) fn new(feed: Arc<Feed>, topics: Topics, position: u64) -> Self {
        feed.count(topics, true);
        let told = feed.told.subscribe();
        Self { feed, told, topics, position, ready: VecDeque::new() }
    }

    /// The number of the last frame that was taken.
    pub(crate) const fn position(&self) -> u64 {
        self.position
    }

    /// The next frame; waits for it. Nothing is lost when the wait is given up.
    pub(crate) async fn next(&mut self) -> Option<Utf8Bytes> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Some(frame);
            }
            self.told.mark_unchanged();
            if !self.take() {
                self.told.changed().await.ok()?;
            }
        }
    }

    /// Takes new frames from the feed; returns whether there were any.
    fn take(&mut self) -> bool {
        let since = self.feed.ring().since(self.position, self.topics, TAKEN);
        let moved = since.position != self.position;
        self.position = since.position;
        if since.missed > 0 {
            self.ready.push_back(text(since.from, LiveFrame::Lagged { missed: since.missed }));
        }
        self.ready.extend(since.frames);
        moved
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.feed.count(self.topics, false);
    }
}
