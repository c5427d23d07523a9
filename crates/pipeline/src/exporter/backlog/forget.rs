//! Deletion of a user's records from the backlog of a backend, including batches that will be retried.

use std::path::PathBuf;
use std::sync::Arc;

use quipu_core::{Batch, Result};

use super::{Backlog, Waiting};
use crate::exporter::forgotten::Forgotten;
use crate::exporter::spool::Rewritten;

impl Backlog {
    /// Removes matching records from memory. Returns the number of removed records without a copy on disk,
    /// and the spool files to rewrite; these are closed for writing. With `dry` it changes nothing.
    pub fn forget(
        &self,
        what: &Arc<Forgotten>,
        taken: &dyn Fn(&Batch) -> usize,
        dry: bool,
    ) -> (u64, Vec<(u64, PathBuf)>) {
        let mut waiting = self.waiting.lock();
        let mut unkept = 0;
        if !dry && (waiting.at_work > 0 || waiting.reading) {
            waiting.forgotten.push(Arc::clone(what));
        }
        let Waiting { loads, held, taken: all, spool, .. } = &mut *waiting;
        for load in loads.iter_mut() {
            let Some((left, gone)) = what.without(&load.batch) else { continue };
            unkept += if load.place.is_none() { gone } else { 0 };
            if !dry {
                let takes = taken(&left);
                *held = held.saturating_sub(load.batch.len() - left.len());
                *all = all.saturating_sub(load.taken.saturating_sub(takes));
                (load.taken, load.batch) = (takes, Arc::new(left));
            }
        }
        let files = spool.as_mut().map(|spool| spool.files(!dry)).unwrap_or_default();
        drop(waiting);
        self.ready.notify_one();
        (unkept, files)
    }

    /// Rest of a batch that was taken out before a deletion; `None` if the deletion does not affect it.
    pub fn without_forgotten(&self, batch: &Batch) -> Option<Batch> {
        let forgotten = self.waiting.lock().forgotten.clone();
        forgotten.iter().fold(None, |left, what| {
            let less = what.without(left.as_ref().unwrap_or(batch)).map(|(less, _)| less);
            less.or(left)
        })
    }

    /// Replaces a spool file by its rewritten version.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn replace(&self, rewritten: &Rewritten) -> Result<()> {
        if let Some(spool) = &mut self.waiting.lock().spool {
            return spool.replace(rewritten);
        }
        rewritten.give_up();
        Ok(())
    }
}
