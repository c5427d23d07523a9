//! One day's file, open for writing, with the writer's caches.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use quipu_core::{Clock as _, SystemClock};
use rusqlite::{Connection, OptionalExtension};

use crate::codec::{Dictionary, Dims};
use crate::days::DayState;
use crate::fault::{Fault, Result};
use crate::folder::{Day, Part};
use crate::readers::{FileId, file_id};
use crate::schema::{self, Access, DAY, SMALL_PAGE_BYTES};
use crate::shared::Shared;
use crate::write::encoded::{Hash, Source};

/// Origin of a span in its row: resource, scope, service, framework, convention.
pub(crate) type OriginKey = (i64, i64, i64, i64, i64);

/// Maximum number of a day's resources, scopes and origins in memory.
const MOST_KNOWN: usize = 10_000;

/// Number of records, and bytes of bodies, below which a file has no dictionary, which takes 64 KiB. A new
/// file that starts with fewer records has small pages, unless its day is near.
const FEW_RECORDS: usize = 64;
const FEW_BYTES: usize = 16 << 10;

/// Number of records at which a file with small pages gets pages of the layout's size. If that was not
/// possible, it is tried again at twice as many.
const OUTGROWN: usize = 256;

/// A day open for writing.
pub(crate) struct DayFile {
    pub(crate) day: Day,
    pub(crate) conn: Connection,
    pub(crate) dims: Dims,
    pub(crate) state: Arc<DayState>,
    /// Numbers for the next rows. No number of a removed span is used again, so numbers follow the order of
    /// commits.
    pub(crate) next_span: i64,
    pub(crate) next_trace: i64,
    sources: HashMap<Hash, i64>,
    origins: HashMap<OriginKey, i64>,
    dictionaries: HashSet<u32>,
    /// Number of records in the file when it was opened, counted up to [`FEW_RECORDS`], plus the records
    /// written since.
    records: usize,
    /// Bytes of bodies written since it was opened.
    body_bytes: usize,
    /// Whether its pages are smaller than the layout's.
    is_small: bool,
    outgrown_at: usize,
    page_limit: u32,
    file: Option<FileId>,
    /// End time of the last transaction.
    pub(crate) used: Instant,
}

impl DayFile {
    /// Opens the file, or creates it for an initial number of records.
    pub(crate) fn open(shared: &Shared, day: Day, records: usize) -> Result<Self> {
        let config = &shared.config;
        let access = Access::Write { cache_kib: config.write_cache_kib, durability: config.durability };
        let small = records < FEW_RECORDS && !day.is_near(SystemClock.now());
        let page_bytes = if small { SMALL_PAGE_BYTES } else { DAY.page_bytes };
        let conn = schema::open_sized(&DAY, &shared.folder.file(Part::Data, day), access, page_bytes)?;
        let mut file = Self {
            conn,
            dims: Dims::default(),
            state: shared.days.get_or_add(day),
            next_span: 0,
            next_trace: 0,
            sources: HashMap::new(),
            origins: HashMap::new(),
            dictionaries: HashSet::new(),
            records: 0,
            body_bytes: 0,
            is_small: false,
            outgrown_at: OUTGROWN,
            page_limit: 0,
            file: file_id(&shared.folder.file(Part::Data, day)),
            day,
            used: Instant::now(),
        };
        file.recall()?;
        Ok(file)
    }

    /// Whether the open file is still the one at the day's path.
    pub(crate) fn is_in_place(&self, shared: &Shared) -> bool {
        self.file == file_id(&shared.folder.file(Part::Data, self.day))
    }

    fn recall(&mut self) -> Result<()> {
        let next = |sql: &str| self.conn.query_row(sql, [], |row| row.get::<_, i64>(0));
        self.next_span = next("SELECT MAX(last, COALESCE((SELECT MAX(pk) FROM spans), 0)) + 1 FROM removed")?;
        self.next_trace = next("SELECT COALESCE(MAX(pk), 0) + 1 FROM traces")?;
        let bodies = format!(
            "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM bodies LIMIT {FEW_RECORDS})) \
             + (SELECT COUNT(*) FROM (SELECT 1 FROM event_bodies LIMIT {FEW_RECORDS}))"
        );
        self.records = usize::try_from(next(&bodies)?).unwrap_or(FEW_RECORDS);
        self.is_small = next("PRAGMA page_size")? < i64::from(DAY.page_bytes);
        Ok(())
    }

