//! Recent look-ups, valid until the file changes.

use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use rusqlite::Connection;

use super::keys::{self, StoredKey};
use super::sessions::{self, Session};
use crate::secret::Hashed;

/// Keys remembered at most, and as many sessions.
const MOST: usize = 4_096;

/// A connection for reads, and a cache of their results. SQLite counts the commits of all other connections
/// (`PRAGMA data_version`), including the one for changes; a new count clears the cache. Missing rows are not
/// cached, so strangers cannot fill it.
pub struct Cache {
    conn: Connection,
    version: i64,
    keys: LruCache<String, Arc<StoredKey>>,
    sessions: LruCache<Hashed, Arc<Session>>,
}

impl Cache {
    pub fn over(conn: Connection) -> Self {
        Self { conn, version: -1, keys: bounded(), sessions: bounded() }
    }

    pub const fn connection(&self) -> &Connection {
        &self.conn
    }

    pub fn key(&mut self, id: &str) -> rusqlite::Result<Option<Arc<StoredKey>>> {
        self.renew()?;
        if let Some(found) = self.keys.get(id) {
            return Ok(Some(Arc::clone(found)));
        }
        let found = keys::find(&self.conn, id)?.map(Arc::new);
        if let Some(found) = &found {
            self.keys.put(id.to_owned(), Arc::clone(found));
        }
        Ok(found)
    }

    pub fn session(&mut self, hash: &Hashed) -> rusqlite::Result<Option<Arc<Session>>> {
        self.renew()?;
        if let Some(found) = self.sessions.get(hash) {
            return Ok(Some(Arc::clone(found)));
        }
        let found = sessions::find(&self.conn, hash)?.map(Arc::new);
        if let Some(found) = &found {
            self.sessions.put(*hash, Arc::clone(found));
        }
        Ok(found)
    }

    fn renew(&mut self) -> rusqlite::Result<()> {
        let version = self.conn.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if version != self.version {
            self.version = version;
            self.keys.clear();
            self.sessions.clear();
        }
        Ok(())
    }
}

/// Creates a cache without a bound first, because one with a bound allocates all of its capacity at once.
fn bounded<K: std::hash::Hash + Eq, V>() -> LruCache<K, V> {
    let mut cache = LruCache::unbounded();
    cache.resize(NonZeroUsize::new(MOST).unwrap_or(NonZeroUsize::MIN));
    cache
}
