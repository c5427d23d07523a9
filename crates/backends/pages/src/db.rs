//! A database file: reads and writes its pages, with checksums or encryption.

use std::ffi::c_int;
use std::sync::Arc;

use rusqlite::ffi;

use crate::cipher::FileKeys;
use crate::fault::{Answer, DamagePlace, damaged, refused};
use crate::header::{HEADER, Header, Mark, SEAL_BYTES, SUM_BYTES};
use crate::key::MasterKey;
use crate::real::{Real, answer_to_read};
use crate::sum;
use crate::trip::{self, Trip};

/// Protection of this file's pages.
#[derive(Clone)]
pub(crate) enum Guard {
    /// Unknown: the file was empty when it was opened, and its first page decides.
    Unknown,
    /// None: the file has no reserved bytes in its pages.
    None,
    Sum,
    Seal(Arc<FileKeys>),
}

/// A database file and its known properties.
pub(crate) struct Db {
    pub(crate) name: String,
    key: Option<MasterKey>,
    /// Bytes of a page; 0 before the header was read.
    pub(crate) page: usize,
    pub(crate) guard: Guard,
    /// Pages of a new file that were written before the first page decided on checksums.
    owed: Vec<u64>,
    scratch: Vec<u8>,
}

fn place(at: i64, page: usize) -> Option<(u64, usize)> {
    let (at, page) = (u64::try_from(at).ok()?, u64::try_from(page).ok().filter(|page| *page > 0)?);
    Some((at / page + 1, usize::try_from(at % page).ok()?))
}

impl Db {
    /// A file that was just opened.
    pub(crate) fn new(name: String, key: Option<MasterKey>) -> Self {
        Self { name, key, page: 0, guard: Guard::Unknown, owed: Vec::new(), scratch: Vec::new() }
    }

    /// Whether the files are encrypted.
    pub(crate) const fn seals(&self) -> bool {
        self.key.is_some()
    }

    fn mark(&self) -> Mark {
        match (&self.guard, &self.key) {
            (Guard::Sum, _) => Mark::Summed,
            (Guard::Seal(keys), Some(key)) => Mark::Sealed { key: key.id(), salt: keys.salt },
            _ => Mark::None,
        }
    }

    /// Stores the properties in the header on disk.
    fn learn(&mut self, raw: &[u8]) -> Answer {
        let Some(header) = Header::parse(raw) else { return Ok(()) };
        let guard = match (header.mark, &self.key) {
            (Mark::Sealed { key: id, salt }, Some(key)) if id == key.id() => match &self.guard {
                Guard::Seal(keys) if keys.salt == salt => None,
                _ => Some(Guard::Seal(Arc::new(FileKeys::new(key, salt).ok_or(ffi::SQLITE_IOERR_AUTH)?))),
            },
            // Another key, no key, or a file in the clear despite a key: leave the file untouched.
            (Mark::Sealed { key: id, .. }, Some(key)) => {
                let why = format!("it is encrypted with the key {id}, and the given key is {}", key.id());
                return Err(refused(&self.name, &why));
            }
            (Mark::Sealed { key: id, .. }, None) => {
                let why = format!("it is encrypted with the key {id}, and no key is given");
                return Err(refused(&self.name, &why));
            }
            (_, Some(_)) => {
                let why = "it is not encrypted, and a key is given: only a new store can be encrypted";
                return Err(refused(&self.name, why));
            }
            (Mark::Summed, None) if header.reserve != SUM_BYTES => {
                return Err(damaged(&self.name, DamagePlace::Header));
            }
            (Mark::Summed, None) => Some(Guard::Sum),
            (Mark::None, None) if header.reserve == SUM_BYTES => Some(Guard::Sum),
            (Mark::None, None) => Some(Guard::None),
        };
        self.page = header.page;
        self.guard = guard.unwrap_or_else(|| self.guard.clone());
        Ok(())
    }

    /// Reads the header on disk again, because another process may have changed it.
    pub(crate) fn refresh(&mut self, real: Real) -> Answer {
        let mut header = [0; HEADER];
        match real.read(&mut header, 0) {
            Ok(()) => self.learn(&header),
            Err(ffi::SQLITE_IOERR_SHORT_READ) => Ok(()),
            Err(code) => Err(code),
        }
    }

    pub(crate) fn read(&mut self, real: Real, out: &mut [u8], at: i64) -> Answer {
        let read = match trip::of(&self.name) {
            Some(Trip::Fails) => answer_to_read(ffi::SQLITE_IOERR_CORRUPTFS),
            Some(Trip::Flips) => Err(damaged(&self.name, DamagePlace::Header)),
            None => real.read(out, at),
        };
        if !matches!(read, Ok(()) | Err(ffi::SQLITE_IOERR_SHORT_READ)) {
            return read;
        }
        if at == 0 && out.len() >= HEADER && read.is_ok() {
            self.learn(out)?;
        } else if at > 0 && matches!(self.guard, Guard::Unknown) {
            self.refresh(real)?;
        }
        let guard = self.guard.clone();
        if matches!(guard, Guard::Unknown | Guard::None) {
            return read;
        }
        let (number, within) = place(at, self.page).ok_or(ffi::SQLITE_IOERR_READ)?;
        if number == 1 && within + out.len() <= HEADER {
            self.mark().hide(out, within);
            return read;
        }
        if within != 0 || out.len() != self.page {
            return self.read_parts(real, out, at);
        }
        if read.is_err() {
            // The file is still empty. A partial page would not come from this crate.
            return if out.iter().all(|byte| *byte == 0) {
                read
            } else {
                Err(damaged(&self.name, DamagePlace::Page(number)))
            };
        }
        self.open(&guard, out, number)
    }

