//! Names table: each repeated name is stored once per day and referenced by number.

use std::cell::RefCell;
use std::collections::HashMap;

use compact_str::CompactString;
use rusqlite::{Connection, OptionalExtension};

use crate::fault::{Fault, Result};

/// Kind of a name. The numbers are stored: append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DimKind {
    SpanName = 1,
    Service = 2,
    Framework = 3,
    Convention = 4,
    Agent = 5,
    Provider = 6,
    Model = 7,
    Tool = 8,
    Session = 9,
    User = 10,
    Operation = 11,
    Tier = 12,
    Book = 13,
    EventName = 14,
    Metric = 15,
    Unit = 16,
    Tag = 17,
    Project = 18,
    Revision = 19,
    Branch = 20,
    Sender = 21,
    ErrorClass = 22,
    Environment = 23,
    Version = 24,
}

const KINDS: usize = 25;
/// Maximum number of a day's names in memory. Beyond it the cache is cleared, not the file.
const MOST_KNOWN: usize = 20_000;

/// The writer's cache of a day's names.
#[derive(Debug, Default)]
pub(crate) struct Dims {
    known: [HashMap<CompactString, i64>; KINDS],
    count: usize,
}

impl Dims {
    /// The number of a name. A new name gets a number.
    pub(crate) fn id(&mut self, conn: &Connection, kind: DimKind, text: &str) -> Result<i64> {
        if let Some(id) = self.known[kind as usize].get(text) {
            return Ok(*id);
        }
        let id = match find(conn, kind, text)? {
            Some(id) => id,
            None => conn
                .prepare_cached("INSERT INTO dims(kind, text) VALUES (?1, ?2)")?
                .insert((kind as i64, text))?,
        };
        if self.count >= MOST_KNOWN {
            self.known.iter_mut().for_each(HashMap::clear);
            self.count = 0;
        }
        self.count += 1;
        self.known[kind as usize].insert(text.into(), id);
        Ok(id)
    }

    /// The number of an optional name; an empty one counts as missing.
    pub(crate) fn maybe<T: AsRef<str>>(
        &mut self,
        conn: &Connection,
        kind: DimKind,
        text: Option<T>,
    ) -> Result<Option<i64>> {
        match text.as_ref().map(AsRef::as_ref) {
            None => Ok(None),
            Some(text) => self.id(conn, kind, text).map(Some),
        }
    }
}

/// The number of a name in this file; `None` if the file does not have it.
pub(crate) fn find(conn: &Connection, kind: DimKind, text: &str) -> Result<Option<i64>> {
    let mut look = conn.prepare_cached("SELECT id FROM dims WHERE kind = ?1 AND text = ?2")?;
    Ok(look.query_row((kind as i64, text), |row| row.get(0)).optional()?)
}

/// Look-up of names by number.
pub(crate) trait TextOf {
    /// The name; `None` without a number.
    fn text(&self, id: Option<i64>) -> Result<Option<CompactString>>;
}

/// Maximum size of a query's cache of names, in bytes. Beyond it the cache is cleared.
const MOST_CACHED: usize = 512 << 10;
/// Memory of a cached name, without a text on the heap.
const CACHED: usize = 64;

/// A reader's cache of names, for one query. It takes at most [`MOST_CACHED`] bytes and one name.
#[derive(Debug)]
pub(crate) struct Names<'c> {
    conn: &'c Connection,
    known: RefCell<Cached>,
}

#[derive(Debug, Default)]
struct Cached {
    texts: HashMap<i64, CompactString>,
    bytes: usize,
}

impl Cached {
    fn insert(&mut self, id: i64, text: CompactString) {
        let bytes = CACHED + text.len();
        if self.bytes + bytes > MOST_CACHED {
            self.texts.clear();
            self.bytes = 0;
        }
        self.bytes += bytes;
        self.texts.insert(id, text);
    }
}

impl<'c> Names<'c> {
    pub(crate) fn new(conn: &'c Connection) -> Self {
        Self { conn, known: RefCell::default() }
    }
}

impl TextOf for Names<'_> {
    fn text(&self, id: Option<i64>) -> Result<Option<CompactString>> {
        let Some(id) = id.filter(|id| *id != 0) else {
            return Ok(None);
        };
        if let Some(text) = self.known.borrow().texts.get(&id) {
            return Ok(Some(text.clone()));
        }
        let mut look = self.conn.prepare_cached("SELECT text FROM dims WHERE id = ?1")?;
        let text: Option<String> = look.query_row([id], |row| row.get(0)).optional()?;
        let text = CompactString::from(text.ok_or(Fault::Damaged("a name is missing"))?);
        self.known.borrow_mut().insert(id, text.clone());
        Ok(Some(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_of_names_stays_small_and_gives_every_name() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE dims(id INTEGER PRIMARY KEY, kind, text)").unwrap();
        let long = "x".repeat(200);
        for id in 1..=10_000 {
            conn.execute("INSERT INTO dims VALUES (?1, 9, ?2)", (id, format!("{long}{id}"))).unwrap();
        }
        let names = Names::new(&conn);
        for id in (1..=10_000).chain([1, 5_000]) {
            assert_eq!(names.text(Some(id)).unwrap().unwrap(), format!("{long}{id}"));
            let known = names.known.borrow();
            let bytes: usize = known.texts.values().map(|text| CACHED + text.len()).sum();
            assert!(bytes == known.bytes && bytes <= MOST_CACHED, "{bytes}");
        }
        assert_eq!(names.text(None).unwrap(), None);
    }
}
