//! Erasure of a user or session from every day, including the name itself.
//!
//! Each day is scanned concurrently with writers, which may take long. The writer thread only removes the
//! records found, in one transaction per day. Records that arrive meanwhile remain, and the next erasure
//! finds them.

use std::collections::BTreeSet;

use quipu_core::{Owned, Owner, Result, TraceId};

use crate::folder::Day;
use crate::read::owned::{self, DayOwned};
use crate::shared::Shared;
use crate::sqlite::Sqlite;
use crate::write::{Removal, Request, TraceRecords};

/// Implements [`quipu_core::StoreForgetting::forget_owned`], except for files that cannot be scanned.
pub(crate) async fn forget_owned(store: &Sqlite, owner: &Owner) -> Result<Owned> {
    let asked = owner.clone();
    let (days, all) = store.ask(move |shared| found(shared, &asked)).await?;
    for (day, records) in days {
        remove(store, Removal::Records(owner.clone(), day, Box::new(records))).await?;
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
    // The traces of all days together, and the other ones of a day.
    let _holds = (owned::hold_for_all(&own)?, owned::hold_for_all(&own)?);
    own.iter().for_each(|(_, day)| day.add_to(&mut all, &mut traces));
    all.unreached = owned::unread(shared, &own);
    let (mut named, mut unnamed) = (Vec::new(), Vec::new());
    for (day, mut records) in own {
        let names = !records.is_empty();
        let others: BTreeSet<TraceId> = traces.difference(&records.traces).copied().collect();
        let parts = shared.ask(day, |reader| TraceRecords::find(reader, &others))?.unwrap_or_default();
        records.traces.extend(parts.traces);
        if !records.is_empty() {
            if names { &mut named } else { &mut unnamed }.push((day, records));
        }
    }
    unnamed.append(&mut named);
    Ok((unnamed, Owned { traces: traces.into_iter().collect(), ..all }))
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
            remove(&store, Removal::Records(owner.clone(), day, Box::new(records))).await.unwrap();
        }
        let rows = store.events(&EventQuery::default()).await.unwrap().rows;
        assert_eq!(rows.len(), 1, "the event of somebody else is there");
    }
}
