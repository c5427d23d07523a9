//! Assignment of a batch's records to days.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;

use lru::LruCache;
use quipu_core::{Batch, Hold, SpanId, Timestamp, TraceId};
use rusqlite::Connection;

use crate::catalog::{self, NOTE_MEETING, NOTE_STRAY};
use crate::codec::span_key;
use crate::fault::{Fault, Result};
use crate::folder::{Day, Part};
use crate::holds;
use crate::listed;
use crate::shared::{Home, Shared};
use crate::write::encoded::Encoded;
use crate::write::prepare::Prepared;
use crate::write::spans::unknown_span;

/// A batch's records of one day, by their indices.
#[derive(Debug, Default)]
pub(crate) struct Share {
    pub(crate) spans: Vec<usize>,
    pub(crate) costs: Vec<usize>,
    pub(crate) events: Vec<usize>,
    pub(crate) points: Vec<usize>,
}

impl Share {
    /// Bytes of its packed bodies.
    pub(crate) fn body_bytes(&self, records: &Encoded) -> usize {
        let spans = self.spans.iter().map(|at| records.span_body(*at).len());
        spans.chain(self.events.iter().map(|at| records.event_body(*at).len())).sum()
    }

    /// Number of its records.
    pub(crate) fn len(&self) -> usize {
        self.spans.len() + self.costs.len() + self.events.len() + self.points.len()
    }
}

/// A batch's shares by day.
pub(crate) type Plan = BTreeMap<Day, Share>;

/// Decides on the home days of traces, and stores those that cannot be derived later.
///
/// Homes decided for a group of batches are cached beyond it only after the whole group is committed. After a
/// failed group, the files decide. A trace that they do not have keeps its planned home: SQLite takes a
/// commit back after a failed sync, but its frames stay in the log, and the next start reads them.
pub(crate) struct Planner {
    pub(super) catalog: Connection,
    /// Homes of the traces of the current group.
    pending: HashMap<TraceId, Home>,
    /// Planned homes of traces in failed groups.
    uncertain: LruCache<TraceId, Day>,
    /// Traces found to span days, to be stored in the catalog.
    strays: Vec<(TraceId, Day)>,
    /// Homes of strays by meeting: those to store, and those stored.
    stray_meetings: HashSet<(i64, Day)>,
    noted_meetings: HashSet<(i64, Day)>,
    /// Days known to be in the catalog's list.
    listed: HashSet<Day>,
}

/// Maximum number of traces in failed groups whose planned homes are kept, some 4 MiB.
const MOST_UNCERTAIN: NonZeroUsize = NonZeroUsize::MIN.saturating_add(65_535);

/// Maximum number of cached homes by meeting.
const MOST_NOTED: usize = 10_000;

impl Planner {
    pub(crate) fn new(catalog: Connection) -> Self {
        // Without a limit at first, because a limit reserves its memory.
        let mut uncertain = LruCache::unbounded();
        uncertain.resize(MOST_UNCERTAIN);
        Self {
            catalog,
            pending: HashMap::new(),
            uncertain,
            strays: Vec::new(),
            stray_meetings: HashSet::new(),
            noted_meetings: HashSet::new(),
            listed: HashSet::new(),
        }
    }

    /// Splits a batch into shares by day.
    pub(crate) fn plan(&mut self, shared: &Shared, prepared: &Prepared) -> Result<Plan> {
        let batch = &prepared.batch;
        let mut plan = Plan::new();
        self.look_up(shared, batch)?;
        for span in &batch.spans {
            self.settle(shared, span.trace_id, Day::of(span.start))?;
        }
        for (at, span) in batch.spans.iter().enumerate() {
            let home = self.place(shared, span.trace_id, span.span_id)?;
            let home = home.ok_or_else(|| unknown_span(span.trace_id, span.span_id))?;
            for meeting in span.meetings().filter(|_| home.stray) {
                self.stray_meeting(meeting.number(), home.day);
            }
            plan.entry(home.day).or_default().spans.push(at);
        }
        for (at, cost) in batch.costs.iter().enumerate() {
            let home = self.place(shared, cost.trace_id, cost.span_id)?;
            let home = home.ok_or_else(|| unknown_span(cost.trace_id, cost.span_id))?;
            plan.entry(home.day).or_default().costs.push(at);
        }
        for (at, event) in batch.events.iter().enumerate() {
            plan.entry(Day::of(event.time)).or_default().events.push(at);
        }
        for (at, point) in prepared.records.points.iter().enumerate() {
            let time: Timestamp = batch.metrics[point.metric].points[point.point].time;
            plan.entry(Day::of(time)).or_default().points.push(at);
        }
        Ok(plan)
    }

