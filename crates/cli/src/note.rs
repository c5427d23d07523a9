//! Notes to the user, next to the answer of a command.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the screen belongs to the monitor.
static HUSHED: AtomicBool = AtomicBool::new(false);

/// A line on standard error, where it does not mix with the answer.
pub fn note(text: &str) {
    if !HUSHED.load(Ordering::Relaxed) {
        let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("quipu: {text}\n"));
    }
}

/// Keeps notes off the screen while it is drawn by a monitor.
pub fn hush(hushed: bool) {
    HUSHED.store(hushed, Ordering::Relaxed);
}
