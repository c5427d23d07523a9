//! Writer thread of the store.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use lru::LruCache;
use quipu_core::{Error, ErrorKind, Hold, Result, Timestamp, TraceId};
use rusqlite::Connection;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use tokio::sync::oneshot;

use crate::catalog;
use crate::fault::{self, Fault};
use crate::folder::{Day, Part};
use crate::probe::probe;
use crate::rewrite::Exchange;
use crate::shared::Shared;
use crate::write::day::DayFile;
use crate::write::exchange::Exchanged;
use crate::write::forget::TraceRecords;
use crate::write::gather::Gathered;
use crate::write::owned::Removal;
use crate::write::plan::{Plan, Planner};
use crate::write::tx::DayTx;
use crate::write::{Carried, Prepared};

/// Idle time after which a file is closed.
const IDLE: Duration = Duration::from_secs(10);

/// Maximum delay of a group of batches by the building of filters after a start.
const LEARN_PER_GROUP: Duration = Duration::from_millis(20);
const LEARN_WHILE_IDLE: Duration = Duration::from_millis(500);
/// Time within which digests of closed days are begun.
const DIGEST_WHILE_IDLE: Duration = Duration::from_millis(200);
const DIGEST_AT_CLOSE: Duration = Duration::from_secs(1);

impl Drop for Writer {
    fn drop(&mut self) {
        if std::thread::panicking() {
            *self.shared.trouble.lock() = Some("the writing thread has ended; restart to write again".into());
        }
    }
}

/// Maximum number of days that are written and then committed together. Each takes a few file handles.
const MOST_DAYS_AT_ONCE: usize = 16;

/// Requests to the thread, each with the channel of its answer.
pub(crate) enum Request {
    /// Write a batch.
    Write(Box<Prepared>, oneshot::Sender<Result<()>>),
    /// Remove traces from every day.
    Forget(Vec<TraceId>, oneshot::Sender<Result<u64>>),
    /// Remove a part of the records of a user or session.
    ForgetOwned(Box<Removal>, oneshot::Sender<Result<()>>),
    /// Remove days that end at or before a time.
    Purge(Timestamp, oneshot::Sender<Result<u64>>),
    /// Move parts of traces to the day with the rest of them.
    Gather(Box<Gathered>, oneshot::Sender<Result<()>>),
    /// Store rejected versions next to their spans.
    KeepConflicts(Vec<Carried>, oneshot::Sender<Result<()>>),
    /// Replace a day's file by a new one.
    Exchange(Arc<Exchange>, oneshot::Sender<Result<Exchanged>>),
    /// Rewrite a day while nothing else is written to it.
    Renew(Day, oneshot::Sender<Result<Exchanged>>),
    /// Rewrite the catalog.
    Scrub(oneshot::Sender<Result<()>>),
    /// Add and release holds.
    Hold(Vec<Hold>, Vec<TraceId>, oneshot::Sender<Result<u64>>),
    /// Answer once all earlier requests are done.
    Flush(oneshot::Sender<Result<()>>),
    /// Close all files and stop.
    Close(oneshot::Sender<Result<()>>),
}

struct Waiting {
    prepared: Box<Prepared>,
    answer: oneshot::Sender<Result<()>>,
    outcome: Result<()>,
}

/// State of the thread.
pub(crate) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) epoch: u64,
    pub(super) planner: Planner,
    pub(super) files: LruCache<Day, DayFile, std::hash::RandomState>,
    /// Notifies the indexer of new records.
    pub(super) notify: SyncSender<()>,
}