    /// Finds the homes of stored traces in one pass, because each day is opened for all of them.
    fn look_up(&mut self, shared: &Shared, batch: &Batch) -> Result<()> {
        let of_spans = batch.spans.iter().map(|span| span.trace_id);
        let mut all: BTreeSet<TraceId> =
            of_spans.chain(batch.costs.iter().map(|cost| cost.trace_id)).collect();
        all.retain(|trace| !self.pending.contains_key(trace));
        let mut unknown = Vec::new();
        for trace in all {
            match shared.homes.lock().get(&trace).copied() {
                Some(home) => drop(self.pending.insert(trace, home)),
                None => unknown.push(trace),
            }
        }
        for (trace, days) in shared.days_of(&unknown)? {
            let Some(day) = days.first().copied() else { continue };
            let home = Home { day, stray: shared.is_stray(trace, day)?, split: days.len() > 1 };
            self.pending.insert(trace, home);
        }
        Ok(())
    }

    /// Decides on the home of a span's trace: its existing home, otherwise the day of its first span. Notes
    /// the home if the span is of another day.
    fn settle(&mut self, shared: &Shared, trace: TraceId, day: Day) -> Result<()> {
        let first = self.uncertain.peek(&trace).copied().unwrap_or(day);
        let home = *self.pending.entry(trace).or_insert_with(|| {
            shared.will_hold(trace, first);
            Home { day: first, stray: false, split: false }
        });
        if home.day == day || home.stray {
            return Ok(());
        }
        self.pending.insert(trace, Home { stray: true, ..home });
        self.strays.push((trace, home.day));
        // From now on, every meeting of the trace is also found by times of other days.
        for meeting in meetings_in(shared, home.day, trace)? {
            self.stray_meeting(meeting, home.day);
        }
        Ok(())
    }

    /// The day of a span: that of its trace. For a split trace, it is the day of the stored copy.
    fn place(&self, shared: &Shared, trace: TraceId, span: SpanId) -> Result<Option<Home>> {
        let Some(home) = self.pending.get(&trace).copied() else { return Ok(None) };
        if !home.split {
            return Ok(Some(home));
        }
        for day in shared.days_of(&[trace])?.remove(&trace).unwrap_or_default() {
            let found = shared.ask(day, |reader| {
                let sql =
                    "SELECT 1 FROM traces t JOIN spans s ON s.tr = t.pk WHERE t.trace = ?1 AND s.id = ?2";
                Ok(reader.conn.prepare_cached(sql)?.exists((trace.as_bytes(), span_key(span)))?)
            })?;
            if found == Some(true) {
                return Ok(Some(Home { day, ..home }));
            }
        }
        Ok(Some(home))
    }

    /// Notes that a trace with spans of the meeting is stored in another day than theirs.
    fn stray_meeting(&mut self, meeting: i64, home: Day) {
        let stray = (meeting, home);
        if !self.noted_meetings.contains(&stray) {
            self.stray_meetings.insert(stray);
        }
    }

    /// Stores the traces found to span days before their spans are committed. After an error they are not
    /// marked as noted, so it is tried again with the next batch of the trace.
    pub(crate) fn note_strays(&mut self, shared: &Shared) -> Result<()> {
        if self.strays.is_empty() && self.stray_meetings.is_empty() {
            return Ok(());
        }
        shared.has_stray_meetings.store(true, Ordering::Release);
        let tx = self.catalog.transaction()?;
        for (trace, day) in &self.strays {
            tx.prepare_cached(NOTE_STRAY)?.execute((trace.as_bytes(), day.0))?;
        }
        for (meeting, day) in &self.stray_meetings {
            tx.prepare_cached(NOTE_MEETING)?.execute((meeting, day.0))?;
        }
        shared.trips.pass()?;
        tx.commit()?;
        self.strays.clear();
        if self.noted_meetings.len() >= MOST_NOTED {
            self.noted_meetings.clear();
        }
        self.noted_meetings.extend(self.stray_meetings.drain());
        Ok(())
    }

    /// Adds a day with an open file to the list, before anything is committed to it.
    pub(crate) fn list(&mut self, shared: &Shared, day: Day) -> Result<()> {
        if self.listed.contains(&day) {
            return Ok(());
        }
        if !self.has_listed(day)? {
            // After a power cut, a remaining row implies a remaining file.
            shared.folder.sync_days()?;
            listed::add(&mut self.catalog, &[day])?;
        }
        self.listed.insert(day);
        Ok(())
    }

    /// Whether the catalog lists a day.
    pub(crate) fn has_listed(&self, day: Day) -> Result<bool> {
        listed::has(&self.catalog, day)
    }