    /// Verifies a page's checksum or decrypts it.
    fn open(&self, guard: &Guard, page: &mut [u8], number: u64) -> Answer {
        let sound = match guard {
            Guard::Unknown | Guard::None => true,
            Guard::Sum => sum::of_page(page, number).is_some_and(|sum| page.ends_with(&sum)),
            Guard::Seal(keys) => keys.open_page(page, number).is_some(),
        };
        if !sound {
            page.fill(0);
            return Err(damaged(&self.name, DamagePlace::Page(number)));
        }
        if number == 1 {
            self.mark().hide(page, 0);
        }
        Ok(())
    }

    /// Reads a range that is not one whole page, such as by a connection that does not know the page size
    /// yet.
    fn read_parts(&mut self, real: Real, out: &mut [u8], at: i64) -> Answer {
        let (guard, size) = (self.guard.clone(), self.page);
        let mut page = std::mem::take(&mut self.scratch);
        page.resize(size, 0);
        let mut done = 0;
        let mut answer = Ok(());
        while done < out.len() && answer.is_ok() {
            let here = at.saturating_add(i64::try_from(done).unwrap_or(i64::MAX));
            let (number, within) = place(here, size).ok_or(ffi::SQLITE_IOERR_READ)?;
            let start = here - i64::try_from(within).unwrap_or(0);
            answer = real.read(&mut page, start).and_then(|()| self.open(&guard, &mut page, number));
            let length = (size - within).min(out.len() - done);
            let (Some(to), Some(from)) =
                (out.get_mut(done..done + length), page.get(within..within + length))
            else {
                return Err(ffi::SQLITE_IOERR_READ);
            };
            if answer.is_ok() {
                to.copy_from_slice(from);
            } else {
                to.fill(0);
            }
            done += length;
        }
        if answer.is_err() {
            out.iter_mut().skip(done).for_each(|byte| *byte = 0);
        }
        self.scratch = page;
        answer
    }

    pub(crate) fn write(&mut self, real: Real, bytes: &[u8], at: i64) -> Answer {
        if at == 0 && bytes.len() >= HEADER {
            self.prepare(real, bytes)?;
        } else if matches!(self.guard, Guard::Unknown) {
            self.refresh(real)?;
        }
        match (self.guard.clone(), self.seals()) {
            (Guard::None, _) => real.write(bytes, at),
            (Guard::Unknown, false) => {
                if let Some((number, 0)) = place(at, bytes.len()) {
                    self.owed.push(number);
                }
                real.write(bytes, at)
            }
            (Guard::Unknown, true) => {
                // A new file whose first page comes last needs its keys now.
                self.be_born(bytes.len())?;
                self.write_page(real, bytes, at)
            }
            _ => self.write_page(real, bytes, at),
        }
    }

    fn be_born(&mut self, page: usize) -> Answer {
        let Some(key) = &self.key else { return Ok(()) };
        self.guard = Guard::Seal(Arc::new(FileKeys::draw(key).ok_or(ffi::SQLITE_IOERR_WRITE)?));
        self.page = page;
        Ok(())
    }

    /// Reads the protection of the whole file from the first page before SQLite writes it.
    fn prepare(&mut self, real: Real, first: &[u8]) -> Answer {
        let header = Header::parse(first).ok_or(ffi::SQLITE_IOERR_WRITE)?;
        if self.seals() {
            if matches!(self.guard, Guard::Unknown) {
                self.refresh(real)?;
            }
            if matches!(self.guard, Guard::Unknown) {
                self.be_born(header.page)?;
            }
            // Without reserved bytes the pages would be written in the clear, so refuse.
            let fits = header.reserve == SEAL_BYTES && header.page == self.page;
            return if fits { Ok(()) } else { Err(ffi::SQLITE_IOERR_WRITE) };
        }
        self.page = header.page;
        self.guard = if header.reserve == SUM_BYTES { Guard::Sum } else { Guard::None };
        let owed = std::mem::take(&mut self.owed);
        if matches!(self.guard, Guard::Sum) {
            let mut page = vec![0; self.page];
            for number in owed.into_iter().filter(|number| *number > 1) {
                let at = i64::try_from(number - 1).unwrap_or(0) * i64::try_from(page.len()).unwrap_or(0);
                real.read(&mut page, at)?;
                self.write_page(real, &page, at)?;
            }
        }
        Ok(())
    }

    fn write_page(&mut self, real: Real, bytes: &[u8], at: i64) -> Answer {
        let Some((number, 0)) = place(at, self.page).filter(|_| bytes.len() == self.page) else {
            return Err(ffi::SQLITE_IOERR_WRITE);
        };
        self.scratch.clear();
        self.scratch.extend_from_slice(bytes);
        if number == 1 {
            self.mark().put(&mut self.scratch);
        }
        let done = match &self.guard {
            Guard::Seal(keys) => keys.seal_page(&mut self.scratch, number),
            _ => sum::of_page(&self.scratch, number).and_then(|sum| {
                *self.scratch.last_chunk_mut::<SUM_BYTES>()? = sum;
                Some(())
            }),
        };
        done.ok_or::<c_int>(ffi::SQLITE_IOERR_WRITE)?;
        real.write(&self.scratch, at)
    }

    pub(crate) fn truncate(&mut self, real: Real, bytes: i64) -> Answer {
        real.truncate(bytes)?;
        if bytes == 0 {
            // The next write may start another file.
            (self.page, self.guard) = (0, Guard::Unknown);
            self.owed.clear();
        }
        Ok(())
    }
}
