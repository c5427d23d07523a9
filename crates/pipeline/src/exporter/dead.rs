//! Dead letters: rejected batches, stored with the reason for inspection and replay.

use std::fs::{self, File};
use std::io::{ErrorKind as IoKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use quipu_core::{Batch, Error, ErrorKind, Result, Timestamp};
use serde::{Deserialize, Serialize};

use super::forgotten::Forgotten;
use super::frame::{HEAD, Head, Packed};
use super::spool::{LAYOUT, Spool, opening, spool_folder};
use super::{DeliveryConfig, private};

/// First bytes of a dead letter file.
const KIND: [u8; 8] = *b"QUIPUDED";
const ENDING: &str = "dead";

/// A batch that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    /// Its number in the folder; later letters have higher numbers.
    pub id: u64,
    /// Wall-clock time at which the batch was given up.
    pub at: Timestamp,
    /// The reason: `refused` by the target, or `retries_exhausted`.
    pub reason: String,
    /// The backend's error text. It contains no secrets and no record data.
    pub said: String,
    /// Number of records that the backend accepts.
    pub records: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

/// Result of a replay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// Replayed dead letters.
    pub letters: u64,
    /// Records in them.
    pub records: u64,
    /// Dead letters that stay, because the backlog is full or they are damaged.
    pub left: u64,
}

/// Header before the batch in the file, so a listing does not decode the batch.
#[derive(Serialize, Deserialize)]
struct Cover {
    at: Timestamp,
    reason: String,
    said: String,
    records: u64,
}

/// The dead letters of one backend, one file each. A file is written under a temporary name and then renamed,
/// so other processes can list and remove letters while the pipeline works.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    exporter: PathBuf,
    folder: PathBuf,
}

fn failed(operation: &'static str, path: &Path, cause: std::io::Error) -> Error {
    let kind = match cause.kind() {
        IoKind::NotFound => ErrorKind::NotFound,
        IoKind::PermissionDenied => ErrorKind::Denied,
        IoKind::StorageFull | IoKind::QuotaExceeded | IoKind::FileTooLarge => ErrorKind::Exhausted,
        _ => ErrorKind::Io,
    };
    Error::new(kind, operation, path.display().to_string()).caused_by(cause)
}

impl DeadLetters {
    /// Opens the dead letters in a backend's folder, with or without a running pipeline. A missing folder has
    /// none.
    pub fn open(folder: &Path) -> Self {
        Self { exporter: folder.to_path_buf(), folder: folder.join("dead") }
    }

