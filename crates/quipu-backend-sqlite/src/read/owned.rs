//! What a day has of a user or session. It is looked for wherever records name it, and so every event, series and span of the day is
//! read: of the names in a span's attributes one alone was read from it, and whoever is another of them is named there all the same.

use std::collections::BTreeSet;

use quipu_core::{Attributes, Owned, Owner, OwnerKind, Resource, Result, TraceId};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::codec::{DimKind, decode_event, decode_span, find};
use crate::fault::{self, Fault};
use crate::folder::{DAMAGED, Day, Part, REPAIRED};
use crate::readers::DayReader;
use crate::shared::Shared;

/// What is asked of an event.
const EVENTS: &str =
    "SELECT e.pk, e.session, e.resource, e.trace, b.z FROM events e JOIN event_bodies b ON b.pk = e.pk";

/// What one day has.
#[derive(Debug, Default, Clone)]
pub(crate) struct DayOwned {
    /// The number of the name.
    pub(crate) dim: Option<i64>,
    pub(crate) traces: BTreeSet<TraceId>,
    /// Events by their numbers, those of the traces too.
    pub(crate) events: Vec<i64>,
    pub(crate) series: Vec<i64>,
    /// Resources that name the owner.
    pub(crate) sources: Vec<i64>,
    /// Events that are of none of the traces.
    pub(crate) alone: u64,
}

impl DayOwned {
    pub(crate) fn is_empty(&self) -> bool {
        let records = self.traces.is_empty() && self.events.is_empty() && self.series.is_empty();
        records && self.dim.is_none() && self.sources.is_empty()
    }

    /// For the answer; traces go by the days that they are in.
    pub(crate) fn add_to(&self, all: &mut Owned, traces: &mut BTreeSet<TraceId>) {
        traces.extend(&self.traces);
        all.events += self.alone;
        all.series += u64::try_from(self.series.len()).unwrap_or(u64::MAX);
    }

    /// Looks through a day.
    pub(crate) fn find(reader: &DayReader<'_>, owner: &Owner) -> fault::Result<Self> {
        let mut owned = Self { dim: find(reader.conn, kind(owner), &owner.id)?, ..Self::default() };
        owned.sources = sources(reader.conn, owner)?;
        owned.find_traces(reader.conn, owner)?;
        owned.find_named(reader, owner)?;
        owned.find_events(reader, owner)?;
        owned.find_series(reader.conn, owner)?;
        Ok(owned)
    }

    fn find_traces(&mut self, conn: &Connection, owner: &Owner) -> fault::Result<()> {
        let column = owner.kind.as_str();
        let sql = format!(
            "SELECT trace FROM traces WHERE {column} = ?1 \
             UNION SELECT t.trace FROM spans s JOIN traces t ON t.pk = s.tr WHERE s.{column} = ?1"
        );
        if let Some(dim) = self.dim {
            self.add_traces(conn, &sql, dim)?;
        }
        let by_source = "SELECT DISTINCT t.trace FROM spans s JOIN origins o ON o.id = s.origin \
             JOIN traces t ON t.pk = s.tr WHERE o.resource = ?1";
        self.sources.clone().into_iter().try_for_each(|source| self.add_traces(conn, by_source, source))
    }

    /// Traces of spans whose attributes name the owner, whomever else was read from them.
    fn find_named(&mut self, reader: &DayReader<'_>, owner: &Owner) -> fault::Result<()> {
        let mut look = reader.conn.prepare_cached(
            "SELECT t.trace, b.z FROM bodies b JOIN spans s ON s.pk = b.pk JOIN traces t ON t.pk = s.tr",
        )?;
        let mut rows = look.query([])?;
        while let Some(row) = rows.next()? {
            let id = TraceId::from_slice(&row.get::<_, Vec<u8>>(0)?);
            let id = id.map_err(|_| Fault::Damaged("a trace id has a wrong form"))?;
            if self.traces.contains(&id) {
                continue;
            }
            let packed = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            if owner.is_in(&decode_span(&reader.unpack(packed)?)?.attributes) {
                self.traces.insert(id);
            }
        }
        Ok(())
    }

    fn add_traces(&mut self, conn: &Connection, sql: &str, number: i64) -> fault::Result<()> {
        let mut look = conn.prepare_cached(sql)?;
        let mut rows = look.query([number])?;
        while let Some(row) = rows.next()? {
            let id = TraceId::from_slice(&row.get::<_, Vec<u8>>(0)?);
            self.traces.insert(id.map_err(|_| Fault::Damaged("a trace id has a wrong form"))?);
        }
        Ok(())
    }

