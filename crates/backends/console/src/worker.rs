//! The thread that renders and writes, because a terminal may be slow.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use quipu_core::locks::Mutex;
use quipu_core::{Batch, Error, ErrorKind, Health, Result, Retry};
use tokio::sync::oneshot;

use crate::config::NAME;
use crate::{Config, Format, json, pretty};

/// A job of the thread, with the channel for its result.
pub(crate) enum Job {
    Write(Arc<Batch>, oneshot::Sender<Result<()>>),
    Flush(oneshot::Sender<Result<()>>),
}

/// Bytes of buffer that are kept between batches.
const KEPT: usize = 64 << 10;

pub(crate) struct Worker {
    pub config: Config,
    pub coloured: bool,
    pub to: Box<dyn Write + Send>,
    pub health: Arc<Mutex<Health>>,
}

impl Worker {
    /// Processes jobs until all senders are gone.
    pub fn run(mut self, jobs: &Receiver<Job>) {
        let mut lines = Vec::new();
        while let Ok(job) = jobs.recv() {
            let (result, answer) = match job {
                Job::Write(batch, answer) => {
                    self.render(&mut lines, &batch);
                    (self.write(&lines), answer)
                }
                Job::Flush(answer) => (self.to.flush(), answer),
            };
            lines.clear();
            lines.shrink_to(KEPT);
            let result = result.map_err(failed);
            let why = result.as_ref().err().map(|error| Health::Down(error.to_string()));
            *self.health.lock() = why.unwrap_or(Health::Ready);
            // The caller may have dropped its receiver.
            let _ = answer.send(result);
        }
    }

    fn render(&self, lines: &mut Vec<u8>, batch: &Batch) {
        match self.config.format {
            Format::Pretty => pretty::lines(lines, batch, &self.config, self.coloured),
            Format::Json => json::lines(lines, batch, &self.config),
        }
    }

    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        self.to.write_all(lines)?;
        self.to.flush()
    }
}

fn failed(cause: io::Error) -> Error {
    let error = match cause.kind() {
        // The output is closed for good.
        io::ErrorKind::BrokenPipe => {
            Error::new(ErrorKind::Unavailable, "write lines", "the other end is closed").with_retry(Retry::No)
        }
        io::ErrorKind::StorageFull => Error::new(ErrorKind::Exhausted, "write lines", "the stream"),
        _ => Error::new(ErrorKind::Io, "write lines", "the stream"),
    };
    error.of_backend(NAME).caused_by(cause)
}