    /// Notes that a listed day lost its file, and is created again.
    pub(crate) fn lose(&mut self, day: Day) -> Result<()> {
        listed::lose(&self.catalog, day)
    }

    /// Ends a group of batches. If all of it is committed, its homes are cached; otherwise they are looked up
    /// again.
    pub(crate) fn conclude(&mut self, shared: &Shared, is_committed: bool) {
        self.strays.clear();
        let mut homes = shared.homes.lock();
        for (trace, home) in self.pending.drain() {
            if is_committed {
                homes.put(trace, home);
                self.uncertain.pop(&trace);
            } else {
                homes.pop(&trace);
                self.uncertain.put(trace, home.day);
            }
        }
    }

    /// Evicts the homes of these traces.
    pub(super) fn forget_homes<'t>(&self, shared: &Shared, traces: impl IntoIterator<Item = &'t TraceId>) {
        let mut homes = shared.homes.lock();
        for trace in traces {
            homes.pop(trace);
        }
    }

    /// Removes the stored homes of these traces. Days that meetings refer to are still searched, without a
    /// match.
    pub(crate) fn forget_traces(&mut self, shared: &Shared, traces: &BTreeSet<TraceId>) -> Result<()> {
        self.forget_homes(shared, traces);
        let tx = self.catalog.transaction()?;
        for trace in traces {
            tx.prepare_cached("DELETE FROM strays WHERE trace = ?1")?.execute([trace.as_bytes()])?;
            tx.prepare_cached("DELETE FROM holds WHERE trace = ?1")?.execute([trace.as_bytes()])?;
        }
        Ok(tx.commit()?)
    }

    /// Notes that a day's file must be rewritten, before anything is removed from it.
    pub(crate) fn note_unclean(&self, day: Day) -> Result<()> {
        catalog::note_unclean(&self.catalog, day)
    }

    /// Notes that a day's file was rewritten or removed.
    pub(crate) fn note_clean(&self, day: Day) -> Result<()> {
        catalog::note_clean(&self.catalog, day)
    }

    /// Rewrites the catalog, so no page and no WAL frame has removed data.
    pub(crate) fn scrub(&self) -> Result<()> {
        self.catalog.execute_batch("VACUUM")?;
        let busy: bool = self.catalog.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy {
            let why = "another process reads the catalog, so its log remains; try again";
            return Err(Fault::Io(std::io::Error::other(why)));
        }
        Ok(())
    }

    /// Adds and releases holds. Returns the number of changed rows.
    pub(crate) fn hold(&mut self, holds: &[Hold], released: &[TraceId]) -> Result<u64> {
        holds::write(&mut self.catalog, holds, released)
    }

    /// Removes all data of a removed day.
    pub(crate) fn forget(&mut self, shared: &Shared, day: Day) -> Result<()> {
        let mut homes = shared.homes.lock();
        let gone: Vec<TraceId> =
            homes.iter().filter(|(_, home)| home.day == day).map(|(trace, _)| *trace).collect();
        for trace in gone {
            homes.pop(&trace);
        }
        drop(homes);
        let uncertain = self.uncertain.iter().filter(|(_, home)| **home == day);
        for trace in uncertain.map(|(trace, _)| *trace).collect::<Vec<_>>() {
            self.uncertain.pop(&trace);
        }
        self.listed.remove(&day);
        shared.presence.lock().forget(day);
        self.stray_meetings.retain(|(_, home)| *home != day);
        self.noted_meetings.retain(|(_, home)| *home != day);
        self.catalog.execute("DELETE FROM strays WHERE day = ?1", [day.0])?;
        self.catalog.execute("DELETE FROM stray_meetings WHERE day = ?1", [day.0])?;
        self.note_clean(day)?;
        listed::strike(&self.catalog, day)
    }
}

/// The meetings of a trace in a day's file.
fn meetings_in(shared: &Shared, day: Day, trace: TraceId) -> Result<Vec<i64>> {
    if !shared.folder.file(Part::Data, day).exists() {
        return Ok(Vec::new());
    }
    let found = shared.ask(day, |reader| {
        let mut look = reader.conn.prepare_cached(
            "SELECT m.meeting FROM (SELECT s.meeting FROM traces t JOIN spans s ON s.tr = t.pk WHERE t.trace = ?1 \
             UNION SELECT s.moment FROM traces t JOIN spans s ON s.tr = t.pk WHERE t.trace = ?1) m WHERE m.meeting IS NOT NULL",
        )?;
        let meetings = look.query_map([trace.as_bytes()], |row| row.get(0))?;
        Ok(meetings.collect::<rusqlite::Result<_>>()?)
    })?;
    Ok(found.unwrap_or_default())
}
