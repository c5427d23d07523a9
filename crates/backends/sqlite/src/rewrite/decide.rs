//! Retention decision for each trace, event and point of a day.

use std::collections::{HashMap, HashSet};

use quipu_core::{DayFate, Resource, RetentionSignal, RetiredDay, Timestamp, TraceId};
use rusqlite::Connection;

use crate::codec::{Names, TextOf, trace_id};
use crate::fault::Result;
use crate::folder::Day;
use crate::read::stored::{Sources, source};
use crate::rewrite::past::Past;

/// Retention decision for a trace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It stays unchanged.
    #[default]
    Stays,
    /// Its ledger rows stay, its content is removed.
    Thinned,
    /// It is removed completely.
    Goes,
}

/// Retention decision for a day.
#[derive(Debug, Default)]
pub(crate) struct Decision {
    /// Decisions by the trace's number.
    fates: Vec<Fate>,
    /// Held traces, of all days.
    held: HashSet<TraceId>,
    /// Resources whose events are removed, and those whose points are removed.
    logs: HashSet<i64>,
    metrics: HashSet<i64>,
    /// Whether anything is removed.
    pub(crate) changes: bool,
    /// Whether anything stays.
    pub(crate) leaves: bool,
    /// Traces that stay only because they continued after their day.
    pub(crate) later: u64,
    traces: u64,
    spans: u64,
    costs: u64,
    events: u64,
    points: u64,
    held_here: u64,
    /// Remaining traces, ledger rows and visible spans.
    left: [u64; 3],
    /// Visible spans before the removal.
    shown: u64,
    /// Whether sums are computed again although nothing is removed.
    anew: bool,
}

/// Approximate bytes of a trace without content, and of its ledger row, for estimates.
const TRACE_BYTES: u64 = 450;
const CALL_BYTES: u64 = 300;
/// Bytes of an empty day.
const LEAST_BYTES: u64 = 160 << 10;

/// The services of a day's resources.
struct Services<'c> {
    conn: &'c Connection,
    known: HashMap<i64, Option<String>>,
}

impl Services<'_> {
    fn of(&mut self, resource: i64) -> Result<Option<&str>> {
        if !self.known.contains_key(&resource) {
            let read: Resource = source(self.conn, &mut Sources::new(), resource)?;
            self.known.insert(resource, read.service().map(ToString::to_string));
        }
        Ok(self.known.get(&resource).and_then(Option::as_deref))
    }
}

impl Decision {
    /// Decides on a day. Signals of which nothing can expire are not read.
    pub(crate) fn of(conn: &Connection, past: &Past<'_>, held: &HashSet<TraceId>) -> Result<Self> {
        let mut decision = Self { held: held.clone(), ..Self::default() };
        decision.look_at_traces(conn, past)?;
        decision.look_at_calls(conn)?;
        let mut services = Services { conn, known: HashMap::new() };
        decision.look_at_events(conn, past, &mut services)?;
        decision.look_at_points(conn, past, &mut services)?;
        let gone = [decision.traces, decision.costs, decision.events, decision.points];
        decision.changes = gone.iter().any(|count| *count > 0);
        Ok(decision)
    }

    /// Decides to keep all records of a day.
    pub(crate) fn keep(conn: &Connection) -> Result<Self> {
        let mut look = conn.prepare(
            "SELECT EXISTS(SELECT 1 FROM traces) OR EXISTS(SELECT 1 FROM events) OR EXISTS(SELECT 1 FROM points)",
        )?;
        let leaves = look.query_row([], |row| row.get(0))?;
        Ok(Self { leaves, anew: true, ..Self::default() })
    }

    pub(crate) fn fate(&self, trace: i64) -> Fate {
        usize::try_from(trace).ok().and_then(|at| self.fates.get(at)).copied().unwrap_or_default()
    }

    fn decide(&mut self, trace: i64, fate: Fate) {
        let Ok(at) = usize::try_from(trace) else { return };
        if self.fates.len() <= at {
            self.fates.resize(at + 1, Fate::Stays);
        }
        self.fates[at] = fate;
    }

    /// Whether an event of this resource and trace is removed.
    pub(crate) fn event_goes(&self, resource: i64, trace: Option<TraceId>) -> bool {
        self.logs.contains(&resource) && !trace.is_some_and(|trace| self.held.contains(&trace))
    }

    /// Whether the points of a series of this resource are removed.
    pub(crate) fn points_go(&self, resource: i64) -> bool {
        self.metrics.contains(&resource)
    }

    /// Whether ledger rows are removed, so sums by hour change.
    pub(crate) const fn changes_sums(&self) -> bool {
        self.costs > 0 || self.anew
    }

