//! The second look at a day file that seemed damaged.
//!
//! One read that fails, or one that brings other bytes than those on the disk, looks like damage to SQLite. A file that is set aside is out
//! of answers until somebody repairs the store. So a fresh connection, which remembers no page, first reads the whole file again.
//!
//! The file is not read past SQLite: POSIX ends all locks that a process has on a file when it closes any descriptor of it.

use std::time::{Duration, Instant};

use quipu_core::{Error, ErrorKind, Result, Retry};

use crate::check::{INTEGRITY, QUICK, structure};
use crate::fault::{Fault, NAME};
use crate::folder::{Day, Part};
use crate::schema::{self, Access, DAY};
use crate::shared::Shared;

/// A file that seems damaged again within this time, and was sound before, has its indices compared with their tables too.
const AGAIN: Duration = Duration::from_secs(3_600);
const CACHE_KIB: u32 = 2_048;

/// The outcome of a second look.
pub(crate) enum Proof {
    /// All of it can be read, and is as it should be.
    Sound,
    /// It is damaged.
    Damaged(String),
    /// It cannot be read now, which says nothing of what is stored.
    Unread(Error),
}

impl Shared {
    /// Reads the whole file of a day again. Lookers of one day wait for one another.
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

    /// What a caller is told whose read of a day failed: the same question can be answered later.
    pub(crate) fn later(&self, day: Day) -> Error {
        let text = format!("{}: a read failed", self.folder.file(Part::Data, day).display());
        Error::new(ErrorKind::Io, "read store", text).with_retry(Retry::Yes).of_backend(NAME)
    }

    /// Leaves a day out of answers if it is damaged indeed.
    ///
    /// # Errors
    /// It is not, or cannot be read now: the caller asks again.
    pub(crate) fn suspect(&self, day: Day, why: &Error) -> Result<()> {
        match self.prove(day) {
            Proof::Sound => {
                tracing::warn!(%day, error = %why, "a read went wrong; the file is sound and stays in use");
                Err(self.later(day))
            }
            Proof::Unread(error) => Err(error),
            Proof::Damaged(found) => {
                tracing::error!(%day, error = %why, found, "a day is damaged and left out of answers");
                if let Some(state) = self.days.get(day) {
                    state.quarantine(why.to_string());
                }
                Ok(())
            }
        }
    }

    /// Takes up days whose files could not be read when the store was opened, once they can be.
    pub(crate) fn take_up_unread(&self) {
        for day in self.days.unread() {
            let Some(state) = self.days.get(day) else { continue };
            match self.prove(day) {
                Proof::Sound => {
                    tracing::info!(%day, "a day can be read now and is in answers again");
                    state.is_sound();
                }
                Proof::Damaged(found) => state.quarantine(found),
                Proof::Unread(error) => tracing::debug!(%day, %error, "a day cannot be read yet"),
            }
        }
    }
}
