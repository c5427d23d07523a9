//! Erasure of a user or session from every day, including the name itself.
//!
//! Each day is scanned concurrently with writers, which may take long. The writer thread only removes the
//! records found, in one transaction per day. Records that arrive meanwhile remain, and the next erasure
//! finds them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use quipu_core::{Owned, Owner, Result, TraceId};

use crate::fault::{self, Fault};
use crate::folder::{Day, Part};
use crate::past::Touched;
use crate::read::owned::{self, DayOwned};
use crate::readers::{DayReader, Words};
use crate::shared::Shared;
use crate::sqlite::Sqlite;
use crate::write::Request;
use crate::write::forget::{BLANK_EVENT, Parts};
use crate::write::tx::DayTx;
use crate::write::writer::Writer;

/// Removal of an event, and of a series.
const OF_EVENT: [&str; 2] = ["DELETE FROM event_bodies WHERE pk = ?1", "DELETE FROM events WHERE pk = ?1"];
const OF_SERIES: [&str; 3] = [
    "DELETE FROM points WHERE series = ?1",
    "DELETE FROM exemplars WHERE series = ?1",
    "DELETE FROM series WHERE id = ?1",
];
/// Removal of a resource without references, and of the origins that referred to it.
const OF_SOURCE: [&str; 2] = [
    "DELETE FROM origins WHERE resource = ?1 AND NOT EXISTS (SELECT 1 FROM spans WHERE origin = origins.id)",
    "DELETE FROM sources WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM origins WHERE resource = ?1) \
     AND NOT EXISTS (SELECT 1 FROM events WHERE resource = ?1) AND NOT EXISTS (SELECT 1 FROM series WHERE resource = ?1)",
];
/// Removal of the name, if no row refers to it.
const OF_NAME: &str = "DELETE FROM dims WHERE id = ?1 \
     AND NOT EXISTS (SELECT 1 FROM traces WHERE user = ?1 OR session = ?1) \
     AND NOT EXISTS (SELECT 1 FROM spans WHERE user = ?1 OR session = ?1) \
     AND NOT EXISTS (SELECT 1 FROM events WHERE session = ?1)";

/// A part of an erasure.
#[derive(Debug)]
pub(crate) enum Removal {
    /// Records of a day, including the name.
    Records(Owner, Day, DayOwned),
    /// The catalog's data of the owner's traces.
    Homes(BTreeSet<TraceId>),
}

/// Implements [`quipu_core::Store::forget_owned`], except for files that cannot be scanned.
pub(crate) async fn forget_owned(store: &Sqlite, owner: &Owner) -> Result<Owned> {
    let asked = owner.clone();
    let (days, all) = store.ask(move |shared| found(shared, &asked)).await?;
    for (day, records) in days {
        remove(store, Removal::Records(owner.clone(), day, records)).await?;
    }
    remove(store, Removal::Homes(all.traces.iter().copied().collect())).await?;
    Ok(all)
}

async fn remove(store: &Sqlite, what: Removal) -> Result<()> {
    store.request(move |_, answer| Ok(Request::ForgetOwned(Box::new(what), answer))).await
}

/// The records of each day, and all of them together. A trace split over several days is in each of these,
/// even if only one part names the owner. Days without such a name come first, so a repetition after an error
/// still finds their traces. Files with undecodable records are listed.
fn found(shared: &Shared, owner: &Owner) -> Result<(Vec<(Day, DayOwned)>, Owned)> {
    let (mut all, mut traces) = (Owned::default(), BTreeSet::new());
    let own = owned::of_days(shared, owner)?;
    own.iter().for_each(|(_, day)| day.add_to(&mut all, &mut traces));
    all.unreached = owned::unread(shared, &own);
    let (mut named, mut unnamed) = (Vec::new(), Vec::new());
    for (day, mut records) in own {
        let names = !records.is_empty();
        let others: BTreeSet<TraceId> = traces.difference(&records.traces).copied().collect();
        let parts = shared.ask(day, |reader| Parts::find(reader, &others))?.unwrap_or_default();
        records.traces.extend(parts.traces);
        if !records.is_empty() {
            if names { &mut named } else { &mut unnamed }.push((day, records));
        }
    }
    unnamed.append(&mut named);
    Ok((unnamed, Owned { traces: traces.into_iter().collect(), ..all }))
}