    fn look_at_traces(&mut self, conn: &Connection, past: &Past<'_>) -> Result<()> {
        let names = Names::new(conn);
        let may = past.may(RetentionSignal::Traces);
        let mut bare = conn.prepare("SELECT 1 FROM spans WHERE tr = ?1 AND signal < 8 LIMIT 1")?;
        let mut look = conn.prepare("SELECT pk, trace, service, project, start, dur, spans FROM traces")?;
        let mut rows = look.query([])?;
        while let Some(row) = rows.next()? {
            let (pk, spans): (i64, i64) = (row.get(0)?, row.get(6)?);
            let spans = u64::try_from(spans).unwrap_or(0);
            self.shown += spans;
            let (service, project) = (names.text(row.get(2)?)?, names.text(row.get(3)?)?);
            let end = Timestamp::from_nanos(row.get::<_, i64>(4)?.saturating_add(row.get(5)?));
            let goes = |signal, end: Option<Timestamp>| match end {
                Some(end) => past.is(signal, service.as_deref(), project.as_deref(), end),
                None => past.of_day(signal, service.as_deref(), project.as_deref()),
            };
            let goes_by_day = may && goes(RetentionSignal::Traces, None);
            if !goes_by_day {
                self.left[2] += spans;
                continue;
            }
            if self.held.contains(&trace_id(row, 1)?) {
                self.held_here += 1;
                self.left[2] += spans;
                continue;
            }
            if !goes(RetentionSignal::Traces, Some(end)) {
                self.later += 1;
                self.left[2] += spans;
                continue;
            }
            let with_costs = goes(RetentionSignal::Costs, Some(end));
            self.decide(pk, if with_costs { Fate::Goes } else { Fate::Thinned });
            if with_costs || spans > 0 || bare.exists([pk])? {
                self.traces += 1;
                self.spans += spans;
            }
        }
        Ok(())
    }

    /// Traces without a ledger row are removed completely.
    fn look_at_calls(&mut self, conn: &Connection) -> Result<()> {
        let mut has_calls = vec![false; self.fates.len()];
        let mut look = conn.prepare("SELECT tr FROM calls WHERE ?1")?;
        let mut rows = look.query([!self.fates.is_empty()])?;
        while let Some(row) = rows.next()? {
            let trace = row.get(0)?;
            match self.fate(trace) {
                Fate::Goes => self.costs += 1,
                Fate::Thinned => {
                    self.left[1] += 1;
                    if let Some(has) = usize::try_from(trace).ok().and_then(|at| has_calls.get_mut(at)) {
                        *has = true;
                    }
                }
                Fate::Stays => {}
            }
        }
        for (fate, has_calls) in self.fates.iter_mut().zip(has_calls) {
            match fate {
                Fate::Thinned if !has_calls => *fate = Fate::Goes,
                Fate::Thinned => self.left[0] += 1,
                _ => {}
            }
        }
        let all: u64 = conn.query_row("SELECT COUNT(*) FROM traces", [], |row| row.get(0))?;
        let gone = self.fates.iter().filter(|fate| **fate == Fate::Goes).count();
        self.leaves |= all > u64::try_from(gone).unwrap_or(u64::MAX);
        Ok(())
    }

    fn look_at_events(
        &mut self,
        conn: &Connection,
        past: &Past<'_>,
        services: &mut Services<'_>,
    ) -> Result<()> {
        let may = past.may(RetentionSignal::Logs);
        let mut look = conn.prepare("SELECT resource, COUNT(*) FROM events GROUP BY resource")?;
        let mut rows = look.query([])?;
        let mut all = 0;
        while let Some(row) = rows.next()? {
            let (resource, count): (i64, u64) = (row.get(0)?, row.get(1)?);
            all += count;
            if may && past.of_day(RetentionSignal::Logs, services.of(resource)?, None) {
                self.logs.insert(resource);
                self.events += count;
            }
        }
        if !self.logs.is_empty() {
            self.events -= self.held_events(conn)?;
        }
        self.leaves |= all > self.events;
        Ok(())
    }

    /// Events of removed resources that stay because their trace is held.
    fn held_events(&self, conn: &Connection) -> Result<u64> {
        let mut look = conn.prepare("SELECT resource FROM events WHERE trace = ?1")?;
        let mut kept = 0;
        for trace in &self.held {
            let mut rows = look.query([trace.as_bytes()])?;
            while let Some(row) = rows.next()? {
                kept += u64::from(self.logs.contains(&row.get(0)?));
            }
        }
        Ok(kept)
    }

    fn look_at_points(
        &mut self,
        conn: &Connection,
        past: &Past<'_>,
        services: &mut Services<'_>,
    ) -> Result<()> {
        let may = past.may(RetentionSignal::Metrics);
        let mut look = conn.prepare(
            "SELECT s.resource, COUNT(*) FROM points p JOIN series s ON s.id = p.series GROUP BY s.resource",
        )?;
        let mut rows = look.query([])?;
        while let Some(row) = rows.next()? {
            let (resource, count): (i64, u64) = (row.get(0)?, row.get(1)?);
            if may && past.of_day(RetentionSignal::Metrics, services.of(resource)?, None) {
                self.metrics.insert(resource);
                self.points += count;
            } else {
                self.leaves = true;
            }
        }
        Ok(())
    }

    /// The report on the day; `bytes` is the size of its files, for an estimate of the freed bytes.
    pub(crate) fn told(&self, day: Day, past: &Past<'_>, bytes: u64) -> RetiredDay {
        let [traces, calls, _] = self.left;
        // Visible spans keep their share of the files. The remaining records need a little more.
        let left = LEAST_BYTES + self.share_of_shown(bytes) + traces * TRACE_BYTES + calls * CALL_BYTES;
        let freed = if self.leaves { bytes.saturating_sub(left) } else { bytes };
        RetiredDay {
            day: day.start(),
            fate: if self.leaves { DayFate::Thinned } else { DayFate::Removed },
            why: past.why(),
            traces: self.traces,
            spans: self.spans,
            costs: self.costs,
            events: self.events,
            points: self.points,
            held: self.held_here,
            bytes,
            freed,
        }
    }

    /// The share of the visible spans that stay, of `bytes` of all visible spans.
    pub(crate) fn share_of_shown(&self, bytes: u64) -> u64 {
        let [.., shown] = self.left;
        bytes.saturating_mul(shown) / self.shown.max(1)
    }
}
