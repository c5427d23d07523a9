//! Backlog of one backend: the oldest batches in memory, the rest on disk.

mod forget;

use std::io::ErrorKind as IoKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use quipu_core::locks::Mutex;
use quipu_core::{Batch, Error, ErrorKind, Result};
use tokio::sync::Notify;

use super::frame::Packed;
use super::spool::{Point, ReadJob, ReadResult, Spool};
use super::waiting::{Load, Waiting};
use super::{DeliveryConfig, WhenFull};

/// Losses caused by a push.
#[derive(Debug, Default)]
pub(crate) struct Pushed {
    /// Records dropped because the memory queue was full.
    pub queue_full: usize,
    /// Records dropped because the spool was full.
    pub spool_full: usize,
    /// The reason why the batch is in memory alone, although there is a spool.
    pub trouble: Option<Error>,
}

/// Ordered queue of batches for one worker.
///
/// Counts are records that the backend accepts. The memory limit counts all records of a batch.
pub(crate) struct Backlog {
    waiting: Mutex<Waiting>,
    ready: Notify,
    quiet: Notify,
    /// Number of callers that wait for an empty backlog. While there are any, the worker does not wait to
    /// fill a write.
    hurried: AtomicUsize,
    began: Instant,
    most: usize,
    when_full: WhenFull,
    spool_when_full: WhenFull,
}

/// The worker's next step.
enum Next {
    Take(Load),
    Read(ReadJob),
    Wait,
    End,
}

impl Backlog {
    pub fn new(config: &DeliveryConfig, spool: Option<Spool>) -> Self {
        Self {
            waiting: Mutex::new(Waiting { spool, ..Waiting::default() }),
            ready: Notify::new(),
            quiet: Notify::new(),
            hurried: AtomicUsize::new(0),
            began: Instant::now(),
            most: config.queue_records.max(1),
            when_full: config.when_full,
            spool_when_full: config.spool.when_full,
        }
    }

    /// Adds a batch; with `packed`, it writes the batch to disk first. Blocks on the disk only.
    pub fn push(&self, batch: Arc<Batch>, taken: usize, packed: Option<&Packed>) -> Pushed {
        let mut waiting = self.waiting.lock();
        let mut pushed = Pushed::default();
        let mut load = Load { batch, taken, place: None, stamp: self.now(&waiting) };
        if let Some(packed) = packed.filter(|_| waiting.spool.is_some())
            && !make_room(&mut waiting, packed, self.spool_when_full, &mut pushed)
        {
            pushed.spool_full += taken;
            return pushed;
        }
        if let (Some(packed), Some(spool)) = (packed, &mut waiting.spool) {
            let behind = spool.is_behind();
            match spool.append(packed, taken) {
                Ok((place, stamp)) => {
                    (load.place, load.stamp) = (Some(place), stamp);
                    if !behind
                        && waiting.held.saturating_add(load.batch.len()) <= self.most.max(load.batch.len())
                    {
                        if let Some(spool) = &mut waiting.spool {
                            spool.remember(place, taken);
                        }
                        waiting.keep(load);
                    }
                    drop(waiting);
                    self.ready.notify_one();
                    return pushed;
                }
                Err(error) => pushed.trouble = Some(error),
            }
        }
        self.push_unkept(&mut waiting, load, &mut pushed);
        drop(waiting);
        self.ready.notify_one();
        pushed
    }

    /// Adds a batch to memory alone. It first evicts batches that are also on disk, because that loses
    /// nothing.
    fn push_unkept(&self, waiting: &mut Waiting, load: Load, pushed: &mut Pushed) {
        if waiting.closed {
            pushed.queue_full += load.taken;
            return;
        }
        while waiting.held + load.batch.len() > self.most && waiting.held > 0 {
            if waiting.forget_last_kept() {
                continue;
            }
            if self.when_full == WhenFull::DropNewest {
                pushed.queue_full += load.taken;
                return;
            }
            pushed.queue_full += waiting.pop().map_or(0, |oldest| oldest.taken);
        }
        waiting.keep(load);
    }

