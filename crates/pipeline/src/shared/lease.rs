//! Lease of a store: the process that writes hands the lock over to one that asks for it.
//!
//! Two marker files in the inbox carry the requests. `lease` says that the holder of the lock hands it over
//! on request. `wanted` is the request.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use quipu_core::{ErrorKind, Result};

use super::inbox::Inbox;
use crate::exporter::private;

/// Longest wait for the holder.
const PATIENCE: Duration = Duration::from_secs(5);
/// Pause between two attempts.
const PAUSE: Duration = Duration::from_millis(50);
/// Age after which a request no longer counts: its process has died.
const STALE: Duration = Duration::from_secs(10);

fn lease(inbox: &Inbox) -> PathBuf {
    inbox.folder().join("lease")
}

fn wanted(inbox: &Inbox) -> PathBuf {
    inbox.folder().join("wanted")
}

/// Declares that this process hands the store over on request.
pub(super) fn offer(inbox: &Inbox) {
    let made = private::folder(inbox.folder()).and_then(|()| mark(&lease(inbox)));
    if let Err(cause) = made {
        tracing::debug!(%cause, "the store cannot be handed over to other processes");
    }
}

/// Withdraws [`offer`].
pub(super) fn withdraw(inbox: &Inbox) {
    let _ = fs::remove_file(lease(inbox));
}

/// Whether another process asks for the store.
pub(super) fn is_wanted(inbox: &Inbox) -> bool {
    let changed = fs::metadata(wanted(inbox)).and_then(|found| found.modified());
    changed.is_ok_and(|at| at.elapsed().unwrap_or_default() < STALE)
}

fn mark(path: &Path) -> std::io::Result<()> {
    let file = private::file().create(true).truncate(true).write(true).open(path)?;
    file.set_modified(std::time::SystemTime::now())
}

/// Opens the store in `folder` for writing. If a library in another process holds it, the library hands it
/// over and takes it back once the caller has closed it. Blocks for at most five seconds.
///
/// # Errors
/// The errors of `open`. [`ErrorKind::Locked`]: the holder does not hand the store over.
pub fn open_leased<T>(folder: &Path, open: impl Fn() -> Result<T>) -> Result<T> {
    let inbox = Inbox::of_store(folder);
    let first = open();
    match &first {
        Err(error) if error.kind() == ErrorKind::Locked && lease(&inbox).exists() => {}
        Err(_) => return first,
        Ok(_) => {
            withdraw(&inbox);
            return first;
        }
    }
    let opened = ask(&inbox, open, first);
    let _ = fs::remove_file(wanted(&inbox));
    if opened.is_ok() {
        withdraw(&inbox);
    }
    opened
}

fn ask<T>(inbox: &Inbox, open: impl Fn() -> Result<T>, mut last: Result<T>) -> Result<T> {
    if mark(&wanted(inbox)).is_err() {
        return last;
    }
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        std::thread::sleep(PAUSE);
        last = open();
        if !last.as_ref().is_err_and(|error| error.kind() == ErrorKind::Locked) {
            break;
        }
    }
    last
}
