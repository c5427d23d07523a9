//! Connections for reading: opened on demand, kept while in use often, bounded in total.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, RwLock};
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OptionalExtension};

use crate::codec::{Dictionaries, Figures, usd};
use crate::fault::Result;
use crate::folder::{Day, Folder, Part};
use crate::read::words::Words;
use crate::schema::{self, Access, DAY, TEXT};

/// A connection to one of a day's files, while nobody uses it or somebody has it for himself.
pub(crate) struct Idle {
    part: Part,
    day: Day,
    pub(crate) conn: Connection,
    words: Arc<Words>,
    /// The file that it has open.
    file: Option<FileId>,
    since: Instant,
}

/// Which file lies at a path: another one may take its place while the old one is still open.
pub(crate) type FileId = (u64, u64);

/// `None` where there is no file, or the platform does not tell.
pub(crate) fn file_id(path: &Path) -> Option<FileId> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let meta = std::fs::metadata(path).ok()?;
        Some((meta.dev(), meta.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// Files that a connection has open: the database, its log, and the log's index.
const FILES_PER_CONNECTION: usize = 3;

/// Files that this process may have open; idle connections take a fifth of them at most.
fn open_files() -> usize {
    #[cfg(unix)]
    {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        limit.current.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX))
    }
    #[cfg(not(unix))]
    {
        usize::MAX
    }
}

/// The pool.
pub(crate) struct Readers {
    folder: Folder,
    most_idle: usize,
    cache_kib: u32,
    idle: Mutex<Vec<Idle>>,
    /// Held to read while a connection is made, which opens several files, and to write while they are exchanged.
    opening: RwLock<()>,
}

/// A connection to a day, for one question.
pub(crate) struct DayReader<'s> {
    pub(crate) day: Day,
    pub(crate) conn: &'s Connection,
    /// Words by which this question tests spans.
    pub(crate) words: &'s Words,
    pub(crate) dictionaries: &'s Dictionaries,
}

impl DayReader<'_> {
    /// Unpacks a body of this day.
    pub(crate) fn unpack(&self, packed: &[u8]) -> Result<Vec<u8>> {
        unpack(self.conn, self.dictionaries, packed)
    }
}

/// Unpacks a body of the day behind `conn`, whose own copy of the dictionary is used when memory has none.
pub(crate) fn unpack(conn: &Connection, dictionaries: &Dictionaries, packed: &[u8]) -> Result<Vec<u8>> {
    dictionaries.unpack(packed, |id| {
        let bytes: Option<Vec<u8>> = conn
            .prepare_cached("SELECT bytes FROM dicts WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        bytes.ok_or(crate::fault::Fault::Damaged("a dictionary is missing"))
    })
}

/// `usd_at_least(column, bytes)`: whether an amount is known and at least that of the 16 bytes, exactly.
/// `llm_calls(figures)`: the calls in packed sums.
/// `has_words(number, span)`: whether a span has the words of that number among `words`.
fn add_functions(conn: &Connection, words: &Arc<Words>) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    conn.create_scalar_function("usd_at_least", 2, flags, |values| {
        let amount = usd(values.get_raw(0)).ok().flatten();
        let least = usd(values.get_raw(1)).ok().flatten();
        Ok(amount.zip(least).is_some_and(|(amount, least)| amount >= least))
    })?;
    conn.create_scalar_function("llm_calls", 1, flags, |values| {
        let figures = values.get_raw(0).as_blob().ok().and_then(|bytes| Figures::unpack(bytes).ok());
        Ok(figures.map(|figures| figures.calls))
    })?;
    let words = Arc::clone(words);
    conn.create_scalar_function("has_words", 2, FunctionFlags::SQLITE_UTF8, move |values| {
        words.test(values.get::<usize>(0)?, values.get(1)?)
    })?;
    Ok(())
}

impl Readers {
    pub(crate) fn new(folder: Folder, most_idle: usize, cache_kib: u32) -> Self {
        let most_idle = most_idle.min(open_files() / FILES_PER_CONNECTION / 5);
        Self { folder, most_idle, cache_kib, idle: Mutex::default(), opening: RwLock::default() }
    }

    /// Runs `ask` on a connection to that file.
    pub(crate) fn with<T>(
        &self,
        part: Part,
        day: Day,
        ask: impl FnOnce(&Connection) -> Result<T>,
    ) -> Result<T> {
        self.with_words(part, day, |conn, _| ask(conn))
    }

    /// Runs `ask` on a connection to that file, with the words that its function `has_words` knows. They end with it.
    pub(crate) fn with_words<T>(
        &self,
        part: Part,
        day: Day,
        ask: impl FnOnce(&Connection, &Words) -> Result<T>,
    ) -> Result<T> {
        let idle = self.lend(part, day)?;
        let answer = ask(&idle.conn, &idle.words);
        if let Some(text) = idle.words.end() {
            self.put_back(text);
        }
        if answer.is_ok() {
            self.put_back(idle);
        }
        answer
    }

    /// A connection to that file, to be put back unless it failed.
    pub(crate) fn lend(&self, part: Part, day: Day) -> Result<Idle> {
        match self.take(part, day) {
            Some(idle) => Ok(idle),
            None => self.open(part, day),
        }
    }

    fn open(&self, part: Part, day: Day) -> Result<Idle> {
        let layout = if part == Part::Data { &DAY } else { &TEXT };
        let path = self.folder.file(part, day);
        let _nobody_exchanges = self.opening.read();
        loop {
            let file = file_id(&path);
            let conn = schema::open(layout, &path, Access::Read { cache_kib: self.cache_kib })?;
            // Another process may have exchanged the file between the opening of it and of its log.
            if file.is_none() || file == file_id(&path) {
                let words = Arc::default();
                add_functions(&conn, &words)?;
                return Ok(Idle { part, day, conn, words, file, since: Instant::now() });
            }
        }
    }

    fn take(&self, part: Part, day: Day) -> Option<Idle> {
        let mut all = self.idle.lock();
        let at = all.iter().rposition(|idle| idle.part == part && idle.day == day)?;
        let idle = all.remove(at);
        drop(all);
        let same = idle.file.is_none() || idle.file == file_id(&self.folder.file(part, day));
        same.then_some(idle)
    }

    /// Exchanges the files of a day while nobody opens one; what is open goes on with the old ones, and is closed after that.
    pub(crate) fn exchange(&self, day: Day, exchange: impl FnOnce() -> Result<()>) -> Result<()> {
        let _nobody_opens = self.opening.write();
        self.forget(day, None);
        exchange()
    }

    fn put_back(&self, used: Idle) {
        let mut idle = self.idle.lock();
        idle.push(Idle { since: Instant::now(), ..used });
        if idle.len() > self.most_idle {
            let oldest = idle.remove(0);
            drop(idle);
            drop(oldest);
        }
    }

    /// Closes what nobody used for so long.
    pub(crate) fn trim(&self, age: Duration) {
        let mut old = Vec::new();
        let mut idle = self.idle.lock();
        while idle.first().is_some_and(|first| first.since.elapsed() >= age) {
            old.push(idle.remove(0));
        }
        drop(idle);
        drop(old);
    }

    /// Closes what is idle of a day, before its files change under it.
    pub(crate) fn forget(&self, day: Day, part: Option<Part>) {
        let keep = |idle: &Idle| idle.day != day || part.is_some_and(|part| part != idle.part);
        let mut idle = self.idle.lock();
        let (kept, dropped) = std::mem::take(&mut *idle).into_iter().partition(keep);
        *idle = kept;
        drop(idle);
        let dropped: Vec<Idle> = dropped;
        drop(dropped);
    }
}
