//! Ring of the latest frames, by number.

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use axum::extract::ws::Utf8Bytes;

use crate::dto::{LiveFrame, NumberedFrame};

/// Frames that are kept for those who come back.
const KEPT: usize = 4_096;
/// Bytes of text that they may have: one event can be as long as the longest value that is taken in.
const BYTES: usize = 32 << 20;

/// Topic of a frame; watchers choose topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    /// Traces, and missed ones.
    Traces,
    /// Budgets.
    Budgets,
    /// Events.
    Events,
    /// The server and its machine.
    System,
}

impl Topic {
    /// The words for them.
    pub(crate) const WORDS: [(&'static str, Self); 4] = [
        ("traces", Self::Traces),
        ("budgets", Self::Budgets),
        ("events", Self::Events),
        ("system", Self::System),
    ];

    fn of(frame: &LiveFrame) -> Self {
        match frame {
            LiveFrame::Budget { .. } => Self::Budgets,
            LiveFrame::Event { .. } => Self::Events,
            LiveFrame::System { .. } => Self::System,
            LiveFrame::Hello { .. }
            | LiveFrame::Trace { .. }
            | LiveFrame::Deleted { .. }
            | LiveFrame::Lagged { .. }
            | LiveFrame::Ping => Self::Traces,
        }
    }
}

/// The topics of a watcher.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Topics(u8);

impl Topics {
    /// The default topics.
    pub(crate) const USUAL: Self = Self(1 << Topic::Traces as u8 | 1 << Topic::Budgets as u8);

    /// A comma list of words; `None` where one is unknown.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let number =
            |word: &str| Topic::WORDS.iter().find(|(known, _)| *known == word).map(|(_, topic)| *topic as u8);
        text.split(',').try_fold(Self::default(), |all, word| Some(Self(all.0 | 1 << number(word.trim())?)))
    }

    /// Whether the topic is watched.
    pub(super) const fn has(self, topic: Topic) -> bool {
        self.0 & 1 << topic as u8 != 0
    }
}

struct RingEntry {
    topic: Topic,
    text: Utf8Bytes,
}

/// Sent frames, the oldest first, with consecutive numbers.
pub(super) struct Ring {
    /// This run of the feed.
    boot: String,
    /// Number of the last frame.
    last: u64,
    frames: VecDeque<RingEntry>,
    /// Bytes of their texts.
    bytes: usize,
}

/// Frames in a ring from a position on.
pub(super) struct Since {
    /// Frames of the requested topics.
    pub(super) frames: Vec<Utf8Bytes>,
    /// Frames that are no longer there.
    pub(super) missed: u64,
    /// Number of the frame before the first one read.
    pub(super) from: u64,
    /// Number of the last frame read.
    pub(super) position: u64,
}

/// Starting point of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Begin {
    pub(crate) boot: String,
    pub(crate) position: u64,
    pub(crate) resumed: bool,
    pub(crate) missed: Option<u64>,
}

impl Ring {
    /// Without a frame, of a run of its own.
    pub(super) fn new() -> Self {
        // A hasher's keys are random: the standard library has no other source.
        let boot = format!("{:016x}", RandomState::new().build_hasher().finish());
        Self { boot, last: 0, frames: VecDeque::new(), bytes: 0 }
    }

    /// Adds a frame; gives its number.
    pub(super) fn push(&mut self, frame: LiveFrame) -> u64 {
        self.last += 1;
        let told = RingEntry { topic: Topic::of(&frame), text: text(self.last, frame) };
        self.bytes += told.text.len();
        self.frames.push_back(told);
        // The newest frame stays, regardless of its size: no watcher has seen it yet.
        while self.frames.len() > KEPT || (self.bytes > BYTES && self.frames.len() > 1) {
            self.bytes -= self.frames.pop_front().map_or(0, |gone| gone.text.len());
        }
        self.last
    }

    /// Starting point of a client that has seen a run's frames up to `after`, or none.
    pub(super) fn begin(&self, seen: Option<(&str, u64)>) -> Begin {
        let begin = |position, resumed, missed| Begin { boot: self.boot.clone(), position, resumed, missed };
        match seen {
            Some((boot, after)) if boot == self.boot && after <= self.last => match self.gone(after) {
                0 => begin(after, true, None),
                gone => begin(self.last, false, Some(gone)),
            },
            _ => begin(self.last, false, None),
        }
    }

