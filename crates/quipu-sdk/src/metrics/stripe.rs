//! A cell for each thread, so that threads that record at once do not meet.
//!
//! A cell that one thread alone writes needs no locked instruction: a load and a store do. Which cell is a thread's own is
//! decided once in its life, by a slot that it holds until it ends; the next thread goes on with the same cells.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use parking_lot::Mutex;

/// Threads that have cells of their own at one time; all others share one cell.
pub(crate) const SLOTS: usize = 32;
/// Not asked for yet.
const UNSET: usize = usize::MAX;

/// Slots that nobody holds: those given back, and all from `next` on.
struct Free {
    back: Vec<usize>,
    next: usize,
}

static FREE: Mutex<Free> = Mutex::new(Free { back: Vec::new(), next: 0 });

/// A slot while its thread lives.
struct Lease(usize);

impl Lease {
    fn take() -> Self {
        let mut free = FREE.lock();
        if let Some(slot) = free.back.pop() {
            return Self(slot);
        }
        let slot = free.next.min(SLOTS);
        free.next = (slot + 1).min(SLOTS);
        Self(slot)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // What this thread still records in the destructors to come goes to the shared cells.
        SLOT.set(SLOTS);
        if self.0 < SLOTS {
            FREE.lock().back.push(self.0);
        }
    }
}

thread_local! {
    static SLOT: Cell<usize> = const { Cell::new(UNSET) };
    static LEASE: Lease = Lease::take();
}

/// This thread's slot; [`SLOTS`] for a thread without one.
#[inline]
fn slot() -> usize {
    match SLOT.get() {
        UNSET => first_slot(),
        slot => slot,
    }
}

#[cold]
fn first_slot() -> usize {
    let slot = LEASE.try_with(|lease| lease.0).unwrap_or(SLOTS);
    SLOT.set(slot);
    slot
}

/// What can be kept in several cells and added up.
pub(crate) trait Tally {
    /// An empty one of the same shape.
    fn fresh(&self) -> Self;
}

/// One value in several cells.
pub(crate) struct Striped<T> {
    shared: T,
    own: [OnceLock<Box<T>>; SLOTS],
}

impl<T: Tally> Striped<T> {
    pub fn new(shared: T) -> Self {
        Self { shared, own: [const { OnceLock::new() }; SLOTS] }
    }

    /// This thread's own cell; the shared one where it has none and `budget` for new ones is spent.
    #[inline]
    pub fn own(&self, budget: &AtomicUsize) -> Option<&T> {
        let own = self.own.get(slot())?;
        match own.get() {
            Some(cell) => Some(cell),
            None => self.first(own, budget),
        }
    }

    #[cold]
    fn first<'a>(&self, own: &'a OnceLock<Box<T>>, budget: &AtomicUsize) -> Option<&'a T> {
        budget.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).ok()?;
        Some(own.get_or_init(|| Box::new(self.shared.fresh())))
    }

    /// The cell that any thread may write, by locked instructions.
    #[inline]
    pub fn shared(&self) -> &T {
        &self.shared
    }

    /// Every cell.
    pub fn cells(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.shared).chain(self.own.iter().filter_map(|own| own.get().map(|cell| &**cell)))
    }
}
