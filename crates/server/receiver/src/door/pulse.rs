//! The state of a connection and its deadlines.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use quipu_core::Limits;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::Crowd;

/// The timeouts of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) idle: Duration,
    pub(crate) headers: Duration,
    pub(crate) stall: Duration,
    /// The minimum pace in bytes a second; 0 for none.
    pub(crate) pace: u64,
}

impl Rules {
    pub(super) fn new(limits: &Limits) -> Self {
        let seconds = |count: u64| Duration::from_secs(count.max(1));
        Self {
            idle: seconds(limits.idle_seconds),
            headers: seconds(limits.header_seconds),
            stall: seconds(limits.stall_seconds),
            pace: limits.least_bytes_per_second,
        }
    }

    /// Bytes that the client must take within `stall`. A single read is not enough, because kernel buffers
    /// count too.
    fn least(&self) -> u64 {
        self.pace.saturating_mul(self.stall.as_secs()).max(1)
    }
}

/// The reason for an early end of a connection, as the label of the counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The connection was idle for too long and is closed gracefully.
    Idle,
    /// The headers of a request did not finish in time.
    Headers,
    /// The client does not read its answer.
    Stalled,
}

impl End {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Headers => "headers",
            Self::Stalled => "stalled",
        }
    }
}

/// The state of one connection, reported by its stream and its bodies. Times are milliseconds from its start;
/// 0 means unset.
pub(crate) struct Pulse {
    start: Instant,
    crowd: Arc<Crowd>,
    under_way: AtomicUsize,
    idle_since: AtomicU64,
    heading_since: AtomicU64,
    /// Bytes since the last request began. HTTP/2 is not counted, because its frames also arrive without
    /// requests.
    unheeded: AtomicUsize,
    http2: AtomicBool,
    blocked_since: AtomicU64,
    /// Bytes that the client took since `blocked_since`.
    taken: AtomicU64,
    /// Answers with a chunk in transit, and since when, by number. An HTTP/2 window can stall while the
    /// socket does not.
    waiting: Mutex<BTreeMap<u64, u64>>,
    next: AtomicU64,
    /// Whether the stream exists; `over` says whether its reader has to end.
    open: AtomicBool,
    closed: Notify,
    over: AtomicBool,
    reader: Mutex<Option<Waker>>,
}

impl Pulse {
    pub(crate) fn new(crowd: &Arc<Crowd>) -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            crowd: Arc::clone(crowd),
            under_way: AtomicUsize::new(0),
            idle_since: AtomicU64::new(1),
            heading_since: AtomicU64::new(0),
            unheeded: AtomicUsize::new(0),
            http2: AtomicBool::new(false),
            blocked_since: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            waiting: Mutex::default(),
            next: AtomicU64::new(0),
            open: AtomicBool::new(true),
            closed: Notify::new(),
            over: AtomicBool::new(false),
            reader: Mutex::default(),
        })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }

    fn at(&self, time: u64) -> Instant {
        self.start + Duration::from_millis(time.saturating_sub(1))
    }

    /// Returns the next deadline and the kind of end that it causes. `None` while only this server has work
    /// to do.
    pub(crate) fn due(&self, rules: &Rules) -> Option<(Instant, End)> {
        let some = |time: &AtomicU64| Some(time.load(Relaxed)).filter(|time| *time > 0);
        let blocked = some(&self.blocked_since).map(|since| (self.at(since) + rules.stall, End::Stalled));
        let blocked = match blocked {
            Some((at, _)) if at <= Instant::now() && self.taken.load(Relaxed) >= rules.least() => {
                self.taken.store(0, Relaxed);
                self.blocked_since.store(self.now(), Relaxed);
                Some((Instant::now() + rules.stall, End::Stalled))
            }
            other => other,
        };
        let oldest = self.waiting().values().min().copied();
        let waiting = oldest.map(|since| (self.at(since) + rules.stall, End::Stalled));
        let quiet = (self.under_way.load(Relaxed) == 0).then(|| match some(&self.heading_since) {
            Some(since) => (self.at(since) + rules.headers, End::Headers),
            None => (self.at(self.idle_since.load(Relaxed)) + rules.idle, End::Idle),
        });
        [blocked, waiting, quiet].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// Records that the connection speaks HTTP/2.
    pub(super) fn speaks_http2(&self) {
        self.http2.store(true, Relaxed);
        self.heading_since.store(0, Relaxed);
        self.crowd.heeded(self.unheeded.swap(0, Relaxed));
    }

    /// Counts received bytes. `false` if too many bytes arrived without a request.
    pub(super) fn read(&self, count: usize) -> bool {
        if self.under_way.load(Relaxed) > 0 || self.http2.load(Relaxed) {
            return true;
        }
        if self.heading_since.load(Relaxed) == 0 {
            self.heading_since.store(self.now(), Relaxed);
        }
        let before = self.unheeded.fetch_add(count, Relaxed);
        self.crowd.unheeded(before, count)
    }

    /// Counts bytes that the client took.
    pub(super) fn wrote(&self, count: usize) {
        if self.blocked_since.load(Relaxed) > 0 {
            self.taken.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Relaxed);
        }
        // This is the end of an answer in HTTP/1. HTTP/2 also writes pings, even on unused connections.
        if self.under_way.load(Relaxed) == 0 && !self.http2.load(Relaxed) {
            self.idle_since.store(self.now(), Relaxed);
        }
    }

    /// Records that the client takes no more at present.
    pub(super) fn blocked(&self) {
        if self.blocked_since.load(Relaxed) == 0 {
            self.taken.store(0, Relaxed);
            self.blocked_since.store(self.now(), Relaxed);
        }
    }

    /// Records that everything was sent.
    pub(super) fn flushed(&self) {
        self.blocked_since.store(0, Relaxed);
    }

    /// Begins a request. It ends when the returned value is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> Turn {
        self.under_way.fetch_add(1, Relaxed);
        self.heading_since.store(0, Relaxed);
        self.crowd.heeded(self.unheeded.swap(0, Relaxed));
        Turn { pulse: Arc::clone(self), number: self.next.fetch_add(1, Relaxed) }
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<u64, u64>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that the stream was dropped.
    pub(super) fn gone(&self) {
        self.open.store(false, Relaxed);
        self.crowd.heeded(self.unheeded.swap(0, Relaxed));
        // `notify_one` keeps the notification for a later waiter.
        self.closed.notify_one();
    }

    /// Returns whether the stream still exists.
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Relaxed)
    }

    /// Waits until the stream is dropped. Only one task may wait.
    pub(crate) async fn closed(&self) {
        if self.is_open() {
            self.closed.notified().await;
        }
    }

    /// Makes every later read of the stream return its end.
    pub(crate) fn hang_up(&self) {
        self.over.store(true, Relaxed);
        let waker = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        waker.into_iter().for_each(Waker::wake);
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }

    /// Sets the waker to call at the end.
    pub(super) fn reads(&self, waker: &Waker) {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        if !reader.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *reader = Some(waker.clone());
        }
    }
}

