//! Memory for answers and gateway bodies, in fair shares.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use quipu_core::{MemoryBudget, Meter};
use tokio::time::Instant;

use crate::{Busy, Permit, Pool, ShareKey};

/// Permits of one caller that may wait for memory at a time.
const MOST_WAITING: usize = 16;
/// The minimum growth of a shared permit in bytes, so that many small requests rarely lock the pool.
const STEP: usize = 64 << 10;

/// A pool of memory in bytes, with fair shares for callers. Clones share the pool.
#[derive(Clone)]
pub struct MemoryPool {
    pool: Pool,
    meter: Arc<dyn Meter>,
}

impl MemoryPool {
    /// Creates a pool of `bytes`, usually [`quipu_core::Limits::answer_bytes`]. `meter` counts the rejected
    /// requests.
    pub fn new(bytes: usize, meter: Arc<dyn Meter>) -> Self {
        let lack = "too much memory is in use for answers (limit answer_bytes)";
        Self { pool: Pool::new(bytes, lack).with_waiting(MOST_WAITING), meter }
    }

    /// Returns an empty permit of a caller.
    pub fn permit(&self, caller: ShareKey) -> MemoryPermit {
        MemoryPermit { permit: self.pool.permit(caller) }
    }

    /// Bytes held by permits.
    pub fn held(&self) -> u64 {
        u64::try_from(self.pool.held()).unwrap_or(u64::MAX)
    }

    /// The capacity in bytes.
    pub fn capacity(&self) -> usize {
        self.pool.capacity()
    }

    /// Counts one request that was rejected for lack of memory. Permits do not count, because one request may
    /// ask several times.
    pub fn count_refused(&self) {
        self.meter.add("quipu_memory_refusals_total", &[], 1);
    }
}

/// Bytes of a pool, returned when dropped.
pub struct MemoryPermit {
    permit: Permit,
}

impl MemoryPermit {
    /// Grows the permit to `bytes` in total without waiting. A permit never exceeds the pool: a larger
    /// request gets the whole pool if no other caller holds any memory.
    ///
    /// # Errors
    /// Too little memory is free; the permit is unchanged.
    pub fn try_grow_to(&mut self, bytes: usize) -> Result<(), Busy> {
        self.permit.try_grow_to(bytes).map_err(|_| self.permit.busy())
    }

    /// As [`MemoryPermit::try_grow_to`], but a caller below its fair share waits until `until` at most.
    ///
    /// # Errors
    /// As for [`MemoryPermit::try_grow_to`].
    pub async fn grow_to(&mut self, bytes: usize, until: Instant) -> Result<(), Busy> {
        self.permit.wait_to_grow_to(bytes, until).await
    }

    /// Returns the bytes above `bytes`.
    pub fn shrink_to(&mut self, bytes: usize) {
        self.permit.shrink_to(bytes);
    }

    /// Bytes that the permit holds.
    pub const fn held(&self) -> usize {
        self.permit.held()
    }

    /// Converts the permit to a budget that several threads of one request can charge.
    pub fn share(self) -> SharedMemory {
        let least = self.permit.held();
        SharedMemory {
            state: Mutex::new(HoldState { permit: self.permit, used: 0, least }),
            lacked: AtomicUsize::new(0),
        }
    }
}

/// The permit of one request, as the budget that its code charges.
pub struct SharedMemory {
    state: Mutex<HoldState>,
    lacked: AtomicUsize,
}

struct HoldState {
    permit: Permit,
    used: usize,
    /// Bytes held before the request began; the request keeps them.
    least: usize,
}

impl SharedMemory {
    /// The bytes that the request needed when it was last rejected; 0 if it never was.
    pub fn lacked(&self) -> usize {
        self.lacked.load(Ordering::Relaxed)
    }
}

impl MemoryBudget for SharedMemory {
    fn take(&self, bytes: usize) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let used = state.used.saturating_add(bytes);
        let (held, capacity) = (state.permit.held(), state.permit.capacity());
        // A request larger than the pool is rejected even if no other caller holds memory.
        let fits = used <= held
            || used <= capacity
                && (state.permit.try_grow_to(used.saturating_add(STEP)).is_ok()
                    || state.permit.try_grow_to(used).is_ok());
        if fits {
            state.used = used;
        } else {
            self.lacked.store(used, Ordering::Relaxed);
        }
        fits
    }

    fn give_back(&self, bytes: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.used = state.used.saturating_sub(bytes);
        let keep = state.used.saturating_add(STEP).max(state.least);
        // Small parts are not returned one by one, because each return would wake all waiting requests.
        if state.permit.held() > keep.saturating_add(STEP) {
            state.permit.shrink_to(keep);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use quipu_core::NoMeter;

    use super::*;

    const MIB: usize = 1 << 20;

    #[tokio::test(start_paused = true)]
    async fn one_caller_leaves_memory_for_another_and_what_is_given_back_is_given_again() {
        let pool = MemoryPool::new(8 * MIB, Arc::new(NoMeter));
        let (loud, polite) = (ShareKey::new(&"loud", &0), ShareKey::new(&"polite", &0));
        let mut held = Vec::new();
        loop {
            let mut permit = pool.permit(loud);
            if permit.try_grow_to(MIB).is_err() {
                break;
            }
            held.push(permit);
        }
        assert_eq!(held.len(), 4);
        let mut one = pool.permit(polite);
        one.try_grow_to(2 * MIB).unwrap();
        let until = Instant::now() + Duration::from_secs(5);
        pool.permit(loud).grow_to(MIB, until).await.unwrap_err();
        drop((held, one));
        assert_eq!(pool.held(), 0);
    }

    #[test]
    fn a_request_is_charged_for_what_it_uses_and_never_has_more_than_there_is() {
        let pool = MemoryPool::new(8 * MIB, Arc::new(NoMeter));
        let budget = pool.permit(ShareKey::new(&"a", &0)).share();
        assert!(budget.take(5 * MIB) && budget.take(3 * MIB));
        assert!(!budget.take(1));
        assert_eq!((budget.lacked(), pool.held()), (8 * MIB + 1, 8 << 20));
        budget.give_back(7 * MIB);
        assert!(pool.held() <= (MIB + 2 * STEP) as u64, "{}", pool.held());
        drop(budget);
        assert_eq!(pool.held(), 0);
    }
}
