//! Pool of connections for reading: opened on demand, kept while used often, limited in total.

mod attribute;
mod words;

use attribute::AttributeTest;
pub(crate) use words::{WordMatches, Words};

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use quipu_core::Wanted;
use quipu_core::locks::{Mutex, RwLock};
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OptionalExtension};

use crate::codec::{Dictionaries, Figures, usd};
use crate::fault::Result;
use crate::folder::{Day, Folder, Part};
use crate::schema::{self, Access, DAY, TEXT};

/// A connection to one of a day's files, idle or lent exclusively.
pub(crate) struct Idle {
    part: Part,
    day: Day,
    pub(crate) conn: Connection,
    words: Arc<Words>,
    /// Identity of its open file.
    file: Option<FileId>,
    since: Instant,
}

/// Identity of the file at a path. The file may be replaced while the old one is still open.
pub(crate) type FileId = (u64, u64);

/// Returns `None` if there is no file, or on unsupported platforms.
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

/// Open files per connection: the database, its log, and the log's index.
const FILES_PER_CONNECTION: usize = 3;

/// The limit of open files of this process. Idle connections use at most a fifth of it.
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

/// Pool of idle connections.
pub(crate) struct Readers {
    folder: Folder,
    most_idle: usize,
    cache_kib: u32,
    idle: Mutex<Vec<Idle>>,
    /// Read-locked while a connection is created, which opens several files; write-locked during their
    /// exchange.
    opening: RwLock<()>,
    opened: AtomicU64,
}

/// A connection to a day, for one query.
pub(crate) struct DayReader<'s> {
    pub(crate) day: Day,
    pub(crate) conn: &'s Connection,
    /// Words that this query tests on spans.
    pub(crate) words: &'s Words,
    pub(crate) dictionaries: &'s Arc<Dictionaries>,
}

impl DayReader<'_> {
    /// Decompresses a body of this day.
    pub(crate) fn unpack(&self, packed: &[u8]) -> Result<Vec<u8>> {
        unpack(self.conn, self.dictionaries, packed)
    }

    /// Prepares the test of an attribute, and returns its number for the function `has_attribute`.
    pub(crate) fn attributes(&self, name: &str, wanted: Option<&[Wanted]>) -> Result<usize> {
        let mut look = self.conn.prepare_cached("SELECT id, bytes FROM dicts")?;
        let mut rows = look.query([])?;
        while let Some(row) = rows.next()? {
            self.dictionaries.keep(row.get(0)?, || Ok(row.get(1)?))?;
        }
        Ok(self.words.attribute(AttributeTest::new(Arc::clone(self.dictionaries), name, wanted)))
    }
}

/// Decompresses a body of the day of `conn`. The day's own copy of the dictionary is used if memory has none.
pub(crate) fn unpack(conn: &Connection, dictionaries: &Dictionaries, packed: &[u8]) -> Result<Vec<u8>> {
    dictionaries.unpack(packed, |id| {
        let bytes: Option<Vec<u8>> = conn
            .prepare_cached("SELECT bytes FROM dicts WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        bytes.ok_or(crate::fault::Fault::Damaged("a dictionary is missing"))
    })
}

/// Runs `ask` in one read transaction. Without it, each statement locks and unlocks the file, which takes
/// longer than the look-up of a name.
fn in_snapshot<T>(conn: &Connection, ask: impl FnOnce() -> Result<T>) -> Result<T> {
    conn.prepare_cached("BEGIN")?.execute([])?;
    // After an error the caller closes the connection, which ends the transaction.
    let answer = ask()?;
    conn.prepare_cached("COMMIT")?.execute([])?;
    Ok(answer)
}

/// Adds the SQL functions of queries:
///
/// - `usd_at_least(column, bytes)`: whether an amount is known and at least that of the 16 bytes, exactly.
/// - `llm_calls(figures)`: the calls in packed sums.
/// - `has_words(number, span)`: whether a span has the words of that number among `words`.
/// - `has_attribute(number, body)`: whether a packed body has the attribute of that number among `words`.
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
    let attributes = Arc::clone(words);
    conn.create_scalar_function("has_attribute", 2, FunctionFlags::SQLITE_UTF8, move |values| {
        let packed = values.get_raw(1).as_blob_or_null()?;
        Ok(packed.is_some_and(|packed| attributes.has_attribute(values.get(0).unwrap_or(usize::MAX), packed)))
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
        Self {
            folder,
            most_idle,
            cache_kib,
            idle: Mutex::default(),
            opening: RwLock::default(),
            opened: AtomicU64::new(0),
        }
    }

    /// Number of connections that were opened so far.
    pub(crate) fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
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

    /// Runs `ask` on a connection to that file, with the words for its function `has_words`. The words are
    /// removed afterwards. All statements of `ask` read the same state of the file.
    pub(crate) fn with_words<T>(
        &self,
        part: Part,
        day: Day,
        ask: impl FnOnce(&Connection, &Words) -> Result<T>,
    ) -> Result<T> {
        let idle = self.lend(part, day)?;
        let answer = in_snapshot(&idle.conn, || ask(&idle.conn, &idle.words));
        if let Some(text) = idle.words.end() {
            self.put_back(text);
        }
        if answer.is_ok() {
            self.put_back(idle);
        }
        answer
    }

    /// A connection to that file. The caller returns it to the pool unless it failed.
    pub(crate) fn lend(&self, part: Part, day: Day) -> Result<Idle> {
        match self.take(part, day) {
            Some(idle) => Ok(idle),
            None => self.open(part, day),
        }
    }

    fn open(&self, part: Part, day: Day) -> Result<Idle> {
        let layout = if part == Part::Data { &DAY } else { &TEXT };
        let path = self.folder.file(part, day);
        self.opened.fetch_add(1, Ordering::Relaxed);
        let _nobody_exchanges = self.opening.read();
        loop {
            let file = file_id(&path);
            let conn = schema::open(layout, &path, Access::Read { cache_kib: self.cache_kib })?;
            // Another process may exchange the file between the opening of the file and of its log.
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

    /// Exchanges the files of a day while no connection is being opened. Open connections keep using the old
    /// files, and are closed afterwards.
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

    /// Closes connections that were idle for this long.
    pub(crate) fn trim(&self, age: Duration) {
        let mut old = Vec::new();
        let mut idle = self.idle.lock();
        while idle.first().is_some_and(|first| first.since.elapsed() >= age) {
            old.push(idle.remove(0));
        }
        drop(idle);
        drop(old);
    }

    /// Closes idle connections to a day before its files change.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_of_a_question_read_the_same_state() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("day.db");
        let (writer, reader) = (Connection::open(&file).unwrap(), Connection::open(&file).unwrap());
        writer.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE spans(pk)").unwrap();
        let count = || Ok(reader.query_row("SELECT COUNT(*) FROM spans", [], |row| row.get::<_, i64>(0))?);
        let counts = in_snapshot(&reader, || {
            let before = count()?;
            writer.execute("INSERT INTO spans VALUES (1)", [])?;
            Ok([before, count()?])
        });
        assert_eq!(counts.unwrap(), [0, 0]);
        assert_eq!(in_snapshot(&reader, count).unwrap(), 1);
    }
}
