//! Retention run over all days.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use quipu_core::{
    DayFate, Error, ErrorKind, Result, Retention, Retired, RetiredDay, RetiredFor, Retry, Timestamp,
};

use crate::fault::NAME;
use crate::folder::{Day, Part};
use crate::rewrite::{CACHE_KIB, Decision, Exchange, Force, Past, beside, fold_before, write_anew};
use crate::schema::{self, Access, DAY};
use crate::shared::{Shared, Unexpired};
use crate::sqlite::Sqlite;
use crate::write::{Exchanged, Request};

/// Maximum number of attempts for a day that is written concurrently. After that, it is left to the next run.
pub(super) const TRIES: usize = 3;
/// Limit of the wait for an exclusive moment, in steps.
const STEPS: usize = 250;
const STEP: Duration = Duration::from_millis(20);

/// State of one run.
struct Run<'s> {
    store: &'s Sqlite,
    rules: Arc<Retention>,
    now: Timestamp,
    dry: bool,
    told: Retired,
}

/// Result of preparing a day on a separate thread.
enum Made {
    /// Nothing is expired; `true` if that holds until file, holds or rules change.
    Nothing(bool),
    /// The expired records of a dry run.
    Told(Box<RetiredDay>),
    /// The new file is ready for the exchange.
    Ready(Box<RetiredDay>, Exchange),
}

/// Implements [`quipu_core::StoreRetention::retire`].
pub(crate) async fn retire(store: &Sqlite, rules: &Retention, now: Timestamp, dry: bool) -> Result<Retired> {
    let shared = &store.shared;
    if !dry && shared.read_only {
        let text = format!("{} is open for reading only", shared.folder.root().display());
        return Err(Error::new(ErrorKind::Denied, "retention", text).with_retry(Retry::No).of_backend(NAME));
    }
    if !dry && !super::renew::unclean(shared)?.is_empty() {
        // An earlier removal was interrupted before its files were rewritten.
        super::scrub(store, false).await?;
    }
    let mut memory = shared.retiring.lock().await;
    let mut days = shared.sound_days()?;
    days.sort_unstable();
    let catalog = fs::metadata(shared.folder.catalog()).map_or(0, |file| file.len());
    let bytes = days.iter().map(|day| shared.folder.bytes_of(*day)).sum::<u64>() + catalog;
    days.retain(|day| day.plus(1).start() <= now);
    let told = Retired { bytes, ..Retired::default() };
    let mut run = Run { store, rules: Arc::new(rules.clone()), now, dry, told };
    if !dry {
        leave_nothing_behind(shared, &days);
    }
    let most = rules.days_per_run.map_or(usize::MAX, |days| usize::try_from(days).unwrap_or(usize::MAX));
    for day in &days {
        if run.told.days.len() < most {
            run.by_age(*day, &mut memory).await?;
        } else if run.is_due(*day, &memory).is_some() {
            let why = format!("a run thins or removes {most} days for their age (days_per_run)");
            run.told.left.push((day.start(), why));
            break;
        }
    }
    run.by_size(&days).await?;
    run.told.days.sort_by_key(|day| day.day);
    Ok(run.told)
}

/// Removes the remains of an interrupted run.
fn leave_nothing_behind(shared: &Shared, days: &[Day]) {
    days.iter().for_each(|day| beside::remove(&shared.folder.beside(*day)));
}

