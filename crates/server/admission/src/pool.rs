//! A capacity, the permits that hold parts of it, and the waiting requests.

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::ShareKey;
use crate::overflow::{Overflow, Slot};
use crate::share::{Refusal, Shares};

/// The pool cannot serve a caller now; a later attempt may succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy(&'static str);

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Busy {}

impl Busy {
    /// The lacking resource, in a text for the client.
    pub const fn text(self) -> &'static str {
        self.0
    }
}

/// A capacity with fair shares for callers. Clones share the pool.
#[derive(Clone)]
pub struct Pool {
    shares: Arc<Mutex<Shares>>,
    /// Notified when a permit returns units.
    back: Arc<Notify>,
    overflow: Option<Arc<Overflow>>,
    /// Permits of one sender that may wait; `None`: the sender's share is the limit.
    most_waiting: Option<usize>,
    lack: &'static str,
}

impl Pool {
    /// Creates a pool of `capacity` units, at least 1. `lack` is the text of [`Busy`].
    pub fn new(capacity: usize, lack: &'static str) -> Self {
        let shares = Arc::new(Mutex::new(Shares::new(capacity.max(1))));
        Self { shares, back: Arc::default(), overflow: None, most_waiting: None, lack }
    }

    /// Adds an overflow slot: one permit at a time may exceed a quarter of the capacity and is not counted.
    /// Without the slot, such a permit is rejected while any other caller holds units. `most_waiting` permits
    /// of one sender may wait.
    #[must_use]
    pub fn with_overflow(self, most_waiting: usize) -> Self {
        Self { overflow: Some(Arc::new(Overflow::new())), most_waiting: Some(most_waiting), ..self }
    }

    /// Limits the permits of one sender that wait at a time.
    #[must_use]
    pub fn with_waiting(self, most_waiting: usize) -> Self {
        Self { most_waiting: Some(most_waiting), ..self }
    }

    /// Returns an empty permit.
    pub fn permit(&self, caller: ShareKey) -> Permit {
        Permit { pool: self.clone(), caller, held: 0, slot: None }
    }

    /// The units held by permits.
    pub fn held(&self) -> usize {
        self.lock().held()
    }

    /// The capacity in units.
    pub fn capacity(&self) -> usize {
        self.lock().capacity()
    }

    fn queue(&self, caller: ShareKey) -> Option<Waiting> {
        let waits = self.lock().queue(caller, self.most_waiting, Instant::now().into_std());
        waits.then(|| Waiting { pool: self.clone(), caller })
    }

    fn lock(&self) -> MutexGuard<'_, Shares> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A waiting request; it leaves the queue when dropped.
struct Waiting {
    pool: Pool,
    caller: ShareKey,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.pool.lock().leave(self.caller, Instant::now().into_std());
    }
}

/// A part of a pool, returned when dropped.
pub struct Permit {
    pool: Pool,
    caller: ShareKey,
    held: usize,
    /// A permit in the overflow slot grows without being counted.
    slot: Option<Slot>,
}

impl Permit {
    /// Grows to `wanted` in total, at most the capacity, from the shares only.
    fn try_shares(&mut self, wanted: usize) -> Result<(), Refusal> {
        let mut shares = self.pool.lock();
        let wanted = wanted.min(shares.capacity());
        let Some(more) = wanted.checked_sub(self.held).filter(|more| *more > 0) else { return Ok(()) };
        if self.slot.is_some() {
            return Ok(());
        }
        let taken = shares.take(&mut self.caller, self.held, more, Instant::now().into_std());
        drop(shares);
        taken.map(|()| self.held = wanted)
    }

    /// Grows to `wanted` in total, at most the capacity. A large permit may use the overflow slot. Never
    /// waits.
    ///
    /// # Errors
    /// The caller is at its share, or it may succeed after waiting.
    pub fn try_grow_to(&mut self, wanted: usize) -> Result<(), Refusal> {
        match self.try_shares(wanted) {
            Err(_) if self.is_large(wanted) => {
                let overflow = self.pool.overflow.as_ref();
                self.slot = overflow.and_then(|overflow| overflow.try_take(self.caller.sender));
                if self.slot.is_some() { Ok(()) } else { Err(Refusal::Full) }
            }
            done => done,
        }
    }

    /// Returns whether the overflow slot may hold a permit of this size.
    fn is_large(&self, wanted: usize) -> bool {
        self.pool.overflow.is_some() && wanted > self.pool.lock().capacity() / 4
    }

    /// Checks whether a new permit of `wanted` would be rejected because of the units that its caller holds.
    /// Takes nothing.
    ///
    /// # Errors
    /// The permit would be rejected, and it is too small for the overflow slot.
    pub fn expect(&self, wanted: usize) -> Result<(), Busy> {
        if wanted == 0 {
            return Ok(());
        }
        let mut shares = self.pool.lock();
        let most = wanted.min(shares.capacity());
        let seen = shares.look(self.caller, most, Instant::now().into_std());
        drop(shares);
        match seen {
            Err(Refusal::Over) if !self.is_large(wanted) => Err(self.busy()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// The error of this pool.
    pub fn busy(&self) -> Busy {
        Busy(self.pool.lack)
    }

    /// Grows to `wanted` in total. A caller below its share waits until `until` at most. A caller at its
    /// share, or with too many waiting requests, is rejected at once.
    ///
    /// # Errors
    /// The pool is busy; the permit is unchanged.
    pub async fn wait_to_grow_to(&mut self, wanted: usize, until: Instant) -> Result<(), Busy> {
        match self.try_shares(wanted) {
            Ok(()) => return Ok(()),
            Err(Refusal::Over) if !self.is_large(wanted) => return Err(self.busy()),
            Err(_) => {}
        }
        let Some(_waiting) = self.pool.queue(self.caller) else { return Err(self.busy()) };
        timeout_at(until, self.wait_for(wanted)).await.map_err(|_| self.busy())
    }

    /// As [`Permit::wait_to_grow_to`], but every caller waits, and without a deadline.
    pub async fn wait_for(&mut self, wanted: usize) {
        let (back, overflow, sender) =
            (Arc::clone(&self.pool.back), self.pool.overflow.clone(), self.caller.sender);
        let slot = async {
            match &overflow {
                Some(overflow) => overflow.take(sender).await,
                None => std::future::pending().await,
            }
        };
        let mut slot = pin!(slot);
        loop {
            let back = back.notified();
            if self.try_shares(wanted).is_ok() {
                return;
            }
            tokio::select! {
                () = back => {}
                slot = &mut slot => {
                    self.slot = slot;
                    return;
                }
            }
        }
    }

    /// Returns the units above `wanted`.
    pub fn shrink_to(&mut self, wanted: usize) {
        let Some(less) = self.held.checked_sub(wanted).filter(|less| *less > 0) else { return };
        self.pool.lock().give_back(self.caller, less, Instant::now().into_std());
        self.held = wanted;
        self.pool.back.notify_waiters();
    }

    /// The units that the permit holds of the shares.
    pub const fn held(&self) -> usize {
        self.held
    }

    /// The capacity of the pool.
    pub fn capacity(&self) -> usize {
        self.pool.capacity()
    }

    /// Counts the permit under another caller from now on.
    pub fn pass_on(&mut self, to: ShareKey) {
        let mut shares = self.pool.lock();
        self.caller = shares.pass_on(self.caller, to, self.held, Instant::now().into_std());
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.shrink_to(0);
    }
}
