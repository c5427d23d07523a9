//! Place of the one installed library of a process.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether this process has a library that is installed and not shut down.
static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Place of the installed library, which its shutdown releases for the next one.
#[derive(Debug, Default)]
pub(crate) struct Installed(AtomicBool);

impl Installed {
    /// Takes the place; `None` if another library has it.
    pub(crate) fn take() -> Option<Self> {
        (!INSTALLED.swap(true, Ordering::AcqRel)).then(|| Self(AtomicBool::new(true)))
    }

    /// Releases the place, if it is held.
    pub(crate) fn release(&self) {
        if self.0.swap(false, Ordering::AcqRel) {
            INSTALLED.store(false, Ordering::Release);
        }
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        self.release();
    }
}
