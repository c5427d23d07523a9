//! Detection of a server clock that is behind the clocks of its senders.
//!
//! The server rejects a record from the future, and the sender drops it. If the server's clock is behind,
//! every sender would lose all its data. A request with future records only therefore gets a 503, which
//! senders repeat. The exception is a clock that more senders confirm than contradict.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use quipu_core::{Batch, Timestamp};

/// How long a sender's last request counts.
const WINDOW: Duration = Duration::from_secs(600);
/// Senders that are counted, at most.
const MOST_SENDERS: usize = 1_024;
/// A record within this time of the clock shows that both clocks agree.
const NEAR: i64 = Timestamp::HOUR;
/// The minimum time between two warnings.
const QUIET: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Agrees,
    Ahead,
}

/// The clock comparison of each sender's last request.
#[derive(Debug, Default)]
pub(crate) struct Skew(Mutex<SkewWarnings>);

#[derive(Debug, Default)]
struct SkewWarnings {
    senders: HashMap<u64, (Verdict, Instant)>,
    warned: Option<Instant>,
}

impl Skew {
    /// Records the valid records of a request, and whether all of its records were from the future.
    pub(crate) fn note(&self, sender: u64, batch: &Batch, is_ahead: bool, now: Timestamp) {
        let verdict = if is_near(batch, now) {
            Verdict::Agrees
        } else if is_ahead {
            Verdict::Ahead
        } else {
            return;
        };
        let mut said = self.lock();
        let now = Instant::now();
        if said.senders.len() >= MOST_SENDERS && !said.senders.contains_key(&sender) {
            said.senders.retain(|_, (_, since)| now.saturating_duration_since(*since) < WINDOW);
            if said.senders.len() >= MOST_SENDERS {
                return;
            }
        }
        said.senders.insert(sender, (verdict, now));
    }

    /// Returns whether at least as many senders contradict the clock as confirm it.
    pub(crate) fn is_behind(&self) -> bool {
        let mut said = self.lock();
        let now = Instant::now();
        let count = |wanted: Verdict| {
            let lately = said.senders.values().filter(|(verdict, since)| {
                *verdict == wanted && now.saturating_duration_since(*since) < WINDOW
            });
            lately.count()
        };
        let (ahead, agree) = (count(Verdict::Ahead), count(Verdict::Agrees));
        let behind = ahead > 0 && ahead >= agree;
        if behind && said.warned.is_none_or(|last| now.saturating_duration_since(last) >= QUIET) {
            said.warned = Some(now);
            tracing::warn!(
                ahead,
                agree,
                "records are further ahead of this server's clock than future_seconds allows: check the \
                 clock; senders get 503 and retry"
            );
        }
        behind
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, SkewWarnings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_near(batch: &Batch, now: Timestamp) -> bool {
    let near = |time: Timestamp| now.since(time).abs() <= NEAR;
    batch.spans.iter().any(|span| near(span.end.unwrap_or(span.start)))
        || batch.events.iter().any(|event| near(event.time))
        || batch.metrics.iter().any(|metric| metric.points.iter().any(|point| near(point.time)))
}

#[cfg(test)]
mod tests {
    use quipu_core::{Span, SpanId, TraceId};

    use super::*;

    const NOW: Timestamp = Timestamp::from_nanos(1_795_000_000_000_000_000);

    fn at(seconds: i64) -> Batch {
        let time = NOW.plus(seconds * Timestamp::SECOND);
        let ids = (TraceId::from_bytes([1; 16]).unwrap(), SpanId::from_bytes([1; 8]).unwrap());
        Batch { spans: vec![Span::new(ids.0, ids.1, "span", time, time)], ..Batch::default() }
    }

    #[test]
    fn one_sender_alone_is_believed_and_most_senders_are() {
        let skew = Skew::default();
        assert!(!skew.is_behind());
        skew.note(1, &Batch::default(), true, NOW);
        assert!(skew.is_behind(), "nobody agrees with the clock");
        skew.note(2, &at(-5), false, NOW);
        assert!(skew.is_behind(), "one against one");
        skew.note(3, &at(30), false, NOW);
        assert!(!skew.is_behind(), "two agree");
        skew.note(3, &Batch::default(), true, NOW);
        assert!(skew.is_behind(), "the last request of a sender counts");
    }

    #[test]
    fn old_records_and_empty_requests_say_nothing() {
        let skew = Skew::default();
        skew.note(1, &at(-90_000), false, NOW);
        skew.note(2, &Batch::default(), false, NOW);
        assert!(!skew.is_behind());
        skew.note(3, &Batch::default(), true, NOW);
        assert!(skew.is_behind());
    }
}