    /// Begins a transaction.
    pub(crate) fn begin(&mut self, shared: &Shared) -> Result<()> {
        let limit = shared.page_limit.load(Ordering::Relaxed);
        if limit != self.page_limit {
            let pages = if limit == 0 { 0xffff_fffe } else { limit };
            self.conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
            self.page_limit = limit;
        }
        Ok(self.conn.execute_batch("BEGIN IMMEDIATE")?)
    }

    /// Ends the transaction. Its writes are durable when this returns.
    pub(crate) fn commit(&self) -> Result<()> {
        Ok(self.conn.execute_batch("COMMIT")?)
    }

    /// Closes the file, with its write-ahead log moved into it.
    pub(crate) fn close(self, shared: &Shared, day: Day) {
        // The last connection to close removes the log. A reading connection could not remove it.
        shared.readers.forget(day, Some(Part::Data));
        schema::fold(&self.conn);
    }

    /// The numbers of a resource and a scope.
    pub(crate) fn sources(&mut self, (resource, scope): (&Source, &Source)) -> Result<(i64, i64)> {
        Ok((self.source(resource)?, self.source(scope)?))
    }

    fn source(&mut self, source: &Source) -> Result<i64> {
        if let Some(id) = self.sources.get(&source.hash) {
            return Ok(*id);
        }
        let mut look = self.conn.prepare_cached("SELECT id FROM sources WHERE hash = ?1")?;
        let id = match look.query_row([source.hash], |row| row.get(0)).optional()? {
            Some(id) => id,
            None => self
                .conn
                .prepare_cached("INSERT INTO sources(hash, bytes) VALUES (?1, ?2)")?
                .insert((source.hash, &source.bytes))?,
        };
        if self.sources.len() >= MOST_KNOWN {
            self.sources.clear();
        }
        self.sources.insert(source.hash, id);
        Ok(id)
    }

    /// The number of an origin.
    pub(crate) fn origin(&mut self, key: OriginKey) -> Result<i64> {
        if let Some(id) = self.origins.get(&key) {
            return Ok(*id);
        }
        let mut look = self.conn.prepare_cached(
            "SELECT id FROM origins WHERE (resource, scope, service, framework, convention) = (?1, ?2, ?3, ?4, ?5)",
        )?;
        let id = match look.query_row(key, |row| row.get(0)).optional()? {
            Some(id) => id,
            None => self
                .conn
                .prepare_cached(
                    "INSERT INTO origins(resource, scope, service, framework, convention) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .insert(key)?,
        };
        if self.origins.len() >= MOST_KNOWN {
            self.origins.clear();
        }
        self.origins.insert(key, id);
        Ok(id)
    }

    /// Whether the file still needs no dictionary with additional bodies of `bytes` bytes.
    pub(crate) fn stays_plain(&mut self, dictionary: &Dictionary, bytes: usize) -> bool {
        self.body_bytes = self.body_bytes.saturating_add(bytes);
        let known = self.dictionaries.contains(&dictionary.id);
        !known && self.records < FEW_RECORDS && self.body_bytes < FEW_BYTES
    }

    /// Notes the number of written records.
    pub(crate) fn grows(&mut self, records: usize) {
        self.records = self.records.saturating_add(records);
    }

    /// Whether the file is due for larger pages. `true` once, and again at twice as many records.
    pub(crate) fn has_outgrown(&mut self) -> bool {
        let outgrown = self.is_small && self.records >= self.outgrown_at;
        while self.records >= self.outgrown_at {
            self.outgrown_at = self.outgrown_at.saturating_mul(2);
        }
        outgrown
    }

    /// Writes all committed data into a new file with the layout's page size.
    pub(crate) fn enlarge_into(&self, to: &Path) -> Result<()> {
        self.conn.pragma_update(None, "page_size", DAY.page_bytes)?;
        let name = to.to_str().ok_or(Fault::Damaged("the folder's name is not UTF-8"))?;
        self.conn.execute("VACUUM INTO ?1", [name])?;
        schema::set_log(to)
    }

    /// Ensures that the file holds the dictionary of its bodies.
    pub(crate) fn keep_dictionary(&mut self, dictionary: &Dictionary) -> Result<()> {
        if self.dictionaries.insert(dictionary.id) {
            self.conn
                .prepare_cached("INSERT INTO dicts(id, bytes) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
                .execute((dictionary.id, &dictionary.bytes))?;
        }
        Ok(())
    }
}
