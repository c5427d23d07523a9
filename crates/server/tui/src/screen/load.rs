//! Thread that asks the source, and when it is asked again.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::run_loop::Incoming;
use crate::page::Page;
use crate::place::Place;
use crate::source::{AskError, Request, Source};
use crate::view::{Ask, Limits, load};
use crate::words::Words;

/// Least time between two answers that are asked because of a change.
const GAP: Duration = Duration::from_millis(400);
/// A question may take a ninth of the time, so that a large store is not asked all the time.
const SHARE: u32 = 8;
/// Longest time between two questions about a source that changes.
const LONGEST: Duration = Duration::from_secs(30);
/// Time after which figures of a range are old without a change.
const AGE: Duration = Duration::from_secs(10);
/// The same of the view of the server and its machine.
const VITALS: Duration = Duration::from_secs(2);
/// Time between attempts to reach the source again.
const RETRY: Duration = Duration::from_secs(1);

/// A question of a view.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) number: u64,
    pub(super) place: Place,
    pub(super) range: String,
    pub(super) filter: String,
    pub(super) sort: &'static str,
    pub(super) zone: TimeZone,
    pub(super) words: &'static Words,
    pub(super) limits: Limits,
}

impl Order {
    /// Asks the source now.
    pub(crate) fn answer(&self, source: &dyn Source, now: Timestamp) -> Result<Page, AskError> {
        let ask = Ask {
            source,
            words: self.words,
            zone: &self.zone,
            now,
            range: &self.range,
            filter: &self.filter,
            sort: self.sort,
            limits: &self.limits,
        };
        load(&self.place, &ask)
    }
}

/// Work of the thread.
pub(super) enum Work {
    Ask(Box<Order>),
    Act(Request, &'static str),
}

/// The thread that asks.
pub(super) struct Loader {
    work: Sender<Work>,
}

/// Tells the loop at its end that the thread is gone. The message has no reader if the loop ended first.
struct Ending(Sender<Incoming>);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.send(Incoming::Failed);
    }
}

impl Loader {
    pub(super) fn start(source: Arc<dyn Source>, tell: Sender<Incoming>) -> std::io::Result<Self> {
        let (work, orders) = channel();
        std::thread::Builder::new().name("quipu-load".into()).spawn(move || {
            let _ending = Ending(tell.clone());
            serve(source.as_ref(), &orders, &tell);
        })?;
        Ok(Self { work })
    }

    pub(super) fn give(&self, work: Work) {
        // The loop is told if the thread is gone.
        let _ = self.work.send(work);
    }
}

fn serve(source: &dyn Source, orders: &Receiver<Work>, tell: &Sender<Incoming>) {
    while let Ok(first) = orders.recv() {
        let mut latest = None;
        for work in std::iter::once(first).chain(orders.try_iter()) {
            match work {
                Work::Ask(order) => latest = Some(order),
                Work::Act(request, done) => {
                    let told = source.ask(&request).map(|_| done);
                    if tell.send(Incoming::Acted(told)).is_err() {
                        return;
                    }
                }
            }
        }
        let Some(order) = latest else { continue };
        let answer = order.answer(source, super::now());
        if tell.send(Incoming::Answer(order.number, answer.map(Box::new))).is_err() {
            return;
        }
    }
}

/// When the source is asked next.
pub(super) struct Schedule {
    /// Begin of the question that waits for its answer.
    asked: Option<Instant>,
    /// Earliest time of the next question because of a change.
    earliest: Instant,
    /// Time of the next question without a change.
    latest: Instant,
    changed: bool,
}

impl Schedule {
    pub(super) fn new(now: Instant) -> Self {
        Self { asked: None, earliest: now, latest: now, changed: true }
    }

    pub(super) fn asks(&mut self, now: Instant) {
        self.asked = Some(now);
        self.changed = false;
    }

    pub(super) fn changes(&mut self) {
        self.changed = true;
    }

    pub(super) fn answered(&mut self, now: Instant, failed: bool, place: &Place) {
        let took = self.asked.take().map_or(Duration::ZERO, |asked| now.duration_since(asked));
        self.earliest = now + (took * SHARE).clamp(GAP, LONGEST);
        let age = match (failed, place) {
            (true, _) => RETRY,
            (_, Place::System) => VITALS,
            _ => AGE,
        };
        self.latest = self.earliest.max(now + age);
    }

    /// Time of the next question; none while one waits for its answer.
    pub(super) fn due(&self) -> Option<Instant> {
        self.asked.is_none().then_some(if self.changed { self.earliest } else { self.latest })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_slow_source_is_asked_less_often() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start);
        assert_eq!(schedule.due(), Some(start));
        schedule.asks(start);
        assert_eq!(schedule.due(), None);
        schedule.changes();
        let end = start + Duration::from_secs(1);
        schedule.answered(end, false, &Place::Models);
        assert_eq!(schedule.due().unwrap() - end, Duration::from_secs(8));
        schedule.asks(end);
        schedule.answered(end + Duration::from_millis(1), false, &Place::Models);
        assert_eq!(schedule.due().unwrap() - end, AGE + Duration::from_millis(1));
        schedule.changes();
        assert_eq!(schedule.due().unwrap() - end, GAP + Duration::from_millis(1));
    }

    #[test]
    fn a_source_that_is_gone_is_asked_every_second() {
        let now = Instant::now();
        let mut schedule = Schedule::new(now);
        schedule.asks(now);
        schedule.answered(now, true, &Place::Models);
        assert_eq!(schedule.due().unwrap() - now, RETRY);
    }
}