impl DayTx<'_> {
    fn forget_owned(&mut self, owned: &DayOwned) -> fault::Result<()> {
        // Another name may get their number.
        self.touched = Touched::All;
        owned.traces.iter().try_for_each(|trace| self.blank(*trace))?;
        for event in &owned.events {
            self.file.conn.prepare_cached(BLANK_EVENT)?.execute([event])?;
        }
        owned.traces.iter().try_for_each(|trace| self.forget(*trace))?;
        let conn = &self.file.conn;
        let run = |statements: &[&str], number: &i64| -> fault::Result<()> {
            statements.iter().try_for_each(|sql| Ok(conn.prepare_cached(sql)?.execute([number]).map(drop)?))
        };
        owned.events.iter().try_for_each(|event| run(&OF_EVENT, event))?;
        owned.series.iter().try_for_each(|series| run(&OF_SERIES, series))?;
        owned.sources.iter().try_for_each(|source| run(&OF_SOURCE, source))?;
        if let Some(dim) = &owned.dim {
            run(&[OF_NAME], dim)?;
            // Names arrive in any order. As the index grew, some were moved to other pages.
            conn.execute_batch("REINDEX dims")?;
        }
        Ok(())
    }
}

impl Writer {
    /// Removes a part of the records found. A day that is missing or damaged by now is left unchanged.
    pub(super) fn forget_owned(&mut self, what: Removal) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        let (owner, day, records) = match what {
            Removal::Records(owner, day, records) => (owner, day, records),
            Removal::Homes(traces) => {
                let failed = |fault: Fault| fault.at("forget", &shared.folder.catalog());
                return self.planner.forget_traces(&shared, &traces).map_err(failed);
            }
        };
        if shared.days.get(day).is_none_or(|state| state.damage().is_some()) {
            return Ok(());
        }
        let done = self.forget_owned_in(&owner, day, records);
        shared.removals.fetch_add(1, Ordering::Release);
        let _ = self.notify.try_send(());
        done.map_err(|fault| fault.at("forget", &shared.folder.file(Part::Data, day)))
    }

    fn forget_owned_in(&mut self, owner: &Owner, day: Day, records: DayOwned) -> fault::Result<()> {
        let shared = Arc::clone(&self.shared);
        self.planner.note_unclean(day)?;
        let file = self.take_file(day, 0)?;
        file.conn.pragma_update(None, "secure_delete", "ON")?;
        let mut tx = DayTx::begin(file, &shared, self.epoch)?;
        let reader = DayReader {
            day,
            conn: &tx.file.conn,
            words: &Words::default(),
            dictionaries: &shared.dictionaries,
        };
        let records = records.still(&reader, owner)?;
        tx.forget_owned(&records)?;
        tx.write(&[])?;
        // The file's cached names and resources are dropped with it. The log must not keep the removed
        // records.
        tx.commit()?.close(&shared, day);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use quipu_conformance::sample::{at, draft, event};
    use quipu_core::{Attributes, Backend, Batch, Event, EventQuery, Level, OwnerKind, Store};

    use super::*;
    use crate::config::Config;

    #[tokio::test]
    async fn a_number_that_was_given_anew_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(Config::at(folder.path())).unwrap();
        let owner = Owner { kind: OwnerKind::User, id: "u-1".into(), names: &["user.id"] };
        let named = |id: &str, body: &str| {
            let attributes: Attributes = [("user.id", id)].into_iter().collect();
            Batch {
                spans: vec![draft(1, 1).span()],
                events: vec![Event { attributes, ..event(at(7), Level::Info, "said", body) }],
                ..Batch::default()
            }
        };
        store.write(named("u-1", "first").into()).await.unwrap();
        let (days, _) = found(&store.shared, &owner).unwrap();
        assert_eq!(days[0].1.events, [1]);
        // Another erasure removes the record first, and its number is used again.
        forget_owned(&store, &owner).await.unwrap();
        store.write(named("u-2", "second").into()).await.unwrap();
        for (day, records) in days {
            remove(&store, Removal::Records(owner.clone(), day, records)).await.unwrap();
        }
        let rows = store.events(&EventQuery::default()).await.unwrap().rows;
        assert_eq!(rows.len(), 1, "the event of somebody else is there");
    }
}