    /// Adds a batch that the caller still holds: with `packed` to disk, otherwise to memory. Evicts nothing.
    ///
    /// # Errors
    /// The backlog is full or closing, or the disk fails. The caller then keeps the batch.
    pub fn push_back(&self, batch: Arc<Batch>, taken: usize, packed: Option<&Packed>) -> Result<()> {
        let full = |why| Error::new(ErrorKind::Exhausted, "replay dead letters", why);
        let mut waiting = self.waiting.lock();
        if waiting.closed {
            return Err(full("the backlog is closing"));
        }
        let fits = waiting.held == 0 || waiting.held + batch.len() <= self.most;
        match (packed, &mut waiting.spool) {
            (Some(packed), Some(spool)) => drop(spool.append(packed, taken)?),
            _ if !fits => return Err(full("the queue is full")),
            _ => {
                let stamp = self.now(&waiting);
                waiting.keep(Load { batch, taken, place: None, stamp });
            }
        }
        drop(waiting);
        self.ready.notify_one();
        Ok(())
    }

    /// Returns the next batch; `None` once the backlog is closed and empty. The disk is read on a blocking
    /// thread.
    pub async fn next(&self, damaged: impl Fn(Result<u64>)) -> Option<Load> {
        self.next_by(None, damaged).await
    }

    /// Returns the next batch. `None`: no batch by `until`, a caller waits for an empty backlog, or the
    /// backlog is closed.
    pub async fn next_by(
        &self,
        until: Option<tokio::time::Instant>,
        damaged: impl Fn(Result<u64>),
    ) -> Option<Load> {
        let cut = self.waiting.lock().spool.as_mut().map_or(0, Spool::lost_unread);
        if cut > 0 {
            damaged(Ok(cut));
        }
        loop {
            match self.step(until.is_some()) {
                Next::Take(load) => return Some(load),
                Next::End => return None,
                Next::Read(job) => {
                    if let Some(load) = self.read(job, &damaged).await {
                        return Some(load);
                    }
                }
                Next::Wait => match until {
                    None => self.ready.notified().await,
                    // `timeout_at` would take a millisecond even for a deadline in the past.
                    Some(until) if until <= tokio::time::Instant::now() => return None,
                    Some(until) => tokio::time::timeout_at(until, self.ready.notified()).await.ok()?,
                },
            }
        }
    }

    fn step(&self, patient: bool) -> Next {
        let mut waiting = self.waiting.lock();
        if let Some(load) = waiting.pop() {
            return Next::Take(waiting.begin(load));
        }
        if let Some(job) = waiting.spool.as_mut().and_then(Spool::next_job) {
            waiting.reading = true;
            return Next::Read(job);
        }
        if waiting.at_work == 0 {
            waiting.forgotten.clear();
        }
        let hurried = patient && self.hurried.load(Ordering::Acquire) > 0;
        if waiting.closed || hurried { Next::End } else { Next::Wait }
    }

    async fn read(&self, job: ReadJob, damaged: &impl Fn(Result<u64>)) -> Option<Load> {
        let (found, job) = read_patiently(job, damaged).await;
        let mut waiting = self.waiting.lock();
        waiting.reading = false;
        let lost = waiting.spool.as_mut()?.found(&job, &found)?;
        if lost > 0 {
            damaged(Ok(lost));
        }
        if let ReadResult::Frame { place, head, batch: Some(batch), .. } = found {
            let taken = usize::try_from(head.records).unwrap_or(usize::MAX);
            let load = Load { batch: Arc::new(batch), taken, place: Some(place), stamp: head.stamp };
            return Some(waiting.begin(load));
        }
        if waiting.at_work == 0
            && waiting.loads.is_empty()
            && let Some(Err(error)) = waiting.spool.as_mut().map(Spool::commit_read)
        {
            damaged(Err(error));
        }
        self.tell_quiet(&waiting);
        None
    }

    /// Marks the batches that were taken out as written or given up.
    ///
    /// # Errors
    /// The cursor cannot be written. The next process may then write these batches again.
    pub fn done(&self, loads: &[Load]) -> Result<()> {
        let last: Option<Point> = loads.iter().rev().find_map(|load| load.place).map(|place| place.end);
        let mut waiting = self.waiting.lock();
        (waiting.at_work, waiting.at_work_unkept, waiting.at_work_stamp) = (0, 0, None);
        waiting.forgotten.clear();
        self.tell_quiet(&waiting);
        match (last, &mut waiting.spool) {
            (Some(last), Some(spool)) => spool.commit(last),
            _ => Ok(()),
        }
    }

    fn tell_quiet(&self, waiting: &Waiting) {
        if waiting.records() == 0 {
            self.quiet.notify_waiters();
        }
    }

    /// Waits until the backlog is empty and no delivery is under way.
    pub async fn quiet(&self) {
        let _hurry = Hurry::new(self);
        loop {
            let mut quiet = std::pin::pin!(self.quiet.notified());
            quiet.as_mut().enable();
            if self.records() == 0 {
                return;
            }
            quiet.await;
        }
    }