fn again(error: &Error) -> Error {
    let mut context = error.context().to_owned();
    if let Some(source) = std::error::Error::source(error) {
        context = format!("{context}: {source}");
    }
    Error::new(error.kind(), error.operation(), context).with_retry(error.retry()).of_backend(fault::NAME)
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>, catalog: Connection, epoch: u64, notify: SyncSender<()>) -> Self {
        let most = NonZeroUsize::new(shared.config.write_days).unwrap_or(NonZeroUsize::MIN);
        let files = LruCache::with_hasher(most, std::hash::RandomState::new());
        // After an error the catalog is asked each time.
        let has_strays = catalog::has_stray_meetings(&catalog).unwrap_or(true);
        shared.has_stray_meetings.store(has_strays, Ordering::Release);
        Self { shared, epoch, planner: Planner::new(catalog), files, notify }
    }

    /// Runs until a close request, or until no requests are possible any more.
    pub(crate) fn run(mut self, requests: &Receiver<Request>) {
        loop {
            let request = match requests.recv_timeout(IDLE / 2) {
                Ok(request) => request,
                Err(RecvTimeoutError::Timeout) => {
                    self.close_files(IDLE);
                    self.look_whether_it_writes();
                    self.shared.take_up_unread();
                    self.learn(LEARN_WHILE_IDLE);
                    self.shared.write_digests(Instant::now() + DIGEST_WHILE_IDLE);
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let mut next = Some(request);
            while let Some(request) = next.take() {
                match request {
                    Request::Write(prepared, answer) => {
                        let mut group = vec![Waiting { prepared, answer, outcome: Ok(()) }];
                        next = self.gather(requests, &mut group);
                        self.write_group(group);
                        self.close_files(IDLE);
                    }
                    Request::Forget(traces, answer) => {
                        drop(answer.send(self.forget(traces)));
                        self.close_files(IDLE);
                    }
                    Request::ForgetOwned(what, answer) => {
                        drop(answer.send(self.forget_owned(*what)));
                        self.close_files(IDLE);
                    }
                    Request::Gather(gathered, answer) => drop(answer.send(self.move_parts(&gathered))),
                    Request::KeepConflicts(carried, answer) => {
                        drop(answer.send(self.keep_conflicts(&carried)))
                    }
                    Request::Purge(before, answer) => drop(answer.send(self.purge(before))),
                    Request::Exchange(exchange, answer) => drop(answer.send(self.exchange(&exchange))),
                    Request::Renew(day, answer) => drop(answer.send(self.renew(day))),
                    Request::Scrub(answer) => {
                        let failed = |fault: Fault| fault.at("scrub", &self.shared.folder.catalog());
                        drop(answer.send(self.planner.scrub().map_err(failed)));
                    }
                    Request::Hold(holds, released, answer) => drop(answer.send(self.hold(&holds, &released))),
                    Request::Flush(answer) => drop(answer.send(Ok(()))),
                    Request::Close(answer) => {
                        // The last connection to close a file cleans up after it, which a reader cannot do.
                        self.shared.readers.trim(Duration::ZERO);
                        self.close_files(Duration::ZERO);
                        self.shared.write_digests(Instant::now() + DIGEST_AT_CLOSE);
                        self.shared.readers.trim(Duration::ZERO);
                        self.shared.close_catalog();
                        drop(answer.send(Ok(())));
                        return;
                    }
                }
            }
        }
    }

    /// Builds the filters of traces for this time.
    fn learn(&self, time: Duration) {
        if let Err(error) = self.shared.learn_presence(Instant::now() + time) {
            tracing::debug!(%error, "the days are searched for traces directly");
        }
    }

    /// Closes files that were idle for this long.
    fn close_files(&mut self, idle: Duration) {
        while self.files.peek_lru().is_some_and(|(_, file)| file.used.elapsed() >= idle) {
            let Some((day, file)) = self.files.pop_lru() else { return };
            file.close(&self.shared, day);
        }
    }

    /// Adds the waiting batches to the group. Returns the next other request.
    fn gather(&self, requests: &Receiver<Request>, group: &mut Vec<Waiting>) -> Option<Request> {
        let size = |waiting: &Waiting| waiting.prepared.batch.len();
        let mut records = group.first().map_or(0, size);
        while records < self.shared.config.group_spans {
            match requests.try_recv() {
                Ok(Request::Write(prepared, answer)) => {
                    let waiting = Waiting { prepared, answer, outcome: Ok(()) };
                    records += size(&waiting);
                    group.push(waiting);
                }
                Ok(other) => return Some(other),
                Err(_) => return None,
            }
        }
        None
    }

    fn write_group(&mut self, mut group: Vec<Waiting>) {
        self.learn(LEARN_PER_GROUP);
        let mut plans: Vec<Plan> = Vec::with_capacity(group.len());
        for waiting in &mut group {
            let plan = self.planner.plan(&self.shared, &waiting.prepared);
            plans.push(plan.unwrap_or_else(|fault| {
                waiting.outcome = Err(fault.at("write", self.shared.folder.root()));
                Plan::new()
            }));
        }
        if let Err(fault) = self.planner.note_strays(&self.shared) {
            let error = fault.at("write", &self.shared.folder.catalog());
            group.iter_mut().for_each(|waiting| waiting.outcome = Err(again(&error)));
            plans.iter_mut().for_each(Plan::clear);
        }
        let all: Vec<usize> = (0..group.len()).filter(|at| !plans[*at].is_empty()).collect();
        self.write_members(&all, &plans, &mut group, true);
        self.planner.conclude(&self.shared, group.iter().all(|waiting| waiting.outcome.is_ok()));
        self.conclude(group);
    }

    /// Writes these batches together. If one of them causes an error, each is written alone. If a file turns
    /// out to be damaged, it repeats the write once without that file, if permitted.
    fn write_members(&mut self, members: &[usize], plans: &[Plan], group: &mut [Waiting], may_repeat: bool) {
        let days: BTreeSet<Day> = members.iter().flat_map(|at| plans[*at].keys().copied()).collect();
        let outcome = match days.len() {
            0 => return,
            1..=MOST_DAYS_AT_ONCE => self.write_days(&days, members, plans, group),
            _ if members.len() > 1 => Err((None, Fault::Damaged("too many days at once"))),
            // With this many days, a batch is committed day by day. After an error, repeating the batch is
            // safe.
            _ => days
                .iter()
                .try_for_each(|day| self.write_days(&BTreeSet::from([*day]), members, plans, group)),
        };
        let Err((day, fault)) = outcome else { return };
        if let (Some(day), Fault::Sql(_), ErrorKind::Damaged, true) = (day, &fault, fault.kind(), may_repeat)
        {
            let error = fault.at("write", &self.shared.folder.file(Part::Data, day));
            self.shared.days.get_or_add(day);
            // If the file is intact after all, a new connection writes to it.
            let _ = self.shared.suspect(day, &error);
            return self.write_members(members, plans, group, false);
        }
        let one_is_to_blame =
            day.is_none() || matches!(fault.kind(), ErrorKind::Invalid | ErrorKind::Internal);
        if members.len() > 1 && one_is_to_blame {
            members.iter().for_each(|member| self.write_members(&[*member], plans, group, may_repeat));
            return;
        }
        let folder = &self.shared.folder;
        let path = day.map_or_else(|| folder.root().to_path_buf(), |day| folder.file(Part::Data, day));
        let error = fault.at("write", &path);
        members.iter().for_each(|member| group[*member].outcome = Err(again(&error)));
    }

    /// Writes the parts of all days, then commits them. An error before the first commit leaves no changes.
    fn write_days(
        &mut self,
        days: &BTreeSet<Day>,
        members: &[usize],
        plans: &[Plan],
        group: &[Waiting],
    ) -> Result<(), (Option<Day>, Fault)> {
        let shared = Arc::clone(&self.shared);
        let mut open = Vec::with_capacity(days.len());
        for day in days {
            let failed = |fault| (Some(*day), fault);
            let shares: Vec<_> = members
                .iter()
                .filter_map(|member| Some((&*group[*member].prepared, plans[*member].get(day)?)))
                .collect();
            let records = shares.iter().map(|(_, share)| share.len()).sum();
            let file = self.take_file(*day, records).map_err(failed)?;
            self.planner.list(&shared, *day).map_err(|fault| (None, fault))?;
            let mut tx = DayTx::begin(file, &shared, self.epoch).map_err(failed)?;
            shared.trips.pass().map_err(failed)?;
            tx.write(&shares).map_err(failed)?;
            open.push((*day, tx));
        }
        let mut outgrown = Vec::new();
        for (day, tx) in open {
            let passed = shared.trips.pass().and_then(|()| tx.commit());
            let mut file = passed.map_err(|fault| (Some(day), fault))?;
            if file.has_outgrown() {
                outgrown.push(day);
            }
            if let Some((other, least_used)) = self.files.push(day, file) {
                least_used.close(&shared, other);
            }
        }
        outgrown.into_iter().for_each(|day| self.enlarge(day));
        Ok(())
    }

    /// Probes the disk after an error. Without it, only a request would show that writes work again, and a
    /// readiness check sends none.
    fn look_whether_it_writes(&self) {
        if self.shared.trouble.lock().is_some() && probe(&self.shared.folder).is_ok() {
            *self.shared.trouble.lock() = None;
            tracing::info!("the store can be written again");
        }
    }

    fn conclude(&self, group: Vec<Waiting>) {
        let failed = group.iter().find_map(|waiting| match &waiting.outcome {
            Err(error) if !matches!(error.kind(), ErrorKind::Invalid) => Some(error.to_string()),
            _ => None,
        });
        if let Some(why) = &failed {
            tracing::warn!(error = %why, "a batch could not be written");
        }
        *self.shared.trouble.lock() = failed;
        self.shared.waiting.fetch_sub(group.len(), Ordering::Relaxed);
        for waiting in group {
            // A caller that is gone does not wait for its answer.
            drop(waiting.answer.send(waiting.outcome));
        }
        let _ = self.notify.try_send(());
    }

    /// Removes traces, each day in one transaction. Returns the number of traces with a span or event.
    /// Damaged days are left unchanged.
    fn forget(&mut self, traces: Vec<TraceId>) -> Result<u64> {
        let shared = Arc::clone(&self.shared);
        let wanted: BTreeSet<TraceId> = traces.into_iter().collect();
        let mut known = BTreeSet::new();
        let done = shared.days.sound().into_iter().try_for_each(|day| {
            let parts = shared.ask(day, |reader| TraceRecords::find(reader, &wanted))?.unwrap_or_default();
            if !parts.traces.is_empty() {
                let failed = |fault: Fault| fault.at("forget traces", &shared.folder.file(Part::Data, day));
                self.forget_in(day, &parts.traces).map_err(failed)?;
            }
            known.extend(parts.known);
            Ok(())
        });
        // Also after an error in a later day, because the earlier days are done.
        shared.removals.fetch_add(1, Ordering::Release);
        let _ = self.notify.try_send(());
        done?;
        self.planner
            .forget_traces(&shared, &wanted)
            .map_err(|fault| fault.at("forget traces", &shared.folder.catalog()))?;
        Ok(u64::try_from(known.len()).unwrap_or(u64::MAX))
    }

    fn forget_in(&mut self, day: Day, traces: &[TraceId]) -> fault::Result<()> {
        let shared = Arc::clone(&self.shared);
        self.planner.note_unclean(day)?;
        let file = self.take_file(day, 0)?;
        file.conn.pragma_update(None, "secure_delete", "ON")?;
        let mut tx = DayTx::begin(file, &shared, self.epoch)?;
        traces.iter().try_for_each(|trace| tx.blank(*trace))?;
        traces.iter().try_for_each(|trace| tx.forget(*trace))?;
        tx.write(&[])?;
        // Closing moves the log into the file, so the log does not keep removed records.
        tx.commit()?.close(&shared, day);
        Ok(())
    }

    fn purge(&mut self, before: Timestamp) -> Result<u64> {
        let removed = self.purge_days(before);
        // After the removal: a count that read the records before sees another number, and reads again.
        if !matches!(removed, Ok(0)) {
            self.shared.removals.fetch_add(1, Ordering::Release);
        }
        removed
    }

    fn purge_days(&mut self, before: Timestamp) -> Result<u64> {
        let mut removed = 0;
        for day in self.shared.days.newest_first() {
            if day.plus(1).start() > before {
                continue;
            }
            let state = self.shared.days.get(day);
            // The indexer must not create a file of this day meanwhile.
            let _no_indexer = state.as_ref().map(|state| state.files.write());
            self.remove_day(day).map_err(|fault| fault.at("purge", &self.shared.folder.catalog()))?;
            removed += 1;
        }
        Ok(removed)
    }
}
