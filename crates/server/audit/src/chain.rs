//! The end of the hash chain, and the appending of entries.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::Arc;

use quipu_core::{Clock, Result};

use crate::backwards::Backwards;
use crate::folder::{self, Folder};
use crate::{Actor, AuditConfig, Durability, Entry, Head, Outcome, line};

/// The maximum number of attempts to take a lock file that is being replaced.
const LOCK_TRIES: usize = 16;
/// The action of an entry about a line that a crash left unfinished.
const CUT: &str = "audit.cut";

/// The end of the audit log. Several processes may each hold one: a lock on the folder serialises them, and
/// each one checks whether another has appended.
pub(crate) struct Chain {
    folder: Folder,
    settings: AuditConfig,
    clock: Arc<dyn Clock>,
    lock: File,
    end: Option<End>,
    /// The last entry that this process wrote or read. It has to stay in the log.
    known: Head,
    /// The first sign that the log was cut or changed from outside.
    damage: Option<String>,
    /// Entries about errors found at the end of the log; they are written before any other entry.
    found: Vec<Entry>,
    /// Whether some lines are not yet flushed to the disk.
    unsynced: bool,
}

/// The last file, and the entry that the next one follows.
struct End {
    number: u64,
    file: File,
    length: u64,
    head: Head,
}

impl Chain {
    /// Finds the end of the log in a folder, creates a missing folder, and repairs a line that a crash cut
    /// off.
    pub(crate) fn open(folder: Folder, settings: AuditConfig, clock: Arc<dyn Clock>) -> Result<Self> {
        let wrong = |cause| folder::failed("open", folder.path(), cause);
        folder.create().map_err(wrong)?;
        let lock = folder.lock_file().map_err(wrong)?;
        let mut chain = Self {
            folder,
            settings,
            clock,
            lock,
            end: None,
            known: Head::default(),
            damage: None,
            found: Vec::new(),
            unsynced: false,
        };
        chain.append(&[])?;
        Ok(chain)
    }

    /// Appends entries. If this fails, some of them may have been written.
    pub(crate) fn append(&mut self, entries: &[Entry]) -> Result<()> {
        let done = self.hold().and_then(|()| self.add(entries));
        let freed = self.lock.unlock();
        done.and(freed).map_err(|cause| {
            // The end of the file is unknown now; the next attempt looks for it.
            self.end = None;
            folder::failed("note", self.folder.path(), cause)
        })
    }

    /// The last entry that this process wrote or read.
    pub(crate) const fn known(&self) -> Head {
        self.known
    }

    /// The first sign that the log was cut or changed from outside.
    pub(crate) fn damage(&self) -> Option<&str> {
        self.damage.as_deref()
    }

    /// Takes the lock. A removed or replaced lock file is opened again, because two processes must not hold
    /// two different files.
    fn hold(&mut self) -> io::Result<()> {
        for _ in 0..LOCK_TRIES {
            self.lock.lock()?;
            if self.folder.is_lock_file(&self.lock)? {
                return Ok(());
            }
            self.lock.unlock()?;
            self.folder.create()?;
            self.lock = self.folder.lock_file()?;
        }
        Err(io::Error::other("another process keeps replacing the lock file"))
    }

    /// Whether some lines are not yet flushed to the disk.
    pub(crate) const fn is_unsynced(&self) -> bool {
        self.unsynced
    }

    /// Flushes everything to the disk.
    pub(crate) fn sync(&mut self) -> Result<()> {
        if !self.unsynced {
            return Ok(());
        }
        if self.end.is_none() {
            self.append(&[])?;
        }
        let Some(end) = &self.end else { return Ok(()) };
        let done = self.lock.lock().and_then(|()| keep(&self.folder, end));
        let freed = self.lock.unlock();
        done.and(freed).map_err(|cause| folder::failed("flush", self.folder.path(), cause))?;
        self.unsynced = false;
        Ok(())
    }

    fn add(&mut self, entries: &[Entry]) -> io::Result<()> {
        let mut end = match self.end.take() {
            Some(end) if end.is_last(&self.folder)? => end,
            _ => self.find()?,
        };
        let is_first = end.head.seq == 0;
        let found = std::mem::take(&mut self.found);
        if let Err(error) = self.write(&mut end, found.iter().chain(entries)) {
            self.found = found;
            return Err(error);
        }
        if !(found.is_empty() && entries.is_empty()) {
            self.unsynced = true;
            if is_first || self.settings.durability == Durability::Disk {
                keep(&self.folder, &end)?;
                self.unsynced = false;
            }
        }
        self.known = end.head;
        self.end = Some(end);
        Ok(())
    }

