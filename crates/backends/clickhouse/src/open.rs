//! The store, and its opening.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use async_trait::async_trait;
use quipu_core::locks::Mutex;
use quipu_core::{Backend, Batch, Conflicts, Error, ErrorKind, Finding, Health, Result, Retry};

use crate::commit::Writer;
use crate::config::{Config, NAME};
use crate::connection::Connection;
use crate::ddl::{LAYOUT, statements};
use crate::identity;

/// A store in a database of a ClickHouse server. One process writes to a database at a time; any number may
/// read it.
pub struct Clickhouse {
    pub(crate) connection: Connection,
    pub(crate) writer: tokio::sync::Mutex<Writer>,
    pub(crate) conflicts: Mutex<Conflicts>,
    pub(crate) removals: AtomicU64,
    /// Why the last write failed, until one succeeds.
    trouble: Mutex<Option<String>>,
    is_read_only: bool,
}

impl Clickhouse {
    /// Opens the database, and makes it and its tables if they are missing. A commit that an earlier process
    /// could not finish is finished.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`]: a newer version of Quipu made the tables. [`ErrorKind::Invalid`]: the
    /// database has another place among the shards. Other errors: the server cannot be reached, or refuses
    /// the user or a statement.
    pub async fn open(config: Config) -> Result<Self> {
        let connection = Connection::new(config);
        if layout(&connection).await?.is_none() {
            for statement in statements(&connection.config().database, None) {
                connection.run("create tables", &statement).await?;
            }
        }
        let store = Self::of(connection, false).await?;
        identity::claim(&store.connection).await?;
        store.recover().await?;
        Ok(store)
    }

    /// Opens the database for queries, also while another process writes to it. Nothing is made or changed.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]: the database has no tables of Quipu. Other errors: those of [`Self::open`].
    pub async fn open_read_only(config: Config) -> Result<Self> {
        let connection = Connection::new(config);
        if layout(&connection).await?.is_none() {
            let text = format!("{} has no tables of Quipu", connection.config().uri());
            return Err(Error::new(ErrorKind::NotFound, "open store", text).of_backend(NAME));
        }
        identity::check(&connection).await?;
        Self::of(connection, true).await
    }

    async fn of(connection: Connection, is_read_only: bool) -> Result<Self> {
        let found = layout(&connection).await?.unwrap_or(LAYOUT);
        if found > LAYOUT {
            let text = format!(
                "{} has layout {found}, made by a newer version; this version knows layouts up to {LAYOUT}: \
                 update Quipu",
                connection.config().uri()
            );
            return Err(Error::new(ErrorKind::Unsupported, "open store", text).of_backend(NAME));
        }
        let last = if is_read_only { 0 } else { last_version(&connection).await? };
        Ok(Self {
            writer: tokio::sync::Mutex::new(Writer::after(last)),
            connection,
            conflicts: Mutex::default(),
            removals: AtomicU64::new(0),
            trouble: Mutex::new(None),
            is_read_only,
        })
    }

    /// As [`Self::open`] to write, else [`Self::open_read_only`], for callers outside a runtime.
    ///
    /// # Errors
    /// The errors of these two, or no thread can be started.
    pub fn open_blocking(config: Config, write: bool) -> Result<Self> {
        let failed = |text: String| Error::new(ErrorKind::Internal, "open store", text).of_backend(NAME);
        let open = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| failed(error.to_string()))?;
            runtime.block_on(async {
                let store = match write {
                    true => Self::open(config).await?,
                    false => Self::open_read_only(config).await?,
                };
                // The connections so far belong to the runtime that ends here.
                Ok(Self { connection: Connection::new(store.connection.config().clone()), ..store })
            })
        };
        // The caller may be on a thread of a runtime, which must not wait for another one.
        std::thread::scope(|scope| scope.spawn(open).join())
            .unwrap_or_else(|_| Err(failed("the thread that opens the store stopped".into())))
    }

    /// The right to write: one caller at a time.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`]: the store is open for queries only.
    pub(crate) async fn writing(&self) -> Result<tokio::sync::MutexGuard<'_, Writer>> {
        if self.is_read_only {
            let text = "the store is open for queries only";
            return Err(Error::new(ErrorKind::Denied, "write", text).of_backend(NAME));
        }
        Ok(self.writer.lock().await)
    }

    /// Finishes commits that are in the table `commits` and not marked as applied.
    async fn recover(&self) -> Result<()> {
        let table = self.connection.table("commits");
        let sql = format!(
            "SELECT version, ledger, usage FROM {table} WHERE done = 0 AND version NOT IN \
             (SELECT version FROM {table} WHERE done = 1) ORDER BY version"
        );
        let mut rows = self.connection.rows(&sql).await?;
        let mut writer = self.writing().await?;
        while !rows.is_empty() {
            let version = rows.u64()?;
            writer.apply(version, rows.bytes()?, rows.bytes()?);
            writer.finish(&self.connection).await?;
            writer.add_applied(version);
        }
        Ok(())
    }
}

/// The layout of the tables; `None` if there are none.
async fn layout(connection: &Connection) -> Result<Option<u32>> {
    let sql = format!("SELECT max(version), count() FROM {}", connection.table("layout"));
    let mut rows = match connection.rows(&sql).await {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        rows => rows?,
    };
    let (version, count) = (rows.u32()?, rows.u64()?);
    Ok(Some(version).filter(|_| count > 0))
}

async fn last_version(connection: &Connection) -> Result<u64> {
    let greatest = ["spans", "ledger", "commits", "holds", "refused"]
        .map(|table| format!("SELECT max(version) AS version FROM {}", connection.table(table)));
    let events = format!("SELECT toUInt64(max(number)) AS version FROM {}", connection.table("events"));
    let all = greatest.into_iter().chain([events]).collect::<Vec<_>>().join(" UNION ALL ");
    connection.rows(&format!("SELECT max(version) FROM ({all})")).await?.u64()
}

#[async_trait]
impl Backend for Clickhouse {
    fn name(&self) -> &str {
        NAME
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        let written = self.write_batch(&batch).await;
        // A batch that is refused for itself says nothing about the server.
        let trouble = written.as_ref().err().filter(|error| error.retry() == Retry::Yes);
        *self.trouble.lock() = trouble.map(ToString::to_string);
        written
    }

    fn health(&self) -> Health {
        self.trouble.lock().clone().map_or(Health::Ready, Health::Down)
    }

    fn is_remote(&self) -> bool {
        true
    }

    async fn probe(&self) -> Vec<Finding> {
        let answer = self.connection.rows("SELECT version()").await.and_then(|mut rows| rows.text());
        let (ok, said) = match answer {
            Ok(version) => (true, format!("ClickHouse {version} at {}", self.connection.config().uri())),
            Err(error) => (false, error.to_string()),
        };
        vec![Finding { step: "reach".into(), ok, said }]
    }

    async fn flush(&self) -> Result<()> {
        match self.is_read_only {
            true => Ok(()),
            false => self.writing().await?.finish(&self.connection).await,
        }
    }

    async fn close(&self) -> Result<()> {
        match self.is_read_only {
            true => Ok(()),
            false => self.writing().await?.mark(&self.connection).await,
        }
    }
}
