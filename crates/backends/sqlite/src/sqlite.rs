//! Opening and closing of the store, and its threads.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use quipu_core::locks::Mutex;
use quipu_core::{AnswerMemory, Error, ErrorKind, Result, Retry};
use tokio::sync::oneshot;

use crate::catalog;
use crate::codec::Dictionary;
use crate::config::Config;
use crate::days::Days;
use crate::digest;
use crate::fault::{self, Fault, NAME};
use crate::folder::{Day, Folder, Lock, MAKING, Noted, Part, THINNED};
use crate::listed;
use crate::migrate;
use crate::pages;
use crate::recover;
use crate::schema::{self, Access, CATALOG, DAY, TEXT};
use crate::search::Indexer;
use crate::shared::Shared;
use crate::write::{Encoded, Prepared, Request, Writer};

/// The embedded store. Clones share one store; the last one dropped closes it.
#[derive(Clone)]
pub struct Sqlite {
    pub(crate) shared: Arc<Shared>,
    threads: Arc<Threads>,
}

struct Threads {
    shared: Arc<Shared>,
    requests: Option<SyncSender<Request>>,
    handles: Mutex<Vec<JoinHandle<()>>>,
    lock: Mutex<Option<Lock>>,
    noted: Mutex<Option<Noted>>,
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sqlite({})", self.shared.folder.root().display())
    }
}