impl Run<'_> {
    /// A hash of the state of the day, its holds and the rules, if records of the day may be expired.
    fn is_due(&self, day: Day, memory: &Unexpired) -> Option<u64> {
        let shared = &self.store.shared;
        let past = Past::of(&self.rules, day, self.now, Force::No);
        if !past.may_any() {
            return None;
        }
        let state = shared.days.get(day)?;
        let mut hash = DefaultHasher::new();
        let holds = shared.holds.load(Ordering::Acquire);
        (Arc::as_ptr(&state) as usize, state.version(), holds, past.over(), format!("{:?}", self.rules))
            .hash(&mut hash);
        let key = hash.finish();
        let settled = !shared.read_only && memory.0.get(&day) == Some(&key);
        (!settled).then_some(key)
    }

    async fn by_age(&mut self, day: Day, memory: &mut Unexpired) -> Result<()> {
        let Some(key) = self.is_due(day, memory) else { return Ok(()) };
        if self.one(day, Force::No).await? == Some(true) {
            memory.0.insert(day, key);
        }
        Ok(())
    }

    /// Removes days to meet the size limit: first all of their content, the oldest first, then their costs.
    async fn by_size(&mut self, days: &[Day]) -> Result<()> {
        let Some(most) = self.rules.max_bytes.map(|bytes| bytes.0) else { return Ok(()) };
        for force in [Force::Content, Force::All] {
            for day in days {
                if self.bytes() <= most {
                    return Ok(());
                }
                self.one(*day, force).await?;
            }
        }
        let bytes = self.bytes();
        if bytes > most {
            self.told.over = Some((bytes - most, self.why_over(days)));
        }
        Ok(())
    }

    /// Bytes of the store, actual or simulated, from the bytes freed in each day. Rebuilt full text and
    /// temporary logs must not cause further removals.
    fn bytes(&self) -> u64 {
        self.told.bytes.saturating_sub(self.told.freed())
    }

    fn why_over(&self, ended: &[Day]) -> String {
        let held = self.store.shared.with_catalog(crate::holds::held).map_or(0, |held| held.len());
        let shared = &self.store.shared;
        let open = shared.days.newest_first().into_iter().filter(|day| !ended.contains(day));
        let open: u64 = open.map(|day| shared.folder.bytes_of(day)).sum();
        format!(
            "unfinished days use {open} bytes, {held} traces are held, and the rest is the minimum of the \
             days and the catalog"
        )
    }

    /// Handles one day. `Some(true)`: nothing was removed, and nothing expires until something changes.
    /// `Some(false)`: nothing was removed now.
    async fn one(&mut self, day: Day, force: Force) -> Result<Option<bool>> {
        match self.try_one(day, force).await {
            Ok(done) => Ok(done),
            // The store is closing, or the run is being stopped.
            Err(error) if error.kind() == ErrorKind::Unavailable => Err(error),
            Err(error) => {
                tracing::warn!(%day, %error, "retention failed for a day; the next run tries again");
                self.told.left.push((day.start(), error.to_string()));
                Ok(Some(false))
            }
        }
    }

    async fn try_one(&mut self, day: Day, force: Force) -> Result<Option<bool>> {
        for _ in 0..TRIES {
            let (rules, now, dry) = (Arc::clone(&self.rules), self.now, self.dry);
            let made =
                self.store.ask(move |shared| make(shared, day, &Past::of(&rules, day, now, force), dry));
            match made.await? {
                Made::Nothing(settled) => return Ok(Some(settled)),
                Made::Told(told) => {
                    self.tell(*told);
                    return Ok(None);
                }
                Made::Ready(told, exchange) => {
                    if exchange_with(self.store, day, exchange).await? {
                        self.tell(*told);
                        return Ok(None);
                    }
                }
            }
        }
        let text = format!("day {day} changed during every attempt");
        Err(Error::new(ErrorKind::Locked, "retention", text).of_backend(NAME))
    }

    /// Adds the report of a day. An earlier report of the day is included in it, or was completed before.
    fn tell(&mut self, told: RetiredDay) {
        let known = self.told.days.iter_mut().find(|known| known.day == told.day);
        let Some(known) = known else { return self.told.days.push(told) };
        if self.dry {
            *known = RetiredDay { bytes: known.bytes, ..told };
            return;
        }
        known.fate = if told.fate == DayFate::Removed { DayFate::Removed } else { known.fate };
        known.why = RetiredFor::Size;
        known.held = known.held.max(told.held);
        known.traces += told.traces;
        known.spans += told.spans;
        known.costs += told.costs;
        known.events += told.events;
        known.points += told.points;
        known.freed += told.freed;
    }
}

/// Replaces the old file by the new one; `false` if the day has changed since it was read.
pub(super) async fn exchange_with(store: &Sqlite, day: Day, exchange: Exchange) -> Result<bool> {
    let exchange = Arc::new(exchange);
    for _ in 0..STEPS {
        let this = Arc::clone(&exchange);
        let done = store.request(move |_, answer| Ok(Request::Exchange(this, answer))).await;
        match done? {
            Exchanged::Done => return Ok(true),
            Exchanged::Late => break,
            Exchanged::Busy => tokio::time::sleep(STEP).await,
        }
    }
    exchange.give_up();
    tracing::debug!(%day, "a day changed during its retention");
    Ok(false)
}

/// Decides on a day, and writes its remaining records into a new file.
fn make(shared: &Shared, day: Day, past: &Past<'_>, dry: bool) -> Result<Made> {
    let path = shared.folder.file(Part::Data, day);
    let done = try_make(shared, day, past, dry);
    done.map_err(|fault| fault.at("thin a day", &path))
}

fn try_make(shared: &Shared, day: Day, past: &Past<'_>, dry: bool) -> crate::fault::Result<Made> {
    let Some(state) = shared.days.get(day) else { return Ok(Made::Nothing(false)) };
    // Taken before anything is read, so the exchange detects later writes.
    let (version, holds) = (state.version(), shared.holds.load(Ordering::Acquire));
    let held = shared.with_catalog(crate::holds::held)?;
    let path = shared.folder.file(Part::Data, day);
    let conn = schema::open(&DAY, &path, Access::Read { cache_kib: CACHE_KIB })?;
    let snapshot = conn.unchecked_transaction()?;
    let decision = Decision::of(&conn, past, &held)?;
    if !decision.changes && decision.leaves {
        return Ok(Made::Nothing(decision.later == 0));
    }
    let mut told = Box::new(decision.told(day, past, shared.folder.bytes_of(day)));
    if dry {
        return Ok(Made::Told(told));
    }
    let file: Option<PathBuf> = decision.leaves.then(|| shared.folder.beside(day));
    if let Some(file) = &file {
        write_anew(shared, &conn, &decision, file, true)?;
        // The full text is removed at the exchange and built again later, so its new size is estimated.
        let text = fs::metadata(shared.folder.file(Part::Text, day)).map_or(0, |text| text.len());
        let left = fs::metadata(file)?.len() + decision.share_of_shown(text);
        told.freed = told.bytes.saturating_sub(left);
    }
    drop(snapshot);
    drop(conn);
    if file.is_some() {
        fold_before(shared, &path);
    }
    Ok(Made::Ready(told, Exchange { day, file, state, version, holds }))
}
