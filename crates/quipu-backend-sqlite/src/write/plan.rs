//! Which part of a batch belongs to which day.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use quipu_core::{Hold, Meeting, Timestamp, TraceId};
use rusqlite::Connection;

use crate::fault::Result;
use crate::folder::{Day, Part};
use crate::shared::{Home, Shared};
use crate::write::prepare::Prepared;
use crate::write::spans::unknown_span;

/// A batch's records that belong to one day, by their places in it.
#[derive(Debug, Default)]
pub(crate) struct Share {
    pub(crate) spans: Vec<usize>,
    pub(crate) costs: Vec<usize>,
    pub(crate) events: Vec<usize>,
    pub(crate) points: Vec<usize>,
}

/// A batch's shares by day.
pub(crate) type Plan = BTreeMap<Day, Share>;

/// Decides on homes, and writes down those that cannot be guessed later.
pub(crate) struct Planner {
    catalog: Connection,
    strays: Vec<(TraceId, Day)>,
    /// Homes of strays by meeting, to be written down, and those that are.
    stray_meetings: HashSet<(i64, Day)>,
    noted_meetings: HashSet<(i64, Day)>,
}

/// Homes by meeting that are known to be written down.
const MOST_NOTED: usize = 10_000;

impl Planner {
    pub(crate) fn new(catalog: Connection) -> Self {
        Self { catalog, strays: Vec::new(), stray_meetings: HashSet::new(), noted_meetings: HashSet::new() }
    }

    /// Splits a batch.
    pub(crate) fn plan(&mut self, shared: &Shared, prepared: &Prepared) -> Result<Plan> {
        let batch = &prepared.batch;
        let mut plan = Plan::new();
        let mut seen = HashMap::new();
        for (at, span) in batch.spans.iter().enumerate() {
            let home = self.home(shared, span.trace_id, Day::of(span.start))?;
            if let Some(meeting) = span.canonical.meeting.filter(|_| home != Day::of(span.start)) {
                self.stray_meeting(meeting, home);
            }
            seen.insert(span.trace_id, home);
            plan.entry(home).or_default().spans.push(at);
        }
        for (at, cost) in batch.costs.iter().enumerate() {
            let home = match seen.get(&cost.trace_id) {
                Some(home) => Some(*home),
                None => self.home_of_cost(shared, cost.trace_id, Day::of(cost.time))?,
            };
            let home = home.ok_or_else(|| unknown_span(cost.trace_id, cost.span_id))?;
            plan.entry(home).or_default().costs.push(at);
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

    /// The home of a span's trace: the day of the first span seen of it, which is this one when nobody knows the trace.
    fn home(&mut self, shared: &Shared, trace: TraceId, day: Day) -> Result<Day> {
        let home = match known(shared, trace, day)? {
            Some(home) => home,
            None => Home { day, stray: false },
        };
        if home.day != day && !home.stray {
            self.strays.push((trace, home.day));
        }
        shared.homes.lock().put(trace, Home { stray: home.day != day || home.stray, ..home });
        Ok(home.day)
    }

    /// A span of the meeting is not kept in the day of its time.
    fn stray_meeting(&mut self, meeting: Meeting, home: Day) {
        let stray = (meeting.number(), home);
        if !self.noted_meetings.contains(&stray) {
            self.stray_meetings.insert(stray);
        }
    }

    fn home_of_cost(&mut self, shared: &Shared, trace: TraceId, day: Day) -> Result<Option<Day>> {
        let mut home = known(shared, trace, day)?;
        if home.is_none() {
            let days = shared.days.sound();
            home = probe(shared, trace, days)?.map(|day| Home { day, stray: false });
        }
        if let Some(home) = home {
            shared.homes.lock().put(trace, home);
        }
        Ok(home.map(|home| home.day))
    }

    /// Writes down the traces that turned out to span days, before their spans are committed.
    pub(crate) fn note_strays(&mut self) -> Result<()> {
        if self.strays.is_empty() && self.stray_meetings.is_empty() {
            return Ok(());
        }
        let tx = self.catalog.transaction()?;
        for (trace, day) in std::mem::take(&mut self.strays) {
            tx.prepare_cached("INSERT INTO strays(trace, day) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
                .execute((trace.as_bytes(), day.0))?;
        }
        for (meeting, day) in &self.stray_meetings {
            tx.prepare_cached(
                "INSERT INTO stray_meetings(meeting, day) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            )?
            .execute((meeting, day.0))?;
        }
        tx.commit()?;
        if self.noted_meetings.len() >= MOST_NOTED {
            self.noted_meetings.clear();
        }
        self.noted_meetings.extend(self.stray_meetings.drain());
        Ok(())
    }

    /// Forgets where these traces were kept. Days that meetings point to are looked at, and nothing is found there.
    pub(crate) fn forget_traces(&mut self, shared: &Shared, traces: &BTreeSet<TraceId>) -> Result<()> {
        let mut homes = shared.homes.lock();
        for trace in traces {
            homes.pop(trace);
        }
        drop(homes);
        let tx = self.catalog.transaction()?;
        for trace in traces {
            tx.prepare_cached("DELETE FROM strays WHERE trace = ?1")?.execute([trace.as_bytes()])?;
            tx.prepare_cached("DELETE FROM holds WHERE trace = ?1")?.execute([trace.as_bytes()])?;
        }
        Ok(tx.commit()?)
    }

    /// Holds traces, and releases others; gives how many rows changed.
    pub(crate) fn hold(&mut self, holds: &[Hold], released: &[TraceId]) -> Result<u64> {
        crate::retire::write(&mut self.catalog, holds, released)
    }

    /// Forgets everything about a day that is gone.
    pub(crate) fn forget(&mut self, shared: &Shared, day: Day) -> Result<()> {
        let mut homes = shared.homes.lock();
        let gone: Vec<TraceId> =
            homes.iter().filter(|(_, home)| home.day == day).map(|(trace, _)| *trace).collect();
        for trace in gone {
            homes.pop(&trace);
        }
        drop(homes);
        self.stray_meetings.retain(|(_, home)| *home != day);
        self.noted_meetings.retain(|(_, home)| *home != day);
        self.catalog.execute("DELETE FROM strays WHERE day = ?1", [day.0])?;
        self.catalog.execute("DELETE FROM stray_meetings WHERE day = ?1", [day.0])?;
        Ok(())
    }
}

fn known(shared: &Shared, trace: TraceId, day: Day) -> Result<Option<Home>> {
    if let Some(home) = shared.known_home(trace)? {
        return Ok(Some(home));
    }
    let near = [day, day.plus(-1), day.plus(1)];
    let there =
        near.into_iter().filter(|day| shared.days.get(*day).is_some_and(|day| day.damage().is_none()));
    Ok(probe(shared, trace, there.collect())?.map(|day| Home { day, stray: false }))
}

fn probe(shared: &Shared, trace: TraceId, days: Vec<Day>) -> Result<Option<Day>> {
    for day in days {
        if !shared.folder.file(Part::Data, day).exists() {
            continue;
        }
        let found = shared.ask(day, |reader| {
            let mut look = reader.conn.prepare_cached("SELECT 1 FROM traces WHERE trace = ?1")?;
            Ok(look.exists([trace.as_bytes()])?)
        })?;
        if found == Some(true) {
            return Ok(Some(day));
        }
    }
    Ok(None)
}
