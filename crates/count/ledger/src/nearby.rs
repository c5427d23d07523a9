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
        let few = |traces: &[(TraceId, Timestamp)]| traces.len() <= moments::MOST;
        let crowded: Vec<bool> = traces.iter().map(|traces| !few(traces)).collect();
        let traces: Vec<_> = traces.into_iter().map(|all| if few(&all) { all } else { Vec::new() }).collect();
        let found = self
            .rows_in(&traces, store, |trace, at| {
                trace.rows_of(unknown[at].0).filter(|row| !ours.contains(&row.id())).collect()
            })
            .await?;
        let moments = unknown.iter().map(|(moment, _)| *moment).zip(crowded).zip(found);
        let opened: Vec<_> =
            moments.map(|((moment, crowded), rows)| (moment, (!crowded).then_some(rows))).collect();
        self.open_meetings_of(&opened, store).await?;
        Ok(opened)
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