/// Creates the shared state. `gone` has the listed days with missing or empty files.
fn shared(
    config: Config,
    folder: Folder,
    read_only: bool,
    dictionary: Arc<Dictionary>,
    gone: Vec<(Day, &'static str)>,
) -> Result<Shared> {
    let days = Days::default();
    let mut taken = 0;
    for day in folder.days()? {
        if gone.iter().any(|(gone, _)| *gone == day) {
            continue;
        }
        let path = folder.file(Part::Data, day);
        let state = days.get_or_add(day);
        if read_only && digest::is_current(&folder, day) {
            continue;
        }
        let looked = match peek(&path) {
            Ok(version) if version < DAY.version() && !read_only => {
                migrate_day(&folder, day, &config, &mut taken)
            }
            Ok(_) => Ok(()),
            Err(fault) if fault.kind() == ErrorKind::Unsupported => Err(fault.at("open store", &path)),
            Err(fault) if fault.kind() == ErrorKind::Damaged => Err(damaged(&fault.at("open store", &path))),
            // A short-lived reader would silently answer without these records.
            Err(fault) if read_only => Err(fault.at("open store", &path)),
            // For any error with this day, the other days stay readable.
            Err(fault) => {
                let error = fault.at("open store", &path);
                tracing::error!(%day, %error, "a day cannot be read and is omitted from answers");
                state.leave_unread(error.to_string());
                Ok(())
            }
        };
        match looked {
            Err(error) if error.kind() == ErrorKind::Damaged => {
                tracing::error!(%day, %error, "a day is damaged and omitted from answers");
                state.quarantine(error.context().to_owned());
            }
            looked => looked?,
        }
    }
    for (day, why) in gone {
        let path = folder.file(Part::Data, day);
        tracing::error!(%day, file = %path.display(), "{why}: the day is omitted from answers");
        days.get_or_add(day).quarantine(format!("{}: {why}", path.display()));
    }
    Ok(Shared::new(config, folder, read_only, days, dictionary))
}

/// Reads the header of a day file, with one retry.
fn peek(path: &Path) -> fault::Result<u32> {
    match schema::peek(&DAY, path) {
        Err(Fault::Io(_)) => schema::peek(&DAY, path),
        looked => looked,
    }
}

fn damaged(error: &Error) -> Error {
    Error::new(ErrorKind::Damaged, "open store", error.to_string()).of_backend(NAME)
}

/// Migrates one day to this build's layout. It logs the start, because a large store takes long.
fn migrate_day(folder: &Folder, day: Day, config: &Config, taken: &mut usize) -> Result<()> {
    if let Some(done) = migrate::day(folder, day, config)? {
        *taken += 1;
        let (from, to) = done.versions;
        tracing::warn!(%day, from, to, bytes = done.bytes, days = *taken, "a day was migrated to this \
            build's layout");
    }
    Ok(())
}

impl Sqlite {
    /// Opens the store to read and write; creates it if it is missing, and migrates an older layout.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`]: another process writes here. [`ErrorKind::Denied`]: the folder is not writable.
    /// [`ErrorKind::Unsupported`]: a newer build wrote it. [`ErrorKind::Damaged`]: the catalog is no
    /// database. A damaged day is no error; it is excluded, and [`quipu_core::Backend::health`] names it.
    pub fn open(config: Config) -> Result<Self> {
        pages::settle(&config)?;
        let folder = Folder::new(&config.path);
        folder.make()?;
        let lock = folder.lock()?;
        let failed = |fault: Fault| fault.at("open store", &folder.catalog());
        let noted = Noted::new(folder.root());
        migrate::mend_all(&folder)?;
        folder.has_catalog()?;
        if folder.catalog().exists() {
            schema::peek(&CATALOG, &folder.catalog()).map_err(failed)?;
            migrate::room(folder.root())?;
            migrate::catalog(&folder, &config)?;
        }
        for left in folder.with_name(THINNED).into_iter().chain(folder.with_name(MAKING)) {
            // A file that remains is removed before its day is rewritten again.
            let _ = std::fs::remove_file(left);
        }
        let mut catalog = catalog::open(&folder, &config).map_err(failed)?;
        listed::settle(&mut catalog, &folder).map_err(failed)?;
        let gone = listed::missing(&catalog, &folder).map_err(failed)?;
        recover::after_a_start(&catalog, &folder).map_err(failed)?;
        let epoch = catalog::next_epoch(&catalog).map_err(failed)?;
        let dictionary = catalog::dictionary(&catalog).map_err(failed)?;
        let shared = Arc::new(shared(config, folder.clone(), false, dictionary, gone)?);
        let (requests, inbox) = sync_channel(shared.config.queue_batches.max(1));
        let (notify, news) = sync_channel(1);
        let writer = Writer::new(Arc::clone(&shared), catalog, epoch, notify);
        let indexer = Indexer::new(Arc::clone(&shared));
        let handles = vec![
            spawn("quipu-store-write", move || writer.run(&inbox))?,
            spawn("quipu-store-index", move || indexer.run(&news))?,
        ];
        let threads = Threads {
            shared: Arc::clone(&shared),
            requests: Some(requests),
            handles: Mutex::new(handles),
            lock: Mutex::new(Some(lock)),
            noted: Mutex::new(Some(noted)),
        };
        Ok(Self { shared, threads: Arc::new(threads) })
    }

    /// Opens the store to read, even while another process writes to it.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]: there is no store. [`ErrorKind::Unsupported`]: its layout is newer, or is
    /// older and must be migrated by opening the store for writing.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_read_only_with(Config::at(path.as_ref()))
    }

    /// The same with a config, whose values for writing are ignored.
    ///
    /// # Errors
    /// As [`Sqlite::open_read_only`]; and no key is available from the configured source.
    pub fn open_read_only_with(config: Config) -> Result<Self> {
        pages::settle(&config)?;
        let folder = Folder::new(&config.path);
        folder.is_whole()?;
        if !folder.catalog().exists() {
            let text = format!("{}: there is no store", config.path.display());
            return Err(Error::new(ErrorKind::NotFound, "open store", text).of_backend(NAME));
        }
        let noted = Noted::new(folder.root());
        let (dictionary, gone) = catalog::open_to_read(&folder)
            .and_then(|catalog| Ok((catalog::dictionary(&catalog)?, listed::missing(&catalog, &folder)?)))
            .map_err(|fault| fault.at("open store", &folder.catalog()))?;
        let shared = Arc::new(shared(config, folder, true, dictionary, gone)?);
        let threads = Threads {
            shared: Arc::clone(&shared),
            requests: None,
            handles: Mutex::default(),
            lock: Mutex::default(),
            noted: Mutex::new(Some(noted)),
        };
        Ok(Self { shared, threads: Arc::new(threads) })
    }

    /// As [`quipu_core::StoreIntegrity::check`], and reads every record, which takes proportionally long.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub async fn check_deep(&self) -> Result<Vec<String>> {
        self.ask(|shared| crate::check::findings(shared, true)).await
    }

    /// Number of connections that were opened to day files. For tests.
    #[doc(hidden)]
    pub fn opened_files(&self) -> u64 {
        self.shared.readers.opened()
    }

    /// Limits the pages of a day's file to simulate a full disk; 0 for no limit. For tests.
    #[doc(hidden)]
    pub fn limit_pages(&self, pages: u32) {
        self.shared.page_limit.store(pages, Ordering::Relaxed);
    }

    /// Makes the n-th step from now fail at which a group of batches could fail on a full disk; 0 for none.
    /// For tests.
    #[doc(hidden)]
    pub fn fail_at(&self, step: u32) {
        self.shared.trips.set(step);
    }

    /// Runs a query on a thread that may block.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Shared) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (shared, memory) = (Arc::clone(&self.shared), AnswerMemory::current());
        let answer = tokio::task::spawn_blocking(move || memory.enter(|| ask(&shared))).await;
        answer.map_err(|_| {
            Error::new(ErrorKind::Internal, "read store", "a query did not finish").of_backend(NAME)
        })?
    }

    /// Sends a request to the writer thread and waits for its answer. It blocks while the queue is full, so
    /// it must not run on a thread of the async runtime. `make` and the waiting run on a blocking thread.
    pub(crate) async fn request<T: Send + 'static>(
        &self,
        make: impl FnOnce(&Shared, oneshot::Sender<Result<T>>) -> Result<Request> + Send + 'static,
    ) -> Result<T> {
        let Some(requests) = self.threads.requests.clone() else {
            let text = format!("{} is open for reading only", self.shared.folder.root().display());
            return Err(Error::new(ErrorKind::Denied, "write", text).of_backend(NAME));
        };
        let shared = Arc::clone(&self.shared);
        let (answer, answered) = oneshot::channel();
        let sent = tokio::task::spawn_blocking(move || {
            let request = make(&shared, answer)?;
            drop(shared);
            requests.send(request).map_err(|_| closed())
        });
        sent.await.map_err(|_| closed())??;
        answered.await.map_err(|_| closed())?
    }

    /// Encodes the records of a batch that were not encoded before, and writes it.
    pub(crate) async fn submit(&self, batch: Arc<quipu_core::Batch>, ahead: Vec<Arc<Encoded>>) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        self.request(move |shared, answer| {
            let prepared = Prepared::new(batch, &ahead, shared.dictionaries.current())
                .map_err(|fault| fault.at("write", shared.folder.root()))?;
            shared.waiting.fetch_add(1, Ordering::Relaxed);
            Ok(Request::Write(Box::new(prepared), answer))
        })
        .await
    }

    /// Stops the threads and releases the lock. A second call has no effect.
    pub(crate) async fn shut(&self) -> Result<()> {
        if self.threads.lock.lock().is_none() {
            return Ok(());
        }
        match self.request(|_, answer| Ok(Request::Close(answer))).await {
            Err(error) if error.kind() == ErrorKind::Unavailable => {}
            other => other?,
        }
        self.shared.stopping.store(true, Ordering::Release);
        let threads = Arc::clone(&self.threads);
        let joined = tokio::task::spawn_blocking(move || threads.join());
        joined.await.map_err(|_| closed())?;
        self.shared.readers.trim(std::time::Duration::ZERO);
        self.shared.close_catalog();
        Ok(())
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "write", "the store is closed").with_retry(Retry::No).of_backend(NAME)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.into()).spawn(work).map_err(|error| {
        Error::new(ErrorKind::Io, "open store", "no thread could be started")
            .caused_by(error)
            .of_backend(NAME)
    })
}

impl Threads {
    fn join(&self) {
        for handle in std::mem::take(&mut *self.handles.lock()) {
            if handle.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
        if self.lock.lock().is_some() {
            self.fold_leftovers();
        }
        self.lock.lock().take();
        self.noted.lock().take();
    }

    /// Moves the remaining write-ahead logs into their files. They could not be moved at their close because
    /// of readers.
    fn fold_leftovers(&self) {
        let Shared { config, folder, readers, days, .. } = &*self.shared;
        readers.trim(std::time::Duration::ZERO);
        for day in days.sound() {
            for (part, layout) in [(Part::Data, &DAY), (Part::Text, &TEXT)] {
                let path = folder.file(part, day);
                let access =
                    Access::Write { cache_kib: config.read_cache_kib, durability: config.durability };
                if path.exists() && Folder::with_companions(&path)[1].exists() {
                    // A file that cannot be opened reports its error at its next use.
                    let _ = schema::open(layout, &path, access).map(|conn| schema::fold(&conn));
                }
            }
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // The thread ends when no requests are possible any more; the lock must outlive it.
        self.requests.take();
        self.shared.stopping.store(true, Ordering::Release);
        self.join();
    }
}
