//! Fault injection for reads, for tests.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Kind of an injected fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trip {
    /// The disk returns an error, which SQLite's own VFS reports as a damaged file system.
    Fails,
    /// The read returns other bytes than the stored ones.
    Flips,
}

/// Avoids the lock while no fault is armed.
static ARMED: AtomicBool = AtomicBool::new(false);
static NEXT: Mutex<Option<(String, Trip, u32)>> = Mutex::new(None);

/// Makes the next `reads` reads fail for databases whose names end with `file`; 0 disarms.
pub fn trip_reads(file: &str, trip: Trip, reads: u32) {
    *NEXT.lock().unwrap_or_else(PoisonError::into_inner) =
        (reads > 0).then(|| (file.to_owned(), trip, reads));
    ARMED.store(reads > 0, Ordering::Release);
}

/// The fault for this read of a file, if any.
pub(crate) fn of(file: &str) -> Option<Trip> {
    if !ARMED.load(Ordering::Acquire) {
        return None;
    }
    let mut next = NEXT.lock().unwrap_or_else(PoisonError::into_inner);
    let (_, trip, reads) = next.as_mut().filter(|(name, ..)| file.ends_with(name.as_str()))?;
    let trip = *trip;
    *reads -= 1;
    if *reads == 0 {
        *next = None;
        ARMED.store(false, Ordering::Release);
    }
    Some(trip)
}