    fn write<'a>(&self, end: &mut End, entries: impl Iterator<Item = &'a Entry>) -> io::Result<()> {
        let mut text = Vec::new();
        let mut head = end.head;
        for entry in entries {
            if end.length + text.len() as u64 >= self.settings.file_bytes {
                end.push(&text, head)?;
                text.clear();
                keep(&self.folder, end)?;
                *end = End::make(&self.folder, end.number + 1, head)?;
            }
            let spelt = line::write(entry, self.clock.now(), head, &mut text);
            head = spelt.ok_or(io::ErrorKind::InvalidData)?;
        }
        end.push(&text, head)
    }

    /// Finds the end in the files.
    fn find(&mut self) -> io::Result<End> {
        let kept = self.folder.head()?;
        let numbers = self.folder.numbers()?;
        let last = numbers.last().copied().unwrap_or(1);
        let file = self.folder.open(&self.folder.file(last))?;
        let length = file.metadata()?.len();
        let whole = Backwards::new(&file, length)?.end();
        if whole < length {
            file.set_len(whole)?;
            self.finds(trouble(CUT).with("bytes", (length - whole).to_string()));
        }
        let head = self.last_head(&numbers)?.unwrap_or_default();
        let head = if self.has_known(&numbers)? { self.compared(head, kept) } else { self.cut(head) };
        if numbers.is_empty() {
            self.folder.sync()?;
        }
        Ok(End { number: last, file, length: whole, head })
    }

    /// Remembers an error, one of each kind, until it is recorded.
    fn finds(&mut self, what: Entry) {
        if what.action != CUT {
            let told: Vec<String> =
                what.detail.iter().map(|(name, value)| format!("{name} {value}")).collect();
            let told = format!("{} {}", what.action, told.join(", "));
            tracing::error!(folder = %self.folder.path().display(), "the audit record was cut or changed by \
                another program: {told}");
            self.damage.get_or_insert(told);
        }
        if self.found.iter().all(|entry| entry.action != what.action) {
            self.found.push(what);
        }
    }

    /// Returns the head of the last readable entry.
    fn last_head(&mut self, numbers: &[u64]) -> io::Result<Option<Head>> {
        for number in numbers.iter().rev() {
            let file = File::open(self.folder.file(*number))?;
            let length = file.metadata()?.len();
            let mut lines = Backwards::new(file, length)?;
            while let Some(text) = lines.line()? {
                if let Ok(noted) = line::read(&text) {
                    return Ok(Some(noted.head()));
                }
                self.finds(trouble("audit.unreadable").on(folder::name(*number)));
            }
        }
        Ok(None)
    }

    /// Returns whether the last entry known to this process is still in the log. Other processes may have
    /// appended after it.
    fn has_known(&self, numbers: &[u64]) -> io::Result<bool> {
        if self.known.seq == 0 {
            return Ok(true);
        }
        for number in numbers.iter().rev() {
            let file = File::open(self.folder.file(*number))?;
            let length = file.metadata()?.len();
            let mut lines = Backwards::new(file, length)?;
            while let Some(text) = lines.line()? {
                match line::read(&text) {
                    Ok(noted) if noted.seq <= self.known.seq => return Ok(noted.head() == self.known),
                    _ => {}
                }
            }
        }
        Ok(false)
    }

    /// Returns the head to continue from if the entry known to this process is gone. The next line names that
    /// entry as its predecessor, so a verification always finds the place.
    fn cut(&mut self, head: Head) -> Head {
        let missing = trouble("audit.missing").with("kept", self.known.to_string());
        self.finds(missing.with("found", head.to_string()));
        Head { seq: head.seq.max(self.known.seq), hash: self.known.hash }
    }

    /// Returns the head to continue from, after a comparison with the stored head. Missing entries are
    /// recorded, and their numbers are not used again.
    fn compared(&mut self, head: Head, kept: Option<Head>) -> Head {
        match kept {
            Some(kept) if kept.seq > head.seq || (kept.seq == head.seq && kept.hash != head.hash) => {
                let missing = trouble("audit.missing").with("kept", kept.to_string());
                self.finds(missing.with("found", head.to_string()));
                kept
            }
            None if head.seq > 0 => {
                self.finds(trouble("audit.headless").with("found", head.to_string()));
                head
            }
            _ => head,
        }
    }
}

impl End {
    fn make(folder: &Folder, number: u64, head: Head) -> io::Result<Self> {
        let file = folder.open(&folder.file(number))?;
        folder.sync()?;
        Ok(Self { number, file, length: 0, head })
    }

    /// Returns whether the log still ends here: the same file, the same length, the same last line.
    fn is_last(&self, folder: &Folder) -> io::Result<bool> {
        let same = folder::is_at(&self.file, &folder.file(self.number))?
            && self.file.metadata()?.len() == self.length
            && self.has_last_line()?;
        Ok(same && !folder.file(self.number + 1).try_exists()?)
    }

    /// Returns whether the last line has the hash of the last entry. A new file has no line.
    fn has_last_line(&self) -> io::Result<bool> {
        let seal = line::seal(self.head.hash);
        let Some(at) = self.length.checked_sub(seal.len() as u64) else { return Ok(self.length == 0) };
        let mut bytes = Vec::with_capacity(seal.len());
        let mut file = &self.file;
        file.seek(SeekFrom::Start(at))?;
        file.take(seal.len() as u64).read_to_end(&mut bytes)?;
        Ok(bytes == seal)
    }

    /// Appends all lines or none.
    fn push(&mut self, text: &[u8], head: Head) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.length))?;
        if let Err(error) = self.file.write_all(text) {
            // If the file cannot be truncated, it ends with a cut-off line, which the next search for the end
            // removes.
            let _ = self.file.set_len(self.length);
            return Err(error);
        }
        self.length += text.len() as u64;
        self.head = head;
        Ok(())
    }
}

/// Flushes a file and then stores its head, so a head on disk always has its entries on disk.
fn keep(folder: &Folder, end: &End) -> io::Result<()> {
    end.file.sync_data()?;
    if end.head.seq > 0 { folder.keep(end.head) } else { Ok(()) }
}

fn trouble(action: &'static str) -> Entry {
    Entry::new(Actor::system(), action).ended(Outcome::Failed)
}
