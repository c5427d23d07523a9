//! Loading of the moments around a batch's rows from the store.

use foldhash::{HashMapExt, HashSet};
use quipu_core::{Meeting, Result, Store, Timestamp, TraceId};

use crate::ledger::{Absent, Ledger};
use crate::meetings::day_of;
use crate::moments;
use crate::row::{Id, Row};

impl Ledger {
    /// Loads the moments of these rows and their neighbours from the store, and the calls of the sums of
    /// usage that are found there.
    pub(crate) async fn look_around(&mut self, rows: &[Row], store: &dyn Store) -> Result<()> {
        let ours: HashSet<Id> = rows.iter().map(Row::id).collect();
        let mut all = Vec::new();
        loop {
            let unknown = self.moments.unknown(rows);
            if unknown.is_empty() {
                break;
            }
            let opened = self.load(unknown, &ours, store).await?;
            for (moment, stored) in opened {
                all.push(moment);
                self.moments.open(moment, stored.map(|stored| self.meetings.decided(stored)));
            }
        }
        self.moments.take_as_given(&all, rows);
        Ok(())
    }

    /// The stored rows of these moments, without those of the current batch; `None` for a crowded moment.
    async fn load(
        &mut self,
        unknown: Vec<(Meeting, Timestamp)>,
        ours: &HashSet<Id>,
        store: &dyn Store,
    ) -> Result<Vec<(Meeting, Option<Vec<Row>>)>> {
        let traces = store.meeting_traces(&unknown).await?;
        let few = |traces: &&Vec<(TraceId, Timestamp)>| traces.len() <= moments::MOST;
        let all: Vec<(TraceId, Timestamp)> = traces.iter().filter(few).flatten().copied().collect();
        self.recall(&all, store).await?;
        let mut opened = Vec::with_capacity(unknown.len());
        for ((moment, _), traces) in unknown.into_iter().zip(traces) {
            let traces = Some(traces).filter(|traces| few(&traces));
            opened.push((moment, traces.map(|traces| self.rows_of(moment, &traces, ours))));
        }
        self.open_meetings_of(&opened, store).await?;
        Ok(opened)
    }

    /// The rows of a moment in these traces, except those of the current batch.
    fn rows_of(&mut self, moment: Meeting, traces: &[(TraceId, Timestamp)], ours: &HashSet<Id>) -> Vec<Row> {
        let mut rows = Vec::new();
        for (trace, _) in traces {
            rows.extend(self.traces.get(trace).into_iter().flat_map(|trace| trace.rows_of(moment)));
        }
        rows.retain(|row| !ours.contains(&row.id()));
        rows
    }

    /// Loads the meetings of rows that moments bring. Meetings are decided before moments.
    async fn open_meetings_of(
        &mut self,
        opened: &[(Meeting, Option<Vec<Row>>)],
        store: &dyn Store,
    ) -> Result<()> {
        let mut absent = Absent::new();
        for row in opened.iter().filter_map(|(_, rows)| rows.as_ref()).flatten() {
            if let Some(meeting) = row.meeting.filter(|meeting| !self.meetings.knows(*meeting, row.cost.time))
            {
                absent.entry((meeting, day_of(row.cost.time))).or_insert(row.cost.time);
            }
        }
        let metrics = self.open(absent, store).await?;
        self.ask_for_calls(metrics, &[], store).await.map(drop)
    }
}
