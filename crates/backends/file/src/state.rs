//! State shared by the threads and the health check.

use std::sync::atomic::{AtomicBool, Ordering};

use quipu_core::locks::Mutex;
use quipu_core::{Error, Health};

/// State of the files.
#[derive(Debug, Default)]
pub(crate) struct FileState {
    closing: AtomicBool,
    writing: Mutex<Option<String>>,
    archive: Mutex<Option<String>>,
}

impl FileState {
    pub fn health(&self) -> Health {
        if self.is_closing() {
            return Health::Down("closed".to_owned());
        }
        if let Some(why) = self.writing.lock().clone() {
            return Health::Down(why);
        }
        self.archive.lock().clone().map_or(Health::Ready, Health::Degraded)
    }

    /// Stores the result of the last write.
    pub fn wrote(&self, result: &Result<(), Error>) {
        *self.writing.lock() = result.as_ref().err().map(ToString::to_string);
    }

    /// Stores the result of the last work on past files.
    pub fn archived(&self, result: &Result<(), Error>) {
        *self.archive.lock() = result.as_ref().err().map(ToString::to_string);
    }

    pub fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }
}
