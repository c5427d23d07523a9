//! Second check of a day file with suspected damage.
//!
//! SQLite reports damage after one failed read, or after one read with wrong bytes. A file that is set aside
//! is excluded from answers until an operator repairs the store. So a new connection without cached pages
//! first reads the whole file again.
//!
//! The file is read only through SQLite: POSIX releases all locks of a process on a file when it closes any
//! descriptor of it.

use std::time::{Duration, Instant};

use quipu_core::{Error, ErrorKind, Result, Retry};

use crate::fault::{Fault, NAME};
use crate::folder::{Day, Part};
use crate::schema::{self, Access, DAY, INTEGRITY, QUICK, structure};
use crate::shared::Shared;

/// Period in which a second suspicion about a file that was intact also compares its indices with their
/// tables.
const AGAIN: Duration = Duration::from_secs(3_600);
const CACHE_KIB: u32 = 2_048;

/// Result of a second check.
pub(crate) enum Proof {
    /// All of it is readable and valid.
    Sound,
    /// It is damaged.
    Damaged(String),
    /// It is unreadable now, which does not prove damage.
    Unread(Error),
}

impl Shared {
    /// Reads the whole file of a day again. Concurrent checks of one day run one after the other.
    pub(crate) fn prove(&self, day: Day) -> Proof {
        let path = self.folder.file(Part::Data, day);
        let state = self.days.get_or_add(day);
        let mut before = state.looked_through.lock();
        let deep = before.is_some_and(|before| before.elapsed() < AGAIN);
        *before = Some(Instant::now());
        self.readers.forget(day, Some(Part::Data));
        let _ = quipu_pages::last_read_failed();
        let looked = schema::open(&DAY, &path, Access::Read { cache_kib: CACHE_KIB })
            .and_then(|conn| structure(&conn, if deep { INTEGRITY } else { QUICK }));
        let unread = quipu_pages::last_read_failed();
        match looked {
            Ok(None) | Err(Fault::Unborn) => Proof::Sound,
            Ok(Some(_)) if unread => Proof::Unread(self.later(day)),
            Ok(Some(found)) => Proof::Damaged(found),
            Err(fault) if fault.kind() == ErrorKind::Damaged && !unread => {
                Proof::Damaged(fault.at("read store", &path).to_string())
            }
            Err(fault) => Proof::Unread(fault.at("read store", &path).with_retry(Retry::Yes)),
        }
    }

    /// The caller's error after a failed read of a day. The same query can succeed later.
    pub(crate) fn later(&self, day: Day) -> Error {
        let text = format!("{}: a read failed", self.folder.file(Part::Data, day).display());
        Error::new(ErrorKind::Io, "read store", text).with_retry(Retry::Yes).of_backend(NAME)
    }

    /// Excludes a day from answers if it is really damaged.
    ///
    /// # Errors
    /// It is intact, or unreadable now: the caller may retry.
    pub(crate) fn suspect(&self, day: Day, why: &Error) -> Result<()> {
        match self.prove(day) {
            Proof::Sound => {
                tracing::warn!(%day, error = %why, "a read failed; the file is intact and stays in use");
                Err(self.later(day))
            }
            Proof::Unread(error) => Err(error),
            Proof::Damaged(found) => {
                tracing::error!(%day, error = %why, found, "a day is damaged and omitted from answers");
                if let Some(state) = self.days.get(day) {
                    state.quarantine(why.to_string());
                }
                Ok(())
            }
        }
    }

    /// Includes days that were unreadable when the store was opened, once they are readable.
    pub(crate) fn take_up_unread(&self) {
        for day in self.days.unread() {
            let Some(state) = self.days.get(day) else { continue };
            match self.prove(day) {
                Proof::Sound => {
                    tracing::info!(%day, "a day is readable again and included in answers");
                    state.is_sound();
                }
                Proof::Damaged(found) => state.quarantine(found),
                Proof::Unread(error) => tracing::debug!(%day, %error, "a day cannot be read yet"),
            }
        }
    }
}
