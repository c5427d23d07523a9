//! How much may be under way at a time.

use std::sync::Arc;
use std::time::Duration;

use quipu_core::Limits;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::failure::Failure;

/// Bytes are counted in units, so that large bounds fit the semaphore's 32 bits.
const UNIT: usize = 1_024;

/// Room for bytes and for requests. Clones share it.
#[derive(Clone)]
pub(crate) struct Room {
    bytes: Arc<Semaphore>,
    requests: Arc<Semaphore>,
    units: u32,
    most_requests: usize,
}

impl Room {
    pub(crate) fn new(limits: &Limits) -> Self {
        let units = u32::try_from(limits.queue_bytes.div_ceil(UNIT)).unwrap_or(u32::MAX).max(1);
        let requests = limits.queue_requests.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            bytes: Arc::new(Semaphore::new(usize::try_from(units).unwrap_or(Semaphore::MAX_PERMITS))),
            requests: Arc::new(Semaphore::new(requests)),
            units,
            most_requests: requests,
        }
    }

    /// Requests and bytes that are taken up, the latter in whole units.
    pub(crate) fn taken(&self) -> (u64, u64) {
        let wide = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let requests = self.most_requests.saturating_sub(self.requests.available_permits());
        let units = u64::from(self.units).saturating_sub(wide(self.bytes.available_permits()));
        (wide(requests), units * wide(UNIT))
    }

    /// A place that takes no room yet.
    pub(crate) fn place(&self) -> Place {
        Place { room: self.clone(), bytes: None, request: None }
    }
}

/// What one request takes up; given back when it is dropped.
pub(crate) struct Place {
    room: Room,
    bytes: Option<OwnedSemaphorePermit>,
    request: Option<OwnedSemaphorePermit>,
}

impl Place {
    /// Takes up `bytes` in all. A request larger than all the room may have all of it.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> Result<(), Failure> {
        let wanted = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX).min(self.room.units);
        let held =
            self.bytes.as_ref().map_or(0, |held| u32::try_from(held.num_permits()).unwrap_or(u32::MAX));
        let Some(more) = wanted.checked_sub(held).filter(|more| *more > 0) else { return Ok(()) };
        let permit = Arc::clone(&self.room.bytes)
            .try_acquire_many_owned(more)
            .map_err(|_| Failure::busy("too many bytes are waiting to be stored"))?;
        match &mut self.bytes {
            Some(held) => held.merge(permit),
            None => self.bytes = Some(permit),
        }
        Ok(())
    }

    /// Joins the requests that wait for the store, unless it has already.
    pub(crate) fn enter(&mut self) -> Result<(), Failure> {
        if self.request.is_some() {
            return Ok(());
        }
        let permit = Arc::clone(&self.room.requests)
            .try_acquire_owned()
            .map_err(|_| Failure::busy("too many requests are waiting to be stored"))?;
        self.request = Some(permit);
        Ok(())
    }

    /// As [`Place::enter`], but waits until there is room, for a sender that cannot be told to come back. Gives up after
    /// `patience`.
    pub(crate) async fn wait_to_enter(&mut self, patience: Duration) {
        let permit = Arc::clone(&self.room.requests).acquire_owned();
        if let Ok(Ok(permit)) = tokio::time::timeout(patience, permit).await {
            self.request = Some(permit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_bounded_and_given_back() {
        let room = Room::new(&Limits { queue_bytes: 10 * UNIT, queue_requests: 1, ..Default::default() });
        let (mut a, mut b) = (room.place(), room.place());
        a.grow_to(4 * UNIT).unwrap();
        a.grow_to(6 * UNIT).unwrap();
        b.grow_to(5 * UNIT).unwrap_err();
        b.grow_to(4 * UNIT).unwrap();
        a.enter().unwrap();
        b.enter().unwrap_err();
        assert_eq!(room.taken(), (1, 10 * UNIT as u64));
        drop((a, b));
        assert_eq!(room.taken(), (0, 0));
        let mut whole = room.place();
        whole.grow_to(usize::MAX).unwrap();
        room.place().grow_to(1).unwrap_err();
    }
}
