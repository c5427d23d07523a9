//! Traces by meeting.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use quipu_core::{Meeting, Result, Timestamp, TraceId};

use crate::codec::trace_id;
use crate::fault;
use crate::folder::Day;
use crate::readers::DayReader;
use crate::shared::Shared;

/// Whether the filters in memory exclude every span of these meetings, so that no file must be read.
pub(crate) fn are_absent(shared: &Shared, meetings: &[(Meeting, Timestamp)]) -> Result<bool> {
    if shared.has_stray_meetings.load(Ordering::Acquire) {
        return Ok(false);
    }
    let there = shared.sound_days()?;
    let may_have_met = shared.may_have_met();
    Ok(!meetings.iter().any(|(meeting, time)| {
        around(*time).into_iter().any(|day| there.contains(&day) && may_have_met(*meeting, day))
    }))
}

/// The days in which the records of one meeting can begin.
fn around(time: Timestamp) -> [Day; 3] {
    let day = Day::of(time);
    [day.plus(-1), day, day.plus(1)]
}

/// The traces with a span of each meeting, with their start. It searches the days around the time of one of
/// the meeting's records. It also searches the home days of traces with spans of the meeting on other days.
pub(crate) fn traces(
    shared: &Shared,
    meetings: &[(Meeting, Timestamp)],
) -> Result<Vec<Vec<(TraceId, Timestamp)>>> {
    let there = shared.sound_days()?;
    let strays = shared.stray_homes(meetings.iter().map(|(meeting, _)| *meeting));
    let strays = strays.map_err(|fault| fault.at("read store", &shared.folder.catalog()))?;
    let mut wanted: BTreeMap<Day, Vec<usize>> = BTreeMap::new();
    {
        let may_have_met = shared.may_have_met();
        for (at, ((meeting, time), strays)) in meetings.iter().zip(strays).enumerate() {
            let days: BTreeSet<Day> = around(*time).into_iter().chain(strays).collect();
            let days = days.into_iter().filter(|day| there.contains(day) && may_have_met(*meeting, *day));
            days.for_each(|day| wanted.entry(day).or_default().push(at));
        }
    }
    let days: Vec<Day> = wanted.keys().copied().collect();
    let found = shared.ask_all(&days, |reader| {
        let places = wanted.get(&reader.day).map(Vec::as_slice).unwrap_or_default();
        places
            .iter()
            .map(|at| Ok((*at, traces_in(reader, meetings[*at].0)?)))
            .collect::<fault::Result<Vec<_>>>()
    })?;
    let mut lists: Vec<BTreeMap<TraceId, Timestamp>> = vec![BTreeMap::new(); meetings.len()];
    for (at, traces) in found.into_iter().flat_map(|(_, found)| found) {
        lists[at].extend(traces);
    }
    Ok(lists.into_iter().map(|list| list.into_iter().collect()).collect())
}

fn traces_in(reader: &DayReader<'_>, meeting: Meeting) -> fault::Result<Vec<(TraceId, Timestamp)>> {
    let mut look = reader.conn.prepare_cached(
        "SELECT t.trace, t.start FROM (SELECT tr FROM meetings WHERE meeting = ?1 \
         UNION SELECT tr FROM latest_meetings WHERE meeting = ?1) m JOIN traces t ON t.pk = m.tr",
    )?;
    let mut rows = look.query([meeting.number()])?;
    let mut traces = Vec::new();
    while let Some(row) = rows.next()? {
        traces.push((trace_id(row, 0)?, Timestamp::from_nanos(row.get(1)?)));
    }
    Ok(traces)
}
