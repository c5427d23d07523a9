//! A migration: passes over the days of the source, the last step, and the comparison.

use std::collections::BTreeMap;

use quipu_core::{CopyDay, Error, ErrorKind, EventQuery, Hold, Result, Store, Timestamp, TraceId};

use crate::progress::Progress;
use crate::walk::PAGE;

/// Traces that are copied together.
const TRACES: usize = 200;

/// Work of a pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copied {
    /// Days that were copied or compared.
    pub days: u64,
    /// Days that did not change since an earlier pass.
    pub unchanged_days: u64,
    /// Traces that were copied or compared.
    pub traces: u64,
    /// Spans written to the target.
    pub spans: u64,
    /// Events sent to the target.
    pub events: u64,
    /// Metric points sent to the target.
    pub points: u64,
    /// Traces that were removed from the target and copied anew.
    pub replaced: u64,
    /// Traces that the source no longer has, removed from the target.
    pub removed: u64,
}

/// A migration between two stores.
pub struct Migration<'s> {
    pub(crate) from: &'s dyn Store,
    pub(crate) to: &'s dyn Store,
    progress: Progress,
    pub(crate) copied: Copied,
    pub(crate) differences: Vec<String>,
}

impl<'s> Migration<'s> {
    /// Begins or continues a migration.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`]: the target has records and the progress is new, so they are not of this
    /// migration. [`ErrorKind::Unsupported`]: one of the stores supports no copies, or the target no removal.
    /// Other errors: a store cannot be read, or the progress cannot be written.
    pub async fn begin(from: &'s dyn Store, to: &'s dyn Store, mut progress: Progress) -> Result<Self> {
        from.need_copying()?;
        to.need_forgetting()?;
        if progress.is_new() {
            let is_empty = to.need_copying()?.days().await?.is_empty() && holds(to).await?.is_empty();
            if !is_empty {
                let text = "the target has records, and they are not of this migration: give an empty store, \
                            or the progress file of the earlier passes";
                return Err(Error::new(ErrorKind::Invalid, "migrate", text));
            }
            progress.begin()?;
        }
        Ok(Self { from, to, progress, copied: Copied::default(), differences: Vec::new() })
    }

    /// Copies every day that is new or has changed, earliest first. `tell` gets each day with the work so
    /// far. The source may be written meanwhile; a later pass then copies the rest.
    ///
    /// # Errors
    /// A store cannot be read or written. The next pass continues.
    pub async fn pass(&mut self, tell: &mut (dyn FnMut(Timestamp, &Copied) + Send)) -> Result<Copied> {
        self.copied = Copied::default();
        self.differences.clear();
        for CopyDay { day, mark } in self.from.need_copying()?.days().await? {
            if self.progress.has(day, mark) {
                self.copied.unchanged_days += 1;
                continue;
            }
            let before = self.differences.len();
            self.copy_day(day).await?;
            // A day that still differs is compared again by the next pass.
            self.progress.note(day, mark.filter(|_| self.differences.len() == before))?;
            self.copied.days += 1;
            tell(day, &self.copied);
        }
        Ok(self.copied)
    }

    async fn copy_day(&mut self, day: Timestamp) -> Result<()> {
        let from = self.from.need_copying()?;
        let mut after = None;
        loop {
            let traces = from.day_traces(day, after, TRACES).await?;
            let Some(last) = traces.last() else { break };
            after = Some(*last);
            self.copy_traces(&traces).await?;
        }
        let until = Some(day.plus(Timestamp::DAY));
        self.copy_events(EventQuery { since: Some(day), until, limit: PAGE, ..EventQuery::default() })
            .await?;
        self.copy_points(day).await
    }

    /// The last step, after a pass that no other process wrote beside: removes what the source no longer has,
    /// takes over the holds, and compares both stores. Without a difference the migration is finished.
    ///
    /// # Errors
    /// A store cannot be read or written.
    pub async fn finish(&mut self) -> Result<Vec<String>> {
        self.remove_gone().await?;
        self.take_holds().await?;
        let differences = self.compare().await?;
        if differences.is_empty() {
            self.progress.finish()?;
        }
        Ok(differences)
    }

    /// The work of the pass and the last step.
    pub const fn copied(&self) -> Copied {
        self.copied
    }

    /// Removes traces from the target that the source no longer has. Their events may still be there.
    async fn remove_gone(&mut self) -> Result<()> {
        let to = self.to.need_copying()?;
        for CopyDay { day, .. } in to.days().await? {
            let mut after = None;
            loop {
                let traces = to.day_traces(day, after, TRACES).await?;
                let Some(last) = traces.last() else { break };
                after = Some(*last);
                let counts = self.from.span_counts(&traces).await?;
                let gone: Vec<TraceId> =
                    traces.iter().zip(counts).filter(|(_, count)| *count == 0).map(|(id, _)| *id).collect();
                self.copied.removed += gone.len() as u64;
                let replaced = self.copied.replaced;
                self.replace(&gone).await?;
                self.copied.replaced = replaced;
            }
        }
        Ok(())
    }

    async fn take_holds(&self) -> Result<()> {
        let by_trace = |holds: Vec<Hold>| -> BTreeMap<TraceId, Hold> {
            holds.into_iter().map(|hold| (hold.trace_id, hold)).collect()
        };
        let (from, to) = (by_trace(holds(self.from).await?), by_trace(holds(self.to).await?));
        let released: Vec<TraceId> =
            to.iter().filter(|(id, hold)| from.get(id) != Some(*hold)).map(|(id, _)| *id).collect();
        let held: Vec<Hold> =
            from.into_iter().filter(|(id, hold)| to.get(id) != Some(hold)).map(|(_, hold)| hold).collect();
        if !released.is_empty() {
            self.to.need_retention()?.release(&released).await?;
        }
        if !held.is_empty() {
            self.to.need_retention()?.hold(&held).await?;
        }
        Ok(())
    }
}

/// The holds of a store; none if it has no retention.
pub(crate) async fn holds(store: &dyn Store) -> Result<Vec<Hold>> {
    match store.retention() {
        Some(retention) => retention.holds().await,
        None => Ok(Vec::new()),
    }
}