    /// Frames after a position that are no longer there.
    fn gone(&self, position: u64) -> u64 {
        (self.last - position.min(self.last)).saturating_sub(self.frames.len() as u64)
    }

    /// Frames after a position, at most `most`.
    pub(super) fn since(&self, position: u64, topics: Topics, most: usize) -> Since {
        // A client that is ahead has seen a run that failed.
        let position = if position > self.last { 0 } else { position };
        let missed = self.gone(position);
        let waiting = usize::try_from(self.last.saturating_sub(position) - missed).unwrap_or(0);
        let looked = waiting.min(most);
        let from = self.frames.len() - waiting;
        let frames = self.frames.range(from..from + looked);
        Since {
            frames: frames.filter(|told| topics.has(told.topic)).map(|told| told.text.clone()).collect(),
            missed,
            from: position + missed,
            position: position + missed + looked as u64,
        }
    }
}

/// A frame as text.
pub(crate) fn text(seq: u64, frame: LiveFrame) -> Utf8Bytes {
    serde_json::to_string(&NumberedFrame { seq, frame }).unwrap_or_default().into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn ring(frames: u64) -> Ring {
        let mut ring = Ring::new();
        for missed in 0..frames {
            ring.push(LiveFrame::Lagged { missed });
        }
        ring
    }

    fn numbers(since: &Since) -> Vec<u64> {
        let frame = |text: &Utf8Bytes| serde_json::from_str::<NumberedFrame>(text.as_str()).unwrap().seq;
        since.frames.iter().map(frame).collect()
    }

    #[test]
    fn who_comes_back_gets_what_was_missed_and_no_more() {
        let ring = ring(10);
        let boot = ring.boot.clone();
        let begin = ring.begin(Some((&boot, 7)));
        assert_eq!((begin.position, begin.resumed, begin.missed), (7, true, None));
        assert_eq!(numbers(&ring.since(7, Topics::USUAL, 100)), [8, 9, 10]);
        assert_eq!(numbers(&ring.since(10, Topics::USUAL, 100)), [0_u64; 0]);
    }

    #[test]
    fn another_run_is_not_resumed() {
        let ring = ring(10);
        let boot = ring.boot.clone();
        for seen in [None, Some(("0000", 3)), Some((boot.as_str(), 11))] {
            let begin = ring.begin(seen);
            assert_eq!((begin.position, begin.resumed, begin.missed), (10, false, None), "{seen:?}");
        }
    }

    #[test]
    fn what_the_ring_lost_is_counted() {
        let ring = ring(KEPT as u64 + 50);
        let boot = ring.boot.clone();
        assert_eq!(ring.begin(Some((&boot, 20))).missed, Some(30));
        assert!(ring.begin(Some((&boot, 50))).resumed);
        let since = ring.since(20, Topics::USUAL, 2);
        assert_eq!((since.missed, since.position, numbers(&since)), (30, 52, vec![51, 52]));
    }

    #[test]
    fn long_frames_push_others_out() {
        let mut ring = ring(3);
        let long = "x".repeat(BYTES / 2);
        for _ in 0..3 {
            ring.push(LiveFrame::Deleted { trace_ids: vec![long.clone()] });
        }
        let since = ring.since(0, Topics::USUAL, 10);
        assert_eq!((since.missed, since.frames.len(), since.position), (5, 1, 6));
        ring.push(LiveFrame::Ping);
        assert_eq!(ring.since(5, Topics::USUAL, 10).frames.len(), 2);
    }

    #[test]
    fn only_topics_that_are_watched_come() {
        let mut ring = ring(2);
        ring.push(LiveFrame::Ping);
        assert!(ring.since(0, Topics::read("budgets, system").unwrap(), 10).frames.is_empty());
        assert_eq!(ring.since(0, Topics::read("traces").unwrap(), 10).frames.len(), 3);
        assert_eq!(Topics::read("traces,budgets"), Some(Topics::USUAL));
        assert_eq!((Topics::read("trace"), Topics::read("")), (None, None));
    }
}