/// One request, from its headers to the end of its answer.
pub(crate) struct Turn {
    pulse: Arc<Pulse>,
    number: u64,
}

impl Turn {
    /// Records that a chunk of the answer was handed over.
    pub(super) fn handed(&self) {
        let now = self.pulse.now();
        self.pulse.waiting().insert(self.number, now);
    }

    /// Records that the chunk was taken, because the next one is requested.
    pub(super) fn taken(&self) {
        self.pulse.waiting().remove(&self.number);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.taken();
        self.pulse.idle_since.store(self.pulse.now(), Relaxed);
        self.pulse.under_way.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        idle: Duration::from_secs(100),
        headers: Duration::from_secs(10),
        stall: Duration::from_secs(30),
        pace: 100,
    };

    fn pulse() -> Arc<Pulse> {
        Pulse::new(&Arc::new(Crowd::new(1, 1)))
    }

    fn due(pulse: &Pulse) -> Option<(u64, End)> {
        let (at, end) = pulse.due(&RULES)?;
        Some((at.saturating_duration_since(pulse.start).as_secs(), end))
    }

    async fn pass(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn idle_headers_and_requests() {
        let pulse = pulse();
        assert_eq!(due(&pulse), Some((100, End::Idle)));
        pass(50).await;
        assert!(pulse.read(10));
        pass(5).await;
        assert!(pulse.read(10));
        assert_eq!(due(&pulse), Some((60, End::Headers)), "more bytes are not more time");
        let turn = pulse.begin();
        assert_eq!(due(&pulse), None);
        pass(5).await;
        drop(turn);
        assert_eq!(due(&pulse), Some((160, End::Idle)));
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_cut_off_and_who_takes_some_has_time_for_it() {
        let pulse = pulse();
        let turn = pulse.begin();
        pulse.blocked();
        assert_eq!(due(&pulse), Some((30, End::Stalled)));
        pulse.wrote(3_000);
        pulse.blocked();
        pass(30).await;
        assert_eq!(due(&pulse), Some((60, End::Stalled)), "as much as the pace asks: once more");
        pulse.wrote(2_999);
        pass(30).await;
        assert_eq!(due(&pulse), Some((60, End::Stalled)), "less: it is over");
        pulse.flushed();
        turn.handed();
        pass(10).await;
        assert_eq!(due(&pulse), Some((90, End::Stalled)));
        turn.taken();
        assert_eq!(due(&pulse), None);
    }

    #[tokio::test(start_paused = true)]
    async fn frames_of_http2_are_no_headers() {
        let pulse = pulse();
        assert!(pulse.read(24));
        pulse.speaks_http2();
        assert!(pulse.read(1 << 30));
        assert_eq!(due(&pulse), Some((100, End::Idle)));
        assert_eq!(pulse.unheeded.load(Relaxed), 0);
        pass(50).await;
        pulse.wrote(17);
        assert_eq!(due(&pulse), Some((100, End::Idle)), "a ping is no request");
        drop(pulse.begin());
        assert_eq!(due(&pulse), Some((150, End::Idle)));
    }

    #[tokio::test]
    async fn who_waits_for_the_end_is_told_whenever_it_comes() {
        let pulse = pulse();
        let waits = tokio::spawn({
            let pulse = Arc::clone(&pulse);
            async move { pulse.closed().await }
        });
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        pulse.gone();
        waits.await.unwrap();
        pulse.closed().await;
    }
}
