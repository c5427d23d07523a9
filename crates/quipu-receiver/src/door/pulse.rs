//! What a connection is at, and until when that may last.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use quipu_core::Limits;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::Crowd;

/// How long connections may do this or that.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) idle: Duration,
    pub(crate) headers: Duration,
    pub(crate) stall: Duration,
    /// Bytes a second that must move; 0 for any pace.
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

    /// Bytes that the other side must take within `stall`: what the kernel buffers counts, so a single time is not enough.
    fn least(&self) -> u64 {
        self.pace.saturating_mul(self.stall.as_secs()).max(1)
    }
}

/// Why a connection ends before its time: the label of the counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing was asked for so long that it is closed in order.
    Idle,
    /// The headers of a request do not come to an end.
    Headers,
    /// The other side does not take its answer.
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

/// What goes on in one connection; told by its stream and its bodies. Times are milliseconds from its start, and 0 for none.
pub(crate) struct Pulse {
    start: Instant,
    crowd: Arc<Crowd>,
    under_way: AtomicUsize,
    idle_since: AtomicU64,
    heading_since: AtomicU64,
    /// Bytes since the last request began. Not counted in HTTP/2, whose frames come without requests, too.
    unheeded: AtomicUsize,
    http2: AtomicBool,
    blocked_since: AtomicU64,
    /// Bytes that the other side took since then.
    taken: AtomicU64,
    /// Answers of which a piece is out, and since when, by number. HTTP/2 has windows, which stand still while the socket does not.
    waiting: Mutex<BTreeMap<u64, u64>>,
    next: AtomicU64,
    /// The stream is there, and whether it was told that all is over.
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

    /// When the connection is to end if nothing changes, and how. `None` while it waits for us alone.
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

    /// It speaks HTTP/2.
    pub(super) fn speaks_http2(&self) {
        self.http2.store(true, Relaxed);
        self.heading_since.store(0, Relaxed);
        self.crowd.heeded(self.unheeded.swap(0, Relaxed));
    }

    /// So many bytes came. `false` when nobody may send so much without a request.
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

    /// The other side took so many bytes.
    pub(super) fn wrote(&self, count: usize) {
        if self.blocked_since.load(Relaxed) > 0 {
            self.taken.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Relaxed);
        }
        // The end of an answer in HTTP/1. In HTTP/2 pings are written, too, on connections that nobody uses.
        if self.under_way.load(Relaxed) == 0 && !self.http2.load(Relaxed) {
            self.idle_since.store(self.now(), Relaxed);
        }
    }

    /// The other side takes no more at present.
    pub(super) fn blocked(&self) {
        if self.blocked_since.load(Relaxed) == 0 {
            self.taken.store(0, Relaxed);
            self.blocked_since.store(self.now(), Relaxed);
        }
    }

    /// All that was to be sent is sent.
    pub(super) fn flushed(&self) {
        self.blocked_since.store(0, Relaxed);
    }

    /// A request begins. It is over when what is returned is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> Turn {
        self.under_way.fetch_add(1, Relaxed);
        self.heading_since.store(0, Relaxed);
        self.crowd.heeded(self.unheeded.swap(0, Relaxed));
        Turn { pulse: Arc::clone(self), number: self.next.fetch_add(1, Relaxed) }
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<u64, u64>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stream is gone.
    pub(super) fn gone(&self) {
        self.open.store(false, Relaxed);
        self.crowd.heeded(self.unheeded.swap(0, Relaxed));
        // Kept for whoever asks later.
        self.closed.notify_one();
    }

    /// Whether somebody still has the stream.
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Relaxed)
    }

    /// Waits until nobody has the stream any more. Only one may wait.
    pub(crate) async fn closed(&self) {
        if self.is_open() {
            self.closed.notified().await;
        }
    }

    /// Whoever reads the stream finds its end from now on.
    pub(crate) fn hang_up(&self) {
        self.over.store(true, Relaxed);
        let waker = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        waker.into_iter().for_each(Waker::wake);
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }

    /// Who is to be told when it is over.
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
    /// A piece of the answer is handed out.
    pub(super) fn handed(&self) {
        let now = self.pulse.now();
        self.pulse.waiting().insert(self.number, now);
    }

    /// That piece was taken: the next one is asked for.
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
