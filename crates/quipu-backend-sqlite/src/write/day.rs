//! One day's file, open for writing, and what the writer remembers of it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use rusqlite::{Connection, OptionalExtension};

use crate::codec::{Dictionary, Dims};
use crate::days::DayState;
use crate::fault::Result;
use crate::folder::{Day, Part};
use crate::schema::{self, Access, DAY};
use crate::shared::Shared;
use crate::write::encoded::{Hash, Source};

/// Where a span's row says what produced it: resource, scope, service, framework, convention.
pub(crate) type OriginKey = (i64, i64, i64, i64, i64);

/// Resources, scopes and origins kept in memory a day.
const MOST_KNOWN: usize = 10_000;

/// A day open for writing.
pub(crate) struct DayFile {
    pub(crate) conn: Connection,
    pub(crate) dims: Dims,
    pub(crate) state: Arc<DayState>,
    /// Numbers for the next rows: no span gets that of one that is gone, so numbers follow the order of commits.
    pub(crate) next_span: i64,
    pub(crate) next_trace: i64,
    sources: HashMap<Hash, i64>,
    origins: HashMap<OriginKey, i64>,
    dictionaries: HashSet<u32>,
    page_limit: u32,
    /// When the last transaction ended.
    pub(crate) used: Instant,
}

impl DayFile {
    /// Opens or makes the file.
    pub(crate) fn open(shared: &Shared, day: Day) -> Result<Self> {
        let config = &shared.config;
        let access = Access::Write { cache_kib: config.write_cache_kib, durability: config.durability };
        let conn = schema::open(&DAY, &shared.folder.file(Part::Data, day), access)?;
        let mut file = Self {
            conn,
            dims: Dims::default(),
            state: shared.days.get_or_add(day),
            next_span: 0,
            next_trace: 0,
            sources: HashMap::new(),
            origins: HashMap::new(),
            dictionaries: HashSet::new(),
            page_limit: 0,
            used: Instant::now(),
        };
        file.recall()?;
        Ok(file)
    }

    fn recall(&mut self) -> Result<()> {
        let next = |sql: &str| self.conn.query_row(sql, [], |row| row.get(0));
        self.next_span = next("SELECT MAX(last, COALESCE((SELECT MAX(pk) FROM spans), 0)) + 1 FROM removed")?;
        self.next_trace = next("SELECT COALESCE(MAX(pk), 0) + 1 FROM traces")?;
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

    /// Ends the transaction; what it wrote is safe when this returns.
    pub(crate) fn commit(&self) -> Result<()> {
        Ok(self.conn.execute_batch("COMMIT")?)
    }

    /// Closes the file, its write-ahead log moved into it.
    pub(crate) fn close(self, shared: &Shared, day: Day) {
        // With the last connection that knows it the log goes; one that only reads could not remove it.
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

    /// Makes sure that the file holds the dictionary that its bodies need.
    pub(crate) fn keep_dictionary(&mut self, dictionary: &Dictionary) -> Result<()> {
        if self.dictionaries.insert(dictionary.id) {
            self.conn
                .prepare_cached("INSERT INTO dicts(id, bytes) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
                .execute((dictionary.id, &dictionary.bytes))?;
        }
        Ok(())
    }
}
