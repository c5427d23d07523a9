//! The writer's end of the record: where it ends, and what is added there.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::Arc;

use quipu_core::{Clock, Result};

use crate::backwards::Backwards;
use crate::folder::{self, Folder};
use crate::{Actor, AuditSettings, Durability, Entry, Head, Outcome, line};

/// Times that a lock file may be replaced while it is being taken.
const LOCK_TRIES: usize = 16;
/// The action of an entry about a line that a crash left unfinished.
const CUT: &str = "audit.cut";

/// The end of the record. Several processes may hold one each: a lock on the folder makes them take turns, and each looks whether
/// another has added something.
pub(crate) struct Chain {
    folder: Folder,
    settings: AuditSettings,
    clock: Arc<dyn Clock>,
    lock: File,
    end: Option<End>,
    /// The last entry that this process wrote or saw: it has to stay in the record.
    known: Head,
    /// The first sign that another hand cut or changed the record.
    damage: Option<String>,
    /// What was found wrong at the end and is to be noted before anything else.
    found: Vec<Entry>,
    /// Whether the disk lacks something.
    unsynced: bool,
}

/// The last file, and the entry after which the next one comes.
struct End {
    number: u64,
    file: File,
    length: u64,
    head: Head,
}

impl Chain {
    /// Finds the end of the record in a folder, which is made when it is missing, and mends what a crash left there.
    pub(crate) fn open(folder: Folder, settings: AuditSettings, clock: Arc<dyn Clock>) -> Result<Self> {
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

    /// Adds entries. When that fails, some of them may be there nevertheless.
    pub(crate) fn append(&mut self, entries: &[Entry]) -> Result<()> {
        let done = self.hold().and_then(|()| self.add(entries));
        let freed = self.lock.unlock();
        done.and(freed).map_err(|cause| {
            // Where the end is now is anybody's guess: the next attempt looks.
            self.end = None;
            folder::failed("note", self.folder.path(), cause)
        })
    }

    /// The last entry that this process wrote or saw.
    pub(crate) const fn known(&self) -> Head {
        self.known
    }

    /// The first sign that another hand cut or changed the record.
    pub(crate) fn damage(&self) -> Option<&str> {
        self.damage.as_deref()
    }

    /// Takes the lock. A lock file that was removed or replaced is made anew: two processes must not hold two different ones.
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
        Err(io::Error::other("the lock file is replaced again and again"))
    }

    /// Whether the disk lacks something.
    pub(crate) const fn is_unsynced(&self) -> bool {
        self.unsynced
    }

    /// Brings everything to the disk.
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

    /// Looks for the end in the files.
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

    /// Remembers what is wrong, each sort once, until it is noted.
    fn finds(&mut self, what: Entry) {
        if what.action != CUT {
            let told: Vec<String> =
                what.detail.iter().map(|(name, value)| format!("{name} {value}")).collect();
            let told = format!("{} {}", what.action, told.join(", "));
            tracing::error!(folder = %self.folder.path().display(), "the audit record was cut or changed from outside: {told}");
            self.damage.get_or_insert(told);
        }
        if self.found.iter().all(|entry| entry.action != what.action) {
            self.found.push(what);
        }
    }

    /// The head of the last entry that can be read.
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

    /// Whether the last entry that this process knows is still in the record. Others may have added entries after it.
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

    /// The head to go on from when the entry that this process knows is gone: the next line names that entry as the one before it, so
    /// that verifying finds the place for good.
    fn cut(&mut self, head: Head) -> Head {
        let missing = trouble("audit.missing").with("kept", self.known.to_string());
        self.finds(missing.with("found", head.to_string()));
        Head { seq: head.seq.max(self.known.seq), hash: self.known.hash }
    }

    /// The head to go on from, after a look at the one that was kept: entries that were there and are not any more are noted, and
    /// their numbers are not given twice.
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

    /// Whether the record still ends here: the same file, of the same length, with the same last line.
    fn is_last(&self, folder: &Folder) -> io::Result<bool> {
        let same = folder::is_at(&self.file, &folder.file(self.number))?
            && self.file.metadata()?.len() == self.length
            && self.has_last_line()?;
        Ok(same && !folder.file(self.number + 1).try_exists()?)
    }

    /// Whether the last line bears the hash of the last entry. A file that was just begun has none.
    fn has_last_line(&self) -> io::Result<bool> {
        let seal = line::seal(self.head.hash);
        let Some(at) = self.length.checked_sub(seal.len() as u64) else { return Ok(self.length == 0) };
        let mut bytes = Vec::with_capacity(seal.len());
        let mut file = &self.file;
        file.seek(SeekFrom::Start(at))?;
        file.take(seal.len() as u64).read_to_end(&mut bytes)?;
        Ok(bytes == seal)
    }

    /// Adds lines, or nothing.
    fn push(&mut self, text: &[u8], head: Head) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.length))?;
        if let Err(error) = self.file.write_all(text) {
            // What cannot be taken back is a line that was cut off, which the next look at the end cuts off in turn.
            let _ = self.file.set_len(self.length);
            return Err(error);
        }
        self.length += text.len() as u64;
        self.head = head;
        Ok(())
    }
}

/// Brings a file to the disk, and after that its head: a head on disk is one whose entries are.
fn keep(folder: &Folder, end: &End) -> io::Result<()> {
    end.file.sync_data()?;
    if end.head.seq > 0 { folder.keep(end.head) } else { Ok(()) }
}

fn trouble(action: &'static str) -> Entry {
    Entry::new(Actor::system(), action).ended(Outcome::Failed)
}
