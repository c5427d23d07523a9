//! What threads tell each other and the outside.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use quipu_core::{Error, Health};

/// How the files are doing.
#[derive(Debug, Default)]
pub(crate) struct State {
    closing: AtomicBool,
    writing: Mutex<Option<String>>,
    archive: Mutex<Option<String>>,
}

impl State {
    pub fn health(&self) -> Health {
        if self.is_closing() {
            return Health::Down("closed".to_owned());
        }
        if let Some(why) = self.writing.lock().clone() {
            return Health::Down(why);
        }
        self.archive.lock().clone().map_or(Health::Ready, Health::Degraded)
    }

    /// Notes how the last write ended.
    pub fn wrote(&self, result: &Result<(), Error>) {
        *self.writing.lock() = result.as_ref().err().map(ToString::to_string);
    }

    /// Notes how the last work on past files ended.
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
