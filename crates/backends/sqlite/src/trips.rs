//! Injected errors for tests, at the steps where a disk may be full.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::fault::{Fault, Result};

/// Number of steps until the failing one; 0 for none.
#[derive(Debug, Default)]
pub(crate) struct Trips(AtomicU32);

impl Trips {
    pub(crate) fn set(&self, step: u32) {
        self.0.store(step, Ordering::Relaxed);
    }

    /// Passes a step.
    ///
    /// # Errors
    /// This step is the failing one.
    pub(crate) fn pass(&self) -> Result<()> {
        let left = self.0.load(Ordering::Relaxed);
        if left == 0 {
            return Ok(());
        }
        self.0.store(left - 1, Ordering::Relaxed);
        if left == 1 {
            return Err(Fault::Io(std::io::ErrorKind::StorageFull.into()));
        }
        Ok(())
    }
}