    /// Number of records that wait or are being delivered.
    pub fn records(&self) -> u64 {
        self.waiting.lock().records()
    }

    /// Age of the oldest waiting record.
    pub fn lag(&self) -> Duration {
        let waiting = self.waiting.lock();
        let unread = || waiting.spool.as_ref().filter(|spool| spool.is_behind()).map(Spool::unread_stamp);
        let oldest = waiting.at_work_stamp.or_else(|| waiting.loads.front().map(|load| load.stamp));
        let since = oldest.or_else(unread).map(|stamp| self.now(&waiting).saturating_sub(stamp));
        Duration::from_millis(since.unwrap_or_default())
    }

    /// Bytes on disk.
    pub fn spool_bytes(&self) -> u64 {
        self.waiting.lock().spool.as_ref().map_or(0, Spool::bytes)
    }

    fn now(&self, waiting: &Waiting) -> u64 {
        let alone = || u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        waiting.spool.as_ref().map_or_else(alone, Spool::now)
    }

    /// Closes the backlog: no batch enters memory alone any more.
    pub fn close(&self) {
        self.waiting.lock().closed = true;
        self.ready.notify_one();
    }

    /// Empties the backlog. Returns the number of lost records: those in memory alone, including records in
    /// delivery.
    pub fn clear(&self) -> usize {
        let mut waiting = self.waiting.lock();
        let unkept: usize =
            waiting.loads.iter().filter(|load| load.place.is_none()).map(|load| load.taken).sum();
        let lost = unkept + waiting.at_work_unkept;
        *waiting = Waiting { closed: true, ..Waiting::default() };
        self.quiet.notify_waiters();
        lost
    }
}

/// Frees disk space for a frame by dropping the oldest files, if `when_full` allows it; `false` if it cannot.
/// Batches that are also in memory stay there, without a copy on disk.
fn make_room(waiting: &mut Waiting, packed: &Packed, when_full: WhenFull, pushed: &mut Pushed) -> bool {
    let Waiting { spool: Some(spool), loads, .. } = waiting else { return true };
    while !spool.has_room(packed) {
        if when_full == WhenFull::DropNewest || !spool.could_have_room(packed) {
            return false;
        }
        let Some((number, records)) = spool.drop_oldest() else { return false };
        let gone = |load: &&mut Load| load.place.is_some_and(|place| place.begin.segment <= number);
        loads.iter_mut().filter(gone).for_each(|load| load.place = None);
        pushed.spool_full += usize::try_from(records).unwrap_or(usize::MAX);
    }
    true
}

/// Reads a batch from disk and retries a failed read without a limit. After a few medium errors it treats the
/// rest of the file as damaged.
async fn read_patiently(job: ReadJob, damaged: &impl Fn(Result<u64>)) -> (ReadResult, ReadJob) {
    const TIMES: u32 = 5;
    for time in 0_u32.. {
        let ours = job.clone();
        match tokio::task::spawn_blocking(move || ours.run()).await {
            Ok(Ok(found)) => return (found, job),
            // The file was dropped to free space, or an operator removed it.
            Ok(Err(cause)) if cause.kind() == IoKind::NotFound => break,
            Ok(Err(cause)) => {
                let is_medium = cause.kind() == IoKind::UnexpectedEof || cause.raw_os_error() == Some(EIO);
                damaged(Err(super::spool::failed("read spooled batch", &job.path, cause)));
                if is_medium && time >= TIMES {
                    break;
                }
            }
            Err(cause) if cause.is_panic() => break,
            // The runtime is shutting down: nothing was read and nothing is lost.
            Err(_) => std::future::pending().await,
        }
        tokio::time::sleep(Duration::from_millis(100 << time.min(6))).await;
    }
    (ReadResult::Nothing { skipped: 0 }, job)
}

/// `EIO`, input/output error, on Linux, macOS and the BSDs.
const EIO: i32 = 5;

/// Guard of a caller that waits for an empty backlog.
struct Hurry<'a>(&'a Backlog);

impl<'a> Hurry<'a> {
    fn new(backlog: &'a Backlog) -> Self {
        backlog.hurried.fetch_add(1, Ordering::AcqRel);
        backlog.ready.notify_one();
        Self(backlog)
    }
}

impl Drop for Hurry<'_> {
    fn drop(&mut self) {
        self.0.hurried.fetch_sub(1, Ordering::AcqRel);
    }
}
