//! How much may be under way at a time, and who may have how much of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use quipu_core::Limits;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::failure::Failure;
use crate::sender::Sender;
use crate::share::{Leaf, Refusal, Shares};

/// Bytes are counted in units: nobody needs to know them better.
const UNIT: usize = 1_024;

/// Room for bytes and for requests. Clones share it.
#[derive(Clone)]
pub(crate) struct Room {
    bytes: Stock,
    requests: Stock,
}

impl Room {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            bytes: Stock::new(limits.queue_bytes.div_ceil(UNIT), "too many bytes are waiting to be stored")
                .with_room_beside(),
            requests: Stock::new(limits.queue_requests, "too many requests are waiting to be stored"),
        }
    }

    /// Requests and bytes that are taken up, the latter in whole units.
    pub(crate) fn taken(&self) -> (u64, u64) {
        let wide = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        (wide(self.requests.lock().held()), wide(self.bytes.lock().held()) * wide(UNIT))
    }

    /// A place of a sender that takes no room yet.
    pub(crate) fn place(&self, sender: Sender) -> Place {
        let leaf = sender.leaf();
        Place { sender, bytes: self.bytes.portion(leaf), requests: self.requests.portion(leaf) }
    }
}

/// Something that senders have shares of. Clones share it.
#[derive(Clone)]
pub(crate) struct Stock {
    shares: Arc<Mutex<Shares>>,
    /// Told when something comes back.
    back: Arc<Notify>,
    /// Whether one large portion may be had beside the shares.
    beside: Option<Arc<Semaphore>>,
    /// What a sender is told when there is nothing for it.
    lack: &'static str,
}

impl Stock {
    pub(crate) fn new(capacity: usize, lack: &'static str) -> Self {
        let shares = Arc::new(Mutex::new(Shares::new(capacity.max(1))));
        Self { shares, back: Arc::default(), beside: None, lack }
    }

    /// The same, with room beside it for one portion at a time that is larger than a quarter of it. What is larger than what is free of
    /// the shared half would else be refused for as long as anybody else holds anything.
    fn with_room_beside(self) -> Self {
        Self { beside: Some(Arc::new(Semaphore::new(1))), ..self }
    }

    /// A portion that holds nothing yet.
    pub(crate) fn portion(&self, leaf: Leaf) -> Portion {
        Portion { stock: self.clone(), leaf, held: 0, beside: None }
    }

    fn lock(&self) -> MutexGuard<'_, Shares> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one request has of a stock; given back when it is dropped.
pub(crate) struct Portion {
    stock: Stock,
    leaf: Leaf,
    held: usize,
    /// What it has beside `held` is not counted: its size is bounded as that of every request is.
    beside: Option<OwnedSemaphorePermit>,
}

impl Portion {
    /// Holds `wanted` in all, as far as there is that much at all.
    fn try_grow_to(&mut self, wanted: usize) -> Result<(), Refusal> {
        let mut shares = self.stock.lock();
        let wanted = wanted.min(shares.capacity());
        let Some(more) = wanted.checked_sub(self.held).filter(|more| *more > 0) else { return Ok(()) };
        if self.beside.is_some() {
            return Ok(());
        }
        let taken = shares.take(&mut self.leaf, self.held, more, Instant::now().into_std());
        let large = wanted > shares.capacity() / 4;
        drop(shares);
        match taken {
            Ok(()) => self.held = wanted,
            Err(_) if large && self.goes_beside() => {}
            Err(refusal) => return Err(refusal),
        }
        Ok(())
    }

    fn goes_beside(&mut self) -> bool {
        let beside = self.stock.beside.as_ref();
        self.beside = beside.and_then(|beside| Arc::clone(beside).try_acquire_owned().ok());
        self.beside.is_some()
    }

    /// As [`Portion::try_grow_to`]; a failure says what is lacking.
    pub(crate) fn grow_to(&mut self, wanted: usize) -> Result<(), Failure> {
        self.try_grow_to(wanted).map_err(|_| Failure::busy(self.stock.lack))
    }

    /// Who is under its share waits until something comes back; who is over it is refused.
    pub(crate) async fn wait_to_grow_to(&mut self, wanted: usize) -> Result<(), Failure> {
        let back = Arc::clone(&self.stock.back);
        loop {
            let back = back.notified();
            match self.try_grow_to(wanted) {
                Ok(()) => return Ok(()),
                Err(Refusal::Over) => return Err(Failure::busy(self.stock.lack)),
                Err(Refusal::Full) => back.await,
            }
        }
    }

    /// As [`Portion::wait_to_grow_to`], but whoever is over its share waits too.
    async fn wait_in_any_case(&mut self, wanted: usize) {
        let back = Arc::clone(&self.stock.back);
        loop {
            let back = back.notified();
            if self.try_grow_to(wanted).is_ok() {
                return;
            }
            back.await;
        }
    }

    fn pass_on(&mut self, to: Leaf) {
        let mut shares = self.stock.lock();
        self.leaf = shares.pass_on(self.leaf, to, self.held, Instant::now().into_std());
    }
}

impl Drop for Portion {
    fn drop(&mut self) {
        if self.held > 0 {
            self.stock.lock().give_back(self.leaf, self.held, Instant::now().into_std());
            self.stock.back.notify_waiters();
        }
    }
}

/// What one request takes up; given back when it is dropped.
pub(crate) struct Place {
    sender: Sender,
    bytes: Portion,
    requests: Portion,
}

impl Place {
    /// Takes up `bytes` in all. A request larger than all the room may have all of it.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> Result<(), Failure> {
        self.bytes.grow_to(bytes.div_ceil(UNIT))
    }