    /// Returns all letters, oldest first. It skips incomplete files.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn list(&self) -> Result<Vec<DeadLetter>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(cause) if cause.kind() == IoKind::NotFound => return Ok(Vec::new()),
            Err(cause) => return Err(failed("list dead letters", &self.folder, cause)),
        };
        let ids = entries.flatten().filter_map(|entry| id_of(&entry.path()));
        let mut letters: Vec<DeadLetter> = ids.filter_map(|id| self.cover(id)).collect();
        letters.sort_unstable_by_key(|letter| letter.id);
        Ok(letters)
    }

    /// Returns the records of a letter.
    ///
    /// # Errors
    /// The letter does not exist, is damaged, or has the layout of another Quipu version.
    pub fn batch(&self, id: u64) -> Result<Batch> {
        let path = self.path(id);
        let bytes = fs::read(&path).map_err(|cause| failed("read dead letter", &path, cause))?;
        let damaged = || Error::new(ErrorKind::Damaged, "read dead letter", path.display().to_string());
        let (_, rest) = part::<Cover>(bytes.get(LAYOUT..).unwrap_or_default()).ok_or_else(damaged)?;
        if bytes[..LAYOUT] != opening(KIND) {
            return Err(Error::new(ErrorKind::Unsupported, "read dead letter", path.display().to_string()));
        }
        part::<Batch>(rest).map(|(batch, _)| batch).ok_or_else(damaged)
    }

    /// Removes the letters with these numbers. Returns how many existed.
    ///
    /// # Errors
    /// A letter cannot be removed; the letters before it in `ids` are already gone.
    pub fn remove(&self, ids: &[u64]) -> Result<u64> {
        let mut removed = 0;
        for id in ids {
            let path = self.path(*id);
            match fs::remove_file(&path) {
                Ok(()) => removed += 1,
                Err(cause) if cause.kind() == IoKind::NotFound => {}
                Err(cause) => return Err(failed("remove dead letter", &path, cause)),
            }
        }
        Ok(removed)
    }

    /// Moves all letters into the backend's spool; the next start of the pipeline delivers them. For a
    /// running pipeline use `Pipeline::replay`.
    ///
    /// # Errors
    /// A running pipeline holds the spool, the backend has no spool, or the spool cannot be written. The rest
    /// stay dead letters.
    pub fn replay(&self, config: &DeliveryConfig) -> Result<Replayed> {
        let folder = spool_folder(&config.spool, Some(&self.exporter)).ok_or_else(|| {
            let context = "this backend has no spool: start Quipu and let it replay";
            Error::new(ErrorKind::Unsupported, "replay dead letters", context)
        })?;
        // A pipeline with a spool creates this folder. In any other folder no pipeline would find the
        // letters.
        if !folder.is_dir() {
            let context =
                "there is no spool folder: check the name of the exporter, or start Quipu and let it replay";
            return Err(Error::new(ErrorKind::NotFound, "replay dead letters", context));
        }
        let mut spool = Spool::open(&folder, &config.spool)?;
        self.each(|letter, batch| {
            let packed = Packed::of(&batch)?;
            spool.append(&packed, usize::try_from(letter.records).unwrap_or(usize::MAX)).map(|_| ())
        })
    }

    /// Passes each batch to `take`, oldest first, and removes accepted letters. It stops at the first
    /// rejected letter, because the later ones would be rejected too. Damaged letters stay.
    pub(super) fn each(&self, mut take: impl FnMut(&DeadLetter, Batch) -> Result<()>) -> Result<Replayed> {
        let letters = self.list()?;
        let mut replayed = Replayed { left: letters.len() as u64, ..Replayed::default() };
        for letter in letters {
            let Ok(batch) = self.batch(letter.id) else { continue };
            match take(&letter, batch) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Exhausted => return Ok(replayed),
                Err(error) => return Err(error),
            }
            self.remove(&[letter.id])?;
            replayed.letters += 1;
            replayed.records += letter.records;
            replayed.left -= 1;
        }
        Ok(replayed)
    }

    /// Deletes matching records from all letters and removes empty letters. Returns the number of records,
    /// and the errors of single letters; an error does not stop the others.
    ///
    /// # Errors
    /// The folder cannot be read or written.
    pub(super) fn forget(
        &self,
        what: &Forgotten,
        taken: &dyn Fn(&Batch) -> usize,
        dry: bool,
    ) -> Result<(u64, Vec<Error>)> {
        let (mut gone, mut troubles) = (0, Vec::new());
        for letter in self.list()? {
            match self.forget_in(&letter, what, taken, dry) {
                Ok(records) => gone += records,
                // Another process removed the letter.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => troubles.push(error),
            }
        }
        if gone > 0 && !dry {
            private::sync_folder(&self.folder)
                .map_err(|cause| failed("forget dead letters", &self.folder, cause))?;
        }
        Ok((gone, troubles))
    }

    fn forget_in(
        &self,
        letter: &DeadLetter,
        what: &Forgotten,
        taken: &dyn Fn(&Batch) -> usize,
        dry: bool,
    ) -> Result<u64> {
        let Some((left, records)) = what.without(&self.batch(letter.id)?) else { return Ok(0) };
        let takes = taken(&left).min(usize::try_from(letter.records).unwrap_or(usize::MAX));
        match takes {
            _ if dry => {}
            0 => drop(self.remove(&[letter.id])?),
            takes => {
                let why = (letter.reason.as_str(), letter.said.as_str());
                self.put(letter.id, letter.at, why, takes, &left)?;
                let path = self.path(letter.id);
                File::open(&path)
                    .and_then(|file| file.sync_all())
                    .map_err(|cause| failed("forget dead letter", &path, cause))?;
            }
        }
        Ok(records)
    }

    /// Removes temporary files of a process that was killed during a write.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub(super) fn remove_unfinished(&self) -> Result<()> {
        private::remove_ending(&self.folder, "part")
            .map_err(|cause| failed("open dead letters", &self.folder, cause))
    }

    /// Writes a letter.
    pub(super) fn put(
        &self,
        id: u64,
        at: Timestamp,
        (reason, said): (&str, &str),
        records: usize,
        batch: &Batch,
    ) -> Result<DeadLetter> {
        let records = u64::try_from(records).unwrap_or(u64::MAX);
        let cover = Cover { at, reason: reason.to_owned(), said: said.to_owned(), records };
        let mut bytes = opening(KIND).to_vec();
        for packed in [Packed::of(&cover)?, Packed::of(batch)?] {
            bytes.extend_from_slice(&Head::of(&packed, 0, 0).to_bytes());
            bytes.extend_from_slice(packed.bytes());
        }
        let (path, beside) = (self.path(id), self.folder.join(format!("{id:020}.part")));
        let written = private::folder(&self.folder)
            .and_then(|()| private::file().create(true).truncate(true).write(true).open(&beside))
            .and_then(|mut file| file.write_all(&bytes))
            .and_then(|()| fs::rename(&beside, &path));
        written.map_err(|cause| {
            let _ = fs::remove_file(&beside);
            failed("keep dead letter", &path, cause)
        })?;
        let Cover { reason, said, .. } = cover;
        Ok(DeadLetter { id, at, reason, said, records, bytes: bytes.len() as u64 })
    }

    /// Modification time of the folder; `None` if there is none.
    pub(super) fn changed(&self) -> Option<SystemTime> {
        fs::metadata(&self.folder).and_then(|folder| folder.modified()).ok()
    }

    fn path(&self, id: u64) -> PathBuf {
        self.folder.join(format!("{id:020}.{ENDING}"))
    }

    fn cover(&self, id: u64) -> Option<DeadLetter> {
        let mut file = File::open(self.path(id)).ok()?;
        let size = file.metadata().ok()?.len();
        let mut start = [0; LAYOUT + HEAD];
        file.read_exact(&mut start).ok()?;
        if start[..LAYOUT] != opening(KIND) {
            return None;
        }
        let head = Head::read(&start[LAYOUT..]).filter(|head| u64::from(head.stored) < size)?;
        let mut stored = vec![0; usize::try_from(head.stored).ok()?];
        file.read_exact(&mut stored).ok()?;
        let Cover { at, reason, said, records } = head.unpack(&stored)?;
        Some(DeadLetter { id, at, reason, said, records, bytes: size })
    }
}

fn id_of(path: &Path) -> Option<u64> {
    let ours = path.extension().is_some_and(|ending| ending == ENDING);
    path.file_stem().filter(|_| ours)?.to_str()?.parse().ok()
}

/// Decodes the first frame; returns its content and the bytes after it.
fn part<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Option<(T, &[u8])> {
    let head = Head::read(bytes)?;
    let (stored, rest) = bytes[HEAD..].split_at_checked(usize::try_from(head.stored).ok()?)?;
    Some((head.unpack(stored)?, rest))
}
