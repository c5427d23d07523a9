//! Limits of bytes and requests in progress, in fair shares.

use std::time::Duration;

use quipu_admission::{Permit, Pool, Refusal, ShareKey};
use quipu_core::Limits;
use tokio::time::Instant;

use crate::error::ReceiverError;
use crate::sender::Sender;

/// The unit in which bytes are counted.
const UNIT: usize = 1_024;
/// Bodies of one sender that may wait for memory. The sizes of unread bodies are unknown, so its share cannot
/// set this limit.
const BODIES_WAITING: usize = 16;

/// The pools of bytes and requests. Clones share them.
#[derive(Clone)]
pub(crate) struct Room {
    bytes: Pool,
    requests: Pool,
}

impl Room {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            bytes: Pool::new(limits.queue_bytes.div_ceil(UNIT), "too many bytes are waiting to be stored")
                .with_overflow(BODIES_WAITING),
            requests: Pool::new(limits.queue_requests, "too many requests are waiting to be stored"),
        }
    }

    /// Requests and bytes held by permits; bytes in whole units.
    pub(crate) fn taken(&self) -> (u64, u64) {
        let wide = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        (wide(self.requests.held()), wide(self.bytes.held()) * wide(UNIT))
    }

    /// Creates an empty permit for a sender.
    pub(crate) fn place(&self, sender: Sender) -> AdmissionPermit {
        let caller = sender.caller();
        AdmissionPermit { sender, bytes: self.bytes.permit(caller), requests: self.requests.permit(caller) }
    }
}

/// The permits of one request, returned when dropped.
pub(crate) struct AdmissionPermit {
    sender: Sender,
    bytes: Permit,
    requests: Permit,
}

impl AdmissionPermit {
    /// Grows to `bytes` in total. A request larger than the pool may get the whole pool. The error says
    /// whether waiting can help: see [`ReceiverError::lacks`].
    pub(crate) fn grow_to(&mut self, bytes: usize) -> Result<(), ReceiverError> {
        self.bytes.try_grow_to(bytes.div_ceil(UNIT)).map_err(|refusal| {
            let failure = ReceiverError::from(self.bytes.busy());
            if refusal == Refusal::Full { failure.for_lack_of(bytes) } else { failure }
        })
    }

    /// As [`AdmissionPermit::grow_to`], but a sender below its share waits until `until` at most.
    pub(crate) async fn wait_to_grow_to(
        &mut self,
        bytes: usize,
        until: Instant,
    ) -> Result<(), ReceiverError> {
        Ok(self.bytes.wait_to_grow_to(bytes.div_ceil(UNIT), until).await?)
    }

    /// The caller that the permits are counted for.
    pub(crate) const fn caller(&self) -> ShareKey {
        self.sender.caller()
    }

    /// The sender's credentials, in the form that [`quipu_core::Arrival`] needs.
    pub(crate) fn credentials(&self) -> &str {
        self.sender.credentials()
    }

    /// Whether its records may be of any age: see [`crate::OfAnyAge`].
    pub(crate) const fn any_age(&self) -> bool {
        self.sender.any_age()
    }

    /// Counts the permits under a service from now on.
    pub(crate) fn serves(&mut self, service: &str) {
        let caller = self.sender.serving(service);
        self.bytes.pass_on(caller);
        self.requests.pass_on(caller);
    }

    /// Rejects a body of this size before it is read, if its sender is already at its share.
    pub(crate) fn expect(&self, bytes: usize) -> Result<(), ReceiverError> {
        Ok(self.bytes.expect(bytes.div_ceil(UNIT))?)
    }

    /// Takes a permit to wait for the store, unless it has one. A sender below its share waits `patience` at
    /// most.
    pub(crate) async fn enter(&mut self, patience: Duration) -> Result<(), ReceiverError> {
        Ok(self.requests.wait_to_grow_to(1, Instant::now() + patience).await?)
    }

