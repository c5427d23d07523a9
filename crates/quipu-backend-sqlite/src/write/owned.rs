//! A user or session that is taken out of every day, with the name itself.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use quipu_core::{Owned, Owner, Result};

use crate::fault::{self, Fault};
use crate::folder::{Day, Part};
use crate::read::owned::DayOwned;
use crate::write::tx::DayTx;
use crate::write::writer::Writer;

/// What goes with an event, and with a series.
const OF_EVENT: [&str; 2] = ["DELETE FROM event_bodies WHERE pk = ?1", "DELETE FROM events WHERE pk = ?1"];
const OF_SERIES: [&str; 3] = [
    "DELETE FROM points WHERE series = ?1",
    "DELETE FROM exemplars WHERE series = ?1",
    "DELETE FROM series WHERE id = ?1",
];
/// A resource that nothing refers to any more, and what referred to it before.
const OF_SOURCE: [&str; 2] = [
    "DELETE FROM origins WHERE resource = ?1 AND NOT EXISTS (SELECT 1 FROM spans WHERE origin = origins.id)",
    "DELETE FROM sources WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM origins WHERE resource = ?1) \
     AND NOT EXISTS (SELECT 1 FROM events WHERE resource = ?1) AND NOT EXISTS (SELECT 1 FROM series WHERE resource = ?1)",
];
/// The name, where no row says it.
const OF_NAME: &str = "DELETE FROM dims WHERE id = ?1 \
     AND NOT EXISTS (SELECT 1 FROM traces WHERE user = ?1 OR session = ?1) \
     AND NOT EXISTS (SELECT 1 FROM spans WHERE user = ?1 OR session = ?1) \
     AND NOT EXISTS (SELECT 1 FROM events WHERE session = ?1)";

impl DayTx<'_> {
    fn forget_owned(&mut self, owned: &DayOwned) -> fault::Result<()> {
        owned.traces.iter().try_for_each(|trace| self.forget(*trace))?;
        let conn = &self.file.conn;
        let run = |statements: &[&str], number: &i64| -> fault::Result<()> {
            statements.iter().try_for_each(|sql| Ok(conn.prepare_cached(sql)?.execute([number]).map(drop)?))
        };
        owned.events.iter().try_for_each(|event| run(&OF_EVENT, event))?;
        owned.series.iter().try_for_each(|series| run(&OF_SERIES, series))?;
        owned.sources.iter().try_for_each(|source| run(&OF_SOURCE, source))?;
        owned.dim.iter().try_for_each(|dim| run(&[OF_NAME], dim))
    }
}

impl Writer {
    /// Removes what every day has of somebody, each day in one transaction. Damaged days are left as they are.
    pub(super) fn forget_owned(&mut self, owner: &Owner) -> Result<Owned> {
        let shared = Arc::clone(&self.shared);
        let (mut all, mut traces) = (Owned::default(), BTreeSet::new());
        let done = shared.days.sound().into_iter().try_for_each(|day| {
            let owned = shared.ask(day, |reader| DayOwned::find(reader, owner))?.unwrap_or_default();
            if !owned.is_empty() {
                let failed = |fault: Fault| fault.at("forget", &shared.folder.file(Part::Data, day));
                self.forget_owned_in(day, &owned).map_err(failed)?;
            }
            owned.add_to(&mut all, &mut traces);
            Ok(())
        });
        // Also when a later day failed: those before it are done.
        shared.removals.fetch_add(1, Ordering::Release);
        let _ = self.notify.try_send(());
        done?;
        self.planner
            .forget_traces(&shared, &traces)
            .map_err(|fault| fault.at("forget", &shared.folder.catalog()))?;
        Ok(Owned { traces: traces.into_iter().collect(), ..all })
    }

    fn forget_owned_in(&mut self, day: Day, owned: &DayOwned) -> fault::Result<()> {
        let shared = Arc::clone(&self.shared);
        let file = self.take_file(day)?;
        file.conn.pragma_update(None, "secure_delete", "ON")?;
        let mut tx = DayTx::begin(file, &shared, self.epoch)?;
        tx.forget_owned(owned)?;
        tx.write(&[])?;
        // What the file remembers of names and resources ends with it; and the log must not keep what the file has not any more.
        tx.commit()?.close(&shared, day);
        Ok(())
    }
}
