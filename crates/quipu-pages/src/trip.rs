//! Reads that fail on purpose, for the tests of those who read.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// How a read goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trip {
    /// The disk answers with an error, which SQLite's own VFS takes for a damaged file system.
    Fails,
    /// Other bytes arrive than those that are stored.
    Flips,
}

/// Spares every read the lock while nothing is to fail.
static ARMED: AtomicBool = AtomicBool::new(false);
static NEXT: Mutex<Option<(String, Trip, u32)>> = Mutex::new(None);

/// Has the next reads of databases fail whose names end like this; 0 reads for none.
pub fn trip_reads(file: &str, trip: Trip, reads: u32) {
    *NEXT.lock().unwrap_or_else(PoisonError::into_inner) =
        (reads > 0).then(|| (file.to_owned(), trip, reads));
    ARMED.store(reads > 0, Ordering::Release);
}

/// How this read of a file is to fail.
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
