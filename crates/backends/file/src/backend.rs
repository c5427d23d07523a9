//! The file backend: passes batches to a thread that writes them.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use async_trait::async_trait;
use quipu_core::locks::Mutex;
use quipu_core::{Backend, Batch, Clock, ErrorKind, Health, Result, SystemClock};
use tokio::sync::oneshot;

use crate::fault::{NAME, closed, failed};
use crate::state::FileState;
use crate::writer::{Job, Writer};
use crate::{Config, Mended};

/// Most processes that write into one folder.
const MOST_WRITERS: u8 = 9;

/// Writes records as JSON Lines in a folder. A successful write has reached the kernel, or with
/// [`crate::Fsync::Batch`] the disk. A batch is written whole or not at all.
pub struct File {
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    state: Arc<FileState>,
    mended: Option<Mended>,
}

impl File {
    /// Locks the folder, repairs the last line after a crash, and appends to the file.
    ///
    /// # Errors
    /// A config value is invalid, another writer has the files ([`quipu_core::ErrorKind::Locked`]), or the
    /// folder or the file cannot be created, opened or repaired.
    pub fn open(config: Config) -> Result<Self> {
        Self::open_at(config, Arc::new(SystemClock))
    }

    /// Like [`File::open`]. If another process writes the files of this name, it uses the first free name
    /// from `NAME-2` to `NAME-9`.
    ///
    /// # Errors
    /// The errors of [`File::open`].
    pub fn open_free(config: &Config) -> Result<Self> {
        let numbered = |number: u8| Config { name: format!("{}-{number}", config.name), ..config.clone() };
        let mut opened = Self::open(config.clone());
        for number in 2..=MOST_WRITERS {
            if !opened.as_ref().is_err_and(|error| error.kind() == ErrorKind::Locked) {
                break;
            }
            opened = Self::open(numbered(number));
        }
        opened
    }

    /// Like [`File::open`], with a clock that decides the end of a day and the age of files.
    ///
    /// # Errors
    /// The errors of [`File::open`].
    pub fn open_at(config: Config, clock: Arc<dyn Clock>) -> Result<Self> {
        let state = Arc::<FileState>::default();
        let path = config.path.clone();
        let (writer, mended) = Writer::open(config, clock, Arc::clone(&state))?;
        match mended {
            Some(cut @ Mended::Cut(_)) => tracing::warn!("{cut}"),
            Some(ended @ Mended::Ended) => tracing::info!("{ended}"),
            None => {}
        }
        let (jobs, work) = channel();
        let thread = thread::Builder::new().name("quipu-file".to_owned());
        let thread = thread.spawn(move || writer.run(&work));
        let thread = thread.map_err(|cause| failed("start thread", &path, cause))?;
        Ok(Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)), state, mended })
    }

    /// The repair of the last line when the file was opened.
    pub fn mended(&self) -> Option<Mended> {
        self.mended
    }

    async fn ask(
        &self,
        operation: &'static str,
        job: impl FnOnce(oneshot::Sender<Result<()>>) -> Job,
    ) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        let sent = match &*self.jobs.lock() {
            Some(jobs) => jobs.send(job(answer)).is_ok(),
            None => false,
        };
        if !sent {
            return Err(closed(operation));
        }
        answered.await.unwrap_or_else(|_| Err(closed(operation)))
    }
}

impl Drop for File {
    /// Waits for pending jobs, but not for the compression of a file.
    fn drop(&mut self) {
        *self.jobs.lock() = None;
        if self.thread.lock().take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the writing thread panicked");
        }
    }
}

#[async_trait]
impl Backend for File {
    fn name(&self) -> &str {
        NAME
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        self.ask("write lines", |answer| Job::Write(batch, answer)).await
    }

    fn health(&self) -> Health {
        self.state.health()
    }

    /// Forces written data to the disk, unless the config disables it.
    async fn flush(&self) -> Result<()> {
        if self.state.is_closing() {
            return Ok(());
        }
        self.ask("sync file", Job::Flush).await
    }

    async fn close(&self) -> Result<()> {
        let asked = self.ask("close files", Job::Close).await;
        let thread = self.thread.lock().take();
        *self.jobs.lock() = None;
        // After the first close there is no thread.
        if thread.is_some() { asked } else { Ok(()) }
    }
}
