//! Names table: each repeated name is stored once per day and referenced by number.

use std::cell::RefCell;
use std::collections::HashMap;

use compact_str::CompactString;
use quipu_core::{AnswerMemory, MemoryHold};
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

/// A reader's cache of names, for one query.
#[derive(Debug)]
pub(crate) struct Names<'c> {
    conn: &'c Connection,
    known: RefCell<HashMap<i64, CompactString>>,
    /// Memory of the known texts, charged to the request that reads them.
    hold: RefCell<MemoryHold>,
}

/// Memory of a known text without its characters.
const KNOWN: usize = 64;

impl<'c> Names<'c> {
    pub(crate) fn new(conn: &'c Connection) -> Self {
        let hold = AnswerMemory::current().hold(0).unwrap_or_default();
        Self { conn, known: RefCell::default(), hold: RefCell::new(hold) }
    }
}

impl TextOf for Names<'_> {
    fn text(&self, id: Option<i64>) -> Result<Option<CompactString>> {
        let Some(id) = id.filter(|id| *id != 0) else {
            return Ok(None);
        };
        if let Some(text) = self.known.borrow().get(&id) {
            return Ok(Some(text.clone()));
        }
        let mut look = self.conn.prepare_cached("SELECT text FROM dims WHERE id = ?1")?;
        let text: Option<String> = look.query_row([id], |row| row.get(0)).optional()?;
        let text = CompactString::from(text.ok_or(Fault::Damaged("a name is missing"))?);
        self.hold.borrow_mut().grow(KNOWN + text.len())?;
        self.known.borrow_mut().insert(id, text.clone());
        Ok(Some(text))
    }
}
