//! The rollback journal of an encrypted database. SQLite writes one while it creates a database, before it
//! has a log.

use rusqlite::ffi;

use crate::fault::{Answer, DamagePlace, damaged};
use crate::log::Facts;
use crate::real::Real;

/// The longest part of a journal that is not a page of the database: its header. Sectors have 512 bytes, as
/// on a device with `SQLITE_IOCAP_POWERSAFE_OVERWRITE`. Pages are longer.
const HEADER: usize = 512;
/// Meaningful bytes of the header. SQLite leaves arbitrary memory in the rest, such as part of a page.
const FIELDS: usize = 28;

/// An open journal.
pub(crate) struct Journal {
    name: String,
    scratch: Vec<u8>,
}

/// A record's offset, and the number of its page, which precedes it.
fn about(real: Real, at: i64) -> Result<[u8; 12], std::ffi::c_int> {
    let mut about = [0; 12];
    let (place, number) = about.split_at_mut(8);
    place.copy_from_slice(&at.to_be_bytes());
    real.read(number, at.checked_sub(4).ok_or(ffi::SQLITE_IOERR)?)?;
    Ok(about)
}

impl Journal {
    pub(crate) fn new(name: String) -> Self {
        Self { name, scratch: Vec::new() }
    }

    pub(crate) fn read(&mut self, real: Real, facts: Option<&Facts>, out: &mut [u8], at: i64) -> Answer {
        real.read(out, at)?;
        if out.len() < HEADER {
            return Ok(());
        }
        // A user with write access to the folder could insert pages that SQLite would accept, so verify them.
        let keys = facts.filter(|facts| facts.page == out.len()).and_then(|facts| facts.keys.as_ref());
        let opened = keys.and_then(|keys| keys.open_record(out, &about(real, at).ok()?));
        opened.ok_or_else(|| {
            out.fill(0);
            damaged(&self.name, DamagePlace::Header)
        })
    }

    pub(crate) fn write(&mut self, real: Real, facts: Option<&Facts>, bytes: &[u8], at: i64) -> Answer {
        self.scratch.clear();
        self.scratch.extend_from_slice(bytes);
        if bytes.len() <= HEADER {
            self.scratch.iter_mut().skip(FIELDS).for_each(|byte| *byte = 0);
            return real.write(&self.scratch, at);
        }
        let keys = facts.filter(|facts| facts.page == bytes.len()).and_then(|facts| facts.keys.as_ref());
        let about = about(real, at)?;
        keys.and_then(|keys| keys.seal_record(&mut self.scratch, &about)).ok_or(ffi::SQLITE_IOERR_WRITE)?;
        real.write(&self.scratch, at)
    }
}
