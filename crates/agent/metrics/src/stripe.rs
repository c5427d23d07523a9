//! Per-thread cells, so threads record without contention.
//!
//! A cell with a single writer needs no locked instruction; a load and a store suffice. A thread gets a slot
//! at its first record and holds it until it ends. The next thread with the slot continues with the same
//! cells.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use quipu_core::locks::Mutex;

/// Most threads with their own cells at one time; all others share one cell.
pub(crate) const SLOTS: usize = 32;
/// The thread has no slot yet.
const UNSET: usize = usize::MAX;

/// Free slots: the returned ones, and all from `next` on.
struct Free {
    back: Vec<usize>,
    next: usize,
}

static FREE: Mutex<Free> = Mutex::new(Free { back: Vec::new(), next: 0 });

/// A slot, held while its thread lives.
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
        // Records in later destructors of this thread go to the shared cells.
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

/// A value that can be split over several cells and added up.
pub(crate) trait Tally {
    /// An empty value of the same shape.
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

    /// This thread's own cell; `None` if it has none and the `budget` for new cells is used up.
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

    /// The cell that any thread can write, with locked instructions.
    #[inline]
    pub fn shared(&self) -> &T {
        &self.shared
    }

    /// Every cell.
    pub fn cells(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.shared).chain(self.own.iter().filter_map(|own| own.get().map(|cell| &**cell)))
    }
}