    fn find_events(&mut self, reader: &DayReader<'_>, owner: &Owner) -> fault::Result<()> {
        let mut look = reader.conn.prepare_cached(EVENTS)?;
        let mut rows = look.query([])?;
        while let Some(row) = rows.next()? {
            if self.has_event(reader, owner, row)? {
                self.events.push(row.get(0)?);
                let trace =
                    row.get::<_, Option<Vec<u8>>>(3)?.and_then(|bytes| TraceId::from_slice(&bytes).ok());
                self.alone += u64::from(!trace.is_some_and(|id| self.traces.contains(&id)));
            }
        }
        Ok(())
    }

    /// Whether a row of [`EVENTS`] is the owner's.
    fn has_event(&self, reader: &DayReader<'_>, owner: &Owner, row: &Row<'_>) -> fault::Result<bool> {
        let session: Option<i64> = row.get(1)?;
        let named = owner.kind == OwnerKind::Session && session.is_some() && session == self.dim;
        Ok(named || self.sources.contains(&row.get(2)?) || {
            let packed = row.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?;
            owner.is_in(&decode_event(&reader.unpack(packed)?)?.attributes)
        })
    }

    /// What of this is the owner's still. Between the look and the removal the rules of retention or a repeated request may have removed
    /// rows, whose numbers are given anew.
    pub(crate) fn still(mut self, reader: &DayReader<'_>, owner: &Owner) -> fault::Result<Self> {
        self.dim = find(reader.conn, kind(owner), &owner.id)?;
        let now = sources(reader.conn, owner)?;
        self.sources.retain(|source| now.contains(source));
        let mut look = reader.conn.prepare_cached(&format!("{EVENTS} WHERE e.pk = ?1"))?;
        let mut events = Vec::with_capacity(self.events.len());
        for event in &self.events {
            let mut rows = look.query([event])?;
            if let Some(row) = rows.next()?
                && self.has_event(reader, owner, row)?
            {
                events.push(*event);
            }
        }
        self.events = events;
        let mut look = reader.conn.prepare_cached("SELECT labels, resource FROM series WHERE id = ?1")?;
        let mut series = Vec::with_capacity(self.series.len());
        for id in &self.series {
            let row = look.query_row([id], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?))).optional()?;
            let Some((labels, resource)) = row else { continue };
            if self.has_series(owner, &labels, resource)? {
                series.push(*id);
            }
        }
        self.series = series;
        Ok(self)
    }

    fn has_series(&self, owner: &Owner, labels: &[u8], resource: i64) -> fault::Result<bool> {
        let labels: Attributes = postcard::from_bytes(labels)?;
        Ok(owner.is_in(&labels) || self.sources.contains(&resource))
    }

    fn find_series(&mut self, conn: &Connection, owner: &Owner) -> fault::Result<()> {
        let mut look = conn.prepare_cached("SELECT id, labels, resource FROM series")?;
        let mut rows = look.query([])?;
        while let Some(row) = rows.next()? {
            if self.has_series(owner, &row.get::<_, Vec<u8>>(1)?, row.get(2)?)? {
                self.series.push(row.get(0)?);
            }
        }
        Ok(())
    }
}

/// The kind of the owner's name.
pub(crate) fn kind(owner: &Owner) -> DimKind {
    match owner.kind {
        OwnerKind::User => DimKind::User,
        OwnerKind::Session => DimKind::Session,
    }
}

/// Resources that name the owner. Scopes, which lie among them, begin with another number.
fn sources(conn: &Connection, owner: &Owner) -> fault::Result<Vec<i64>> {
    let mut look = conn.prepare_cached("SELECT id, bytes FROM sources")?;
    let mut rows = look.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes: Vec<u8> = row.get(1)?;
        if bytes.first() == Some(&0) && owner.is_of(&postcard::from_bytes::<(u8, Resource)>(&bytes)?.1) {
            found.push(row.get(0)?);
        }
    }
    Ok(found)
}

/// What all days have, and which files could not be looked through.
pub(crate) fn owned(shared: &Shared, owner: &Owner) -> Result<Owned> {
    let (mut all, mut traces) = (Owned::default(), BTreeSet::new());
    for (_, day) in of_days(shared, owner)? {
        day.add_to(&mut all, &mut traces);
    }
    // After the look, which may have found a day damaged.
    Ok(Owned { traces: traces.into_iter().collect(), unreached: unreached(shared), ..all })
}

/// What each day has that can be read.
pub(crate) fn of_days(shared: &Shared, owner: &Owner) -> Result<Vec<(Day, DayOwned)>> {
    let days = shared.sound_days()?;
    shared.ask_all(&days, |reader| DayOwned::find(reader, owner))
}

/// Files that may have records of anybody and are in no answer: damaged days, and those that were set aside.
pub(crate) fn unreached(shared: &Shared) -> Vec<String> {
    let folder = &shared.folder;
    let damaged = shared.days.damaged().into_iter().map(|(day, _)| folder.file(Part::Data, day));
    let aside = [DAMAGED, REPAIRED].into_iter().flat_map(|name| folder.with_name(name));
    damaged.chain(aside).map(|file| file.display().to_string()).collect()
}