    /// As [`AdmissionPermit::enter`], but always waits, for a sender that cannot repeat its request. Stops
    /// after `patience`.
    pub(crate) async fn wait_to_enter(&mut self, patience: Duration) {
        // After a timeout there is no permit, and `enter` returns the error.
        let _ = tokio::time::timeout(patience, self.requests.wait_for(1)).await;
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Extensions;

    use super::*;
    use quipu_admission::{Principal, PrincipalKind};

    fn room(units: usize, requests: usize) -> Room {
        Room::new(&Limits { queue_bytes: units * UNIT, queue_requests: requests, ..Default::default() })
    }

    fn sender(key: &str) -> Sender {
        let mut extensions = Extensions::new();
        extensions.insert(Principal::new(PrincipalKind::Key, key));
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
            place.wait_to_grow_to(20 * UNIT, Instant::now()).await.unwrap();
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

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    #[tokio::test(start_paused = true)]
    async fn one_large_body_at_a_time_finds_room_beside_the_others_and_a_second_one_waits_for_it() {
        let room = room(100, 10);
        let (mut small, mut large) = (room.place(sender("a")), room.place(sender("b")));
        small.grow_to(UNIT).unwrap();
        large.expect(90 * UNIT).unwrap();
        for size in [10, 30, 50, 64, 90] {
            large.grow_to(size * UNIT).unwrap();
        }
        let held = room.taken().1;
        assert!(held <= 50 * UNIT as u64, "{held}");
        // The rest of the pool stays free for all others.
        small.grow_to(20 * UNIT).unwrap();
        let mut second = room.place(sender("c"));
        second.expect(90 * UNIT).unwrap();
        let failure = second.grow_to(90 * UNIT).unwrap_err();
        assert_eq!((failure.outcome, failure.lacks), ("busy", Some(90 * UNIT)));
        let failure = second.wait_to_grow_to(90 * UNIT, soon()).await.unwrap_err();
        assert_eq!(failure.outcome, "busy");
        let waits =
            tokio::spawn(async move { second.wait_to_grow_to(90 * UNIT, soon()).await.map(|()| second) });
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        drop(large);
        drop((small, waits.await.unwrap().unwrap()));
        assert_eq!(room.taken().1, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_larger_than_its_senders_share_is_taken_though_the_first_half_is_full() {
        let room = room(100, 100);
        let mut others = Vec::new();
        for at in 0..10 {
            let mut place = room.place(sender(&format!("sender {at}")));
            place.grow_to(5 * UNIT).unwrap();
            others.push(place);
        }
        // A share is four and a half now. This body is larger, but smaller than a quarter of the pool.
        let mut one = room.place(sender("a collector"));
        one.expect(20 * UNIT).unwrap();
        one.wait_to_grow_to(20 * UNIT, Instant::now()).await.unwrap();
        // A sender at its share gets an error at once.
        let mut more = room.place(sender("sender 1"));
        assert_eq!(more.grow_to(UNIT).unwrap_err().lacks, None);
        more.expect(UNIT).unwrap_err();
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_that_grow_past_their_shares_do_not_wait_for_each_other_for_ever() {
        let room = room(100, 100);
        let grown = (0..20).map(|at| {
            let mut place = room.place(sender(&format!("sender {at}")));
            tokio::spawn(async move {
                for size in [2, 8, 15, 30, 60] {
                    place.wait_to_grow_to(size * UNIT, Instant::now() + Duration::from_secs(60)).await?;
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                Ok::<_, ReceiverError>(())
            })
        });
        for grown in grown.collect::<Vec<_>>() {
            grown.await.unwrap().unwrap();
        }
        assert_eq!(room.taken().1, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn more_senders_than_there_is_room_for_each_get_their_turn() {
        let room = room(1_000, 4);
        let all = (0..50).map(|at| {
            let mut place = room.place(sender(&format!("sender {at}")));
            tokio::spawn(async move {
                place.enter(Duration::from_secs(60)).await?;
                tokio::time::sleep(Duration::from_millis(10)).await;
                Ok::<_, ReceiverError>(())
            })
        });
        for entered in all.collect::<Vec<_>>() {
            entered.await.unwrap().unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_under_its_share_waits_for_what_comes_back() {
        let room = room(10, 1);
        let mut one = room.place(sender("loud"));
        one.enter(Duration::ZERO).await.unwrap();
        let mut polite = room.place(sender("polite"));
        assert_eq!(polite.enter(Duration::from_secs(1)).await.unwrap_err().outcome, "busy");
        let waits = tokio::spawn(async move { polite.enter(Duration::from_secs(1)).await.map(|()| polite) });
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        drop(one);
        assert_eq!(waits.await.unwrap().unwrap().requests.held(), 1);
    }
}
