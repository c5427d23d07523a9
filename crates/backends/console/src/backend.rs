//! The console backend: passes batches to a thread that prints them.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use anstream::{AutoStream, ColorChoice};
use async_trait::async_trait;
use quipu_core::locks::Mutex;
use quipu_core::{Backend, Batch, Error, ErrorKind, Health, Result, Retry};
use tokio::sync::oneshot;

use crate::config::NAME;
use crate::worker::{Job, Worker};
use crate::{Colour, Config, Format, Stream};

/// Prints batches on the console. A separate thread renders each batch and writes it in one call.
pub struct Console {
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    health: Arc<Mutex<Health>>,
}

impl Console {
    /// Prints on the stream that the config names.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn new(config: Config) -> Result<Self> {
        match config.stream {
            Stream::Stdout => Self::on(config, io::stdout()),
            Stream::Stderr => Self::on(config, io::stderr()),
        }
    }

    fn on<S>(config: Config, stream: S) -> Result<Self>
    where
        S: anstream::stream::RawStream + anstream::stream::AsLockedWrite + Send + 'static,
    {
        let choice = match (config.format, config.colour) {
            (Format::Json, _) | (_, Colour::Never) => ColorChoice::Never,
            (Format::Pretty, Colour::Always) => ColorChoice::Always,
            (Format::Pretty, Colour::Auto) => AutoStream::choice(&stream),
        };
        if choice == ColorChoice::Never {
            Self::start(config, Box::new(stream), false)
        } else {
            Self::start(config, Box::new(AutoStream::new(stream, choice)), true)
        }
    }

    /// Prints on a writer instead of the stream; [`Colour::Auto`] then means no colours.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn with_writer(config: Config, to: impl Write + Send + 'static) -> Result<Self> {
        let coloured = config.format == Format::Pretty && config.colour == Colour::Always;
        Self::start(config, Box::new(to), coloured)
    }

    fn start(config: Config, to: Box<dyn Write + Send>, coloured: bool) -> Result<Self> {
        let health = Arc::new(Mutex::new(Health::Ready));
        let worker = Worker { config, coloured, to, health: Arc::clone(&health) };
        let (jobs, work) = channel();
        let thread = thread::Builder::new().name("quipu-console".to_owned());
        let thread = thread.spawn(move || worker.run(&work)).map_err(|cause| {
            Error::new(ErrorKind::Exhausted, "start thread", NAME).of_backend(NAME).caused_by(cause)
        })?;
        Ok(Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)), health })
    }

    async fn ask(&self, job: impl FnOnce(oneshot::Sender<Result<()>>) -> Job) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        let sent = match &*self.jobs.lock() {
            Some(jobs) => jobs.send(job(answer)).is_ok(),
            None => false,
        };
        if !sent {
            return Err(closed());
        }
        answered.await.unwrap_or_else(|_| Err(closed()))
    }

    fn is_closed(&self) -> bool {
        self.jobs.lock().is_none()
    }
}

fn closed() -> Error {
    let error = Error::new(ErrorKind::Unavailable, "write lines", "it is closed");
    error.of_backend(NAME).with_retry(Retry::No)
}

impl Drop for Console {
    /// Waits until all accepted batches are written.
    fn drop(&mut self) {
        *self.jobs.lock() = None;
        if self.thread.lock().take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the console's thread panicked");
        }
    }
}

#[async_trait]
impl Backend for Console {
    fn name(&self) -> &str {
        NAME
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        self.ask(|answer| Job::Write(batch, answer)).await
    }

    fn health(&self) -> Health {
        if self.is_closed() { Health::Down("closed".to_owned()) } else { self.health.lock().clone() }
    }

    async fn flush(&self) -> Result<()> {
        if self.is_closed() { Ok(()) } else { self.ask(Job::Flush).await }
    }

    async fn close(&self) -> Result<()> {
        let flushed = self.flush().await;
        *self.jobs.lock() = None;
        // A second close has nothing to flush.
        flushed
    }
}
