//! What waits for a backend: the oldest in memory, what is beyond on disk.

mod forget;

use std::io::ErrorKind as IoKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use quipu_core::{Batch, Error, ErrorKind, Result};
use tokio::sync::Notify;

use super::frame::Packed;
use super::spool::{Found, Point, ReadJob, Spool};
use super::waiting::{Load, Waiting};
use super::{ExitSettings, WhenFull};

/// What became of others, or of itself, as a batch came.
#[derive(Debug, Default)]
pub(crate) struct Pushed {
    /// Records that were dropped, for want of room in memory.
    pub queue_full: usize,
    /// The same on disk.
    pub spool_full: usize,
    /// Why it is in memory alone, though there is a spool.
    pub trouble: Option<Error>,
}

/// Batches in order. One worker takes them out. What is counted is what the backend takes; what bounds the memory is all that a
/// batch holds.
pub(crate) struct Backlog {
    waiting: Mutex<Waiting>,
    ready: Notify,
    quiet: Notify,
    /// How many wait for it to be quiet, so that nothing should be waited for to fill a write.
    hurried: AtomicUsize,
    began: Instant,
    most: usize,
    when_full: WhenFull,
    spool_when_full: WhenFull,
}

/// What the worker does next.
enum Next {
    Take(Load),
    Read(ReadJob),
    Wait,
    End,
}

impl Backlog {
    pub fn new(settings: &ExitSettings, spool: Option<Spool>) -> Self {
        Self {
            waiting: Mutex::new(Waiting { spool, ..Waiting::default() }),
            ready: Notify::new(),
            quiet: Notify::new(),
            hurried: AtomicUsize::new(0),
            began: Instant::now(),
            most: settings.queue_records.max(1),
            when_full: settings.when_full,
            spool_when_full: settings.spool.when_full,
        }
    }

    /// Takes a batch; with `packed`, onto the disk first. Never waits for more than the disk.
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

    /// Takes a batch into memory alone. Those that are on disk make room first, for nothing is lost by it.
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

    /// Takes a batch back in that somebody else keeps until then: with `packed` onto the disk, else into memory. Nothing goes for it.
    ///
    /// # Errors
    /// There is no room, the disk fails, or it is closing: whoever keeps it keeps it on.
    pub fn push_back(&self, batch: Arc<Batch>, taken: usize, packed: Option<&Packed>) -> Result<()> {
        let full = |why| Error::new(ErrorKind::Exhausted, "replay dead letters", why);
        let mut waiting = self.waiting.lock();
        if waiting.closed {
            return Err(full("it is closing"));
        }
        let fits = waiting.held == 0 || waiting.held + batch.len() <= self.most;
        match (packed, &mut waiting.spool) {
            (Some(packed), Some(spool)) => drop(spool.append(packed, taken)?),
            _ if !fits => return Err(full("no room")),
            _ => {
                let stamp = self.now(&waiting);
                waiting.keep(Load { batch, taken, place: None, stamp });
            }
        }
        drop(waiting);
        self.ready.notify_one();
        Ok(())
    }

    /// The next batch; `None` once it is closed and empty. Reading the disk is done where waiting for it holds up nobody.
    pub async fn next(&self, damaged: impl Fn(Result<u64>)) -> Option<Load> {
        self.next_by(None, damaged).await
    }

    /// The next batch; `None` when there is none by then, when somebody waits for it to be quiet, or when it is closed.
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
                    // A timer that is over already would still take its millisecond.
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
        if let Found::Frame { place, head, batch: Some(batch), .. } = found {
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

    /// What was taken out last is written or given up.
    ///
    /// # Errors
    /// That cannot be noted on disk: it may be written again when the process begins anew.
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

    /// Waits until nothing waits and nothing is being delivered.
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

    /// Records that wait or are being delivered.
    pub fn records(&self) -> u64 {
        self.waiting.lock().records()
    }

    /// How long the oldest of them has waited.
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

    /// Takes nothing more into memory alone.
    pub fn close(&self) {
        self.waiting.lock().closed = true;
        self.ready.notify_one();
    }

    /// Lets go of everything; gives how many records were in memory alone, with those that were being delivered.
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

/// Makes room for a frame by the oldest files, if those are to go; `false` when there is none. What is in memory too stays there, and
/// is on no disk any more.
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

/// A disk that cannot be read now is asked again, for as long as it takes; where the medium itself is bad, a few times: then what is
/// left of the file is damaged.
async fn read_patiently(job: ReadJob, damaged: &impl Fn(Result<u64>)) -> (Found, ReadJob) {
    const TIMES: u32 = 5;
    for time in 0_u32.. {
        let ours = job.clone();
        match tokio::task::spawn_blocking(move || ours.run()).await {
            Ok(Ok(found)) => return (found, job),
            // Room was made by it, or somebody removed it.
            Ok(Err(cause)) if cause.kind() == IoKind::NotFound => break,
            Ok(Err(cause)) => {
                let is_medium = cause.kind() == IoKind::UnexpectedEof || cause.raw_os_error() == Some(EIO);
                damaged(Err(super::spool::failed("read spooled batch", &job.path, cause)));
                if is_medium && time >= TIMES {
                    break;
                }
            }
            Err(cause) if cause.is_panic() => break,
            // The runtime is ending: nothing was read, and nothing is lost.
            Err(_) => std::future::pending().await,
        }
        tokio::time::sleep(Duration::from_millis(100 << time.min(6))).await;
    }
    (Found::Nothing { skipped: 0 }, job)
}

/// Input or output failed, on Linux, macOS and the BSDs.
const EIO: i32 = 5;

/// Somebody waits for it to be quiet.
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