    /// As [`Place::grow_to`], for a body that arrives: a sender under its share waits for room.
    pub(crate) async fn wait_to_grow_to(&mut self, bytes: usize) -> Result<(), Failure> {
        self.bytes.wait_to_grow_to(bytes.div_ceil(UNIT)).await
    }

    /// Now it is known whose it is: from now on it counts under that service.
    pub(crate) fn serves(&mut self, service: &str) {
        let leaf = self.sender.serving(service);
        self.bytes.pass_on(leaf);
        self.requests.pass_on(leaf);
    }

    /// Refuses a body of so many bytes before any of it is read, when its sender is over its share already.
    pub(crate) fn expect(&self, bytes: usize) -> Result<(), Failure> {
        let mut probe = self.bytes.stock.portion(self.bytes.leaf);
        match probe.try_grow_to(bytes.div_ceil(UNIT)) {
            Err(Refusal::Over) => Err(Failure::busy(probe.stock.lack)),
            Ok(()) | Err(Refusal::Full) => Ok(()),
        }
    }

    /// Joins the requests that wait for the store, unless it has already. A sender under its share waits for its turn, for
    /// `patience` at most.
    pub(crate) async fn enter(&mut self, patience: Duration) -> Result<(), Failure> {
        let lack = self.requests.stock.lack;
        let entered = tokio::time::timeout(patience, self.requests.wait_to_grow_to(1)).await;
        entered.unwrap_or_else(|_| Err(Failure::busy(lack)))
    }

    /// As [`Place::enter`], but waits in any case, for a sender that cannot be told to come back. Gives up after `patience`.
    pub(crate) async fn wait_to_enter(&mut self, patience: Duration) {
        // Whoever gave up has no place, and is told so when it tries to enter.
        let _ = tokio::time::timeout(patience, self.requests.wait_in_any_case(1)).await;
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Extensions;

    use super::*;
    use crate::AdmissionKey;

    fn room(units: usize, requests: usize) -> Room {
        Room::new(&Limits { queue_bytes: units * UNIT, queue_requests: requests, ..Default::default() })
    }

    fn sender(key: &str) -> Sender {
        let mut extensions = Extensions::new();
        extensions.insert(AdmissionKey(key.to_owned()));
        Sender::of(&extensions)
    }

    #[tokio::test]
    async fn room_is_bounded_and_given_back() {
        let room = room(10, 1);
        let (mut a, mut b) = (room.place(sender("a")), room.place(sender("a")));
        a.grow_to(4 * UNIT).unwrap();
        a.grow_to(6 * UNIT).unwrap();
        b.grow_to(UNIT).unwrap_err();
        a.enter(Duration::ZERO).await.unwrap();
        b.enter(Duration::ZERO).await.unwrap_err();
        assert_eq!(room.taken(), (1, 6 * UNIT as u64));
        drop((a, b));
        assert_eq!(room.taken(), (0, 0));
        let mut whole = room.place(sender("a"));
        whole.grow_to(usize::MAX).unwrap();
        room.place(sender("a")).grow_to(1).unwrap_err();
        assert_eq!(room.taken(), (0, 10 * UNIT as u64));
    }

    #[tokio::test]
    async fn a_flood_of_one_key_leaves_room_for_another() {
        let room = room(100, 100);
        let mut flood = Vec::new();
        loop {
            let mut place = room.place(sender("loud"));
            if place.grow_to(UNIT).is_err() {
                break;
            }
            place.enter(Duration::ZERO).await.unwrap();
            flood.push(place);
        }
        assert_eq!(flood.len(), 50);
        for _ in 0..10 {
            let mut place = room.place(sender("polite"));
            place.wait_to_grow_to(20 * UNIT).await.unwrap();
            place.enter(Duration::ZERO).await.unwrap();
            room.place(sender("loud")).grow_to(UNIT).unwrap_err();
        }
    }

    #[tokio::test]
    async fn services_of_one_key_have_shares_of_their_own() {
        let room = room(100, 1_000);
        let mut flood = Vec::new();
        loop {
            let mut place = room.place(sender("key"));
            place.serves("loud");
            if place.grow_to(UNIT).is_err() {
                break;
            }
            flood.push(place);
        }
        let mut polite = room.place(sender("key"));
        polite.serves("polite");
        polite.grow_to(10 * UNIT).unwrap();
    }

    #[tokio::test]
    async fn one_large_body_at_a_time_finds_room_beside_the_others() {
        let room = room(100, 10);
        let (mut small, mut large) = (room.place(sender("a")), room.place(sender("b")));
        small.grow_to(UNIT).unwrap();
        large.expect(90 * UNIT).unwrap();
        for size in [10, 30, 50, 64, 90] {
            large.grow_to(size * UNIT).unwrap();
        }
        let held = room.taken().1;
        assert!(held <= 50 * UNIT as u64, "{held}");
        // What is left of the room is there for all the others, and what is no larger than a quarter does not go beside it.
        let mut more = room.place(sender("b"));
        more.grow_to(25 * UNIT).unwrap_err();
        small.grow_to(20 * UNIT).unwrap();
        let mut second = room.place(sender("c"));
        second.expect(90 * UNIT).unwrap_err();
        second.grow_to(90 * UNIT).unwrap_err();
        drop(large);
        second.grow_to(90 * UNIT).unwrap();
        drop((small, second));
        assert_eq!(room.taken().1, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_under_its_share_waits_for_what_comes_back() {
        let room = room(10, 10);
        let mut whole = room.place(sender("loud"));
        whole.grow_to(10 * UNIT).unwrap();
        let mut polite = room.place(sender("polite"));
        polite.grow_to(UNIT).unwrap_err();
        let waits = tokio::spawn(async move { polite.wait_to_grow_to(UNIT).await.map(|()| polite) });
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        drop(whole);
        assert_eq!(waits.await.unwrap().unwrap().bytes.held, 1);
    }
}
