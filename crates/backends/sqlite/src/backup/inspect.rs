//! Inspection of a copy's databases: their days and spans, and whether the copy is complete.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::Connection;

use super::files::{day_of, store_of};
use super::manifest::{Manifest, StoreEntry};
use crate::fault::Fault;
use crate::folder::{Day, Folder};
use crate::{listed, schema};

/// Findings in a database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Looked {
    /// The days of a catalog; `None` if it is no catalog, or has a layout without a list of days.
    pub(super) listed: Option<BTreeSet<Day>>,
    /// The number of spans of a day.
    pub(super) spans: Option<u64>,
}

impl Looked {
    /// Reads it within the open transaction.
    pub(super) fn of(conn: &Connection) -> Self {
        let has = |table: &str| {
            let look = conn.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1");
            look.and_then(|mut look| look.exists([table])).unwrap_or(false)
        };
        let listed = has("stray_meetings") && has("days");
        let count = match (has("spans"), has("removed")) {
            (true, true) => "SELECT MAX(last, COALESCE((SELECT MAX(pk) FROM spans), 0)) - spans FROM removed",
            (true, false) => "SELECT COUNT(*) FROM spans",
            (false, _) => "SELECT NULL",
        };
        Self {
            listed: listed.then(|| listed::all(conn).ok()).flatten().map(|days| days.into_keys().collect()),
            spans: conn.query_row(count, [], |row| row.get(0)).unwrap_or(None),
        }
    }

    /// Opens a database of a copy and reads it. It leaves no companion files.
    pub(super) fn at(path: &Path) -> Result<Self, Fault> {
        let looked = schema::hold(path).map(|conn| Self::of(&conn));
        let [_, _, index] = Folder::with_companions(path);
        let _ = std::fs::remove_file(index);
        looked
    }
}

/// Whether a file of a copy is inspected.
pub(super) fn is_looked_into(name: &str) -> bool {
    store_of(name).is_some() || day_of(name).is_some()
}

/// The stores of a copy, by the prefix of their file names.
#[derive(Debug, Default)]
pub(super) struct Stores(BTreeMap<String, StoreSummary>);

#[derive(Debug, Default)]
struct StoreSummary {
    days: BTreeSet<Day>,
    /// Whether it has a catalog.
    is_whole: bool,
    listed: Option<BTreeSet<Day>>,
    spans: u64,
}

impl Stores {
    /// Notes a file of the copy.
    pub(super) fn note(&mut self, name: &str, looked: Looked) {
        if let Some(store) = store_of(name) {
            let found = self.0.entry(store.to_owned()).or_default();
            (found.is_whole, found.listed) = (true, looked.listed);
        } else if let Some((store, day)) = day_of(name) {
            let found = self.0.entry(store.to_owned()).or_default();
            found.days.insert(day);
            found.spans = found.spans.saturating_add(looked.spans.unwrap_or(0));
        }
    }

    /// Days in a catalog's list that the copy lacks.
    pub(super) fn missing(&self, store: &str, listed: &Option<BTreeSet<Day>>) -> Vec<Day> {
        let found = self.0.get(store);
        let has = |day: &Day| found.is_some_and(|found| found.days.contains(day));
        listed.iter().flatten().filter(|day| !has(day)).copied().collect()
    }

    /// A store with days but without a catalog, which alone lists the held traces.
    pub(super) fn without_catalog(&self) -> Option<&str> {
        self.0.iter().find(|(_, found)| !found.is_whole).map(|(name, _)| name.as_str())
    }

    /// The stores in the form of a manifest.
    pub(super) fn entries(&self) -> Vec<StoreEntry> {
        let entry = |(name, found): (&String, &StoreSummary)| StoreEntry {
            name: name.clone(),
            days: found.days.iter().map(Day::to_string).collect(),
            spans: found.spans,
        };
        self.0.iter().map(entry).collect()
    }

    /// A difference between the copy and its catalogs or its manifest. Spans are compared only if every
    /// database could be opened.
    pub(super) fn wrong(&self, manifest: &Manifest) -> Option<String> {
        for (store, found) in &self.0 {
            if let Some(day) = self.missing(store, &found.listed).first() {
                return Some(format!(
                    "{store}catalog.db lists day {day}, and {store}days/d-{day}.db is missing"
                ));
            }
        }
        if manifest.sha256.is_empty() {
            return None;
        }
        let (found, said) = (self.entries(), &manifest.stores);
        let differ = found.len() != said.len()
            || found.iter().zip(said).any(|(found, said)| {
                let spans = found.spans >= said.spans || !manifest.unread.is_empty();
                (&found.name, &found.days) != (&said.name, &said.days) || !spans
            });
        let told = |stores: &[StoreEntry]| {
            let days: usize = stores.iter().map(|store| store.days.len()).sum();
            format!("{} spans in {days} days", stores.iter().map(|store| store.spans).sum::<u64>())
        };
        differ.then(|| format!("its manifest says {} and it has {}", told(said), told(&found)))
    }
}
