//! What a day has of a user or session. It is looked for wherever records name it, and so every event and series of the day is
//! read, and every span that no such name was read from.

use std::collections::BTreeSet;

use quipu_core::{Attributes, Owned, Owner, OwnerKind, Resource, Result, TraceId};
use rusqlite::{Connection, params_from_iter};

use crate::codec::{DimKind, decode_event, decode_span, find};
use crate::fault::{self, Fault};
use crate::readers::DayReader;
use crate::shared::Shared;

/// What one day has.
#[derive(Debug, Default)]
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
    alone: u64,
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

    /// Traces of spans that no user or session was read from, but whose attributes name the owner.
    fn find_named(&mut self, reader: &DayReader<'_>, owner: &Owner) -> fault::Result<()> {
        let column = owner.kind.as_str();
        let mut look = reader.conn.prepare_cached(&format!(
            "SELECT t.trace, b.z FROM spans s JOIN traces t ON t.pk = s.tr JOIN bodies b ON b.pk = s.pk \
             WHERE s.{column} IS NULL"
        ))?;
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
        let mut look = reader.conn.prepare_cached(
            "SELECT e.pk, e.session, e.resource, e.trace, b.z FROM events e JOIN event_bodies b ON b.pk = e.pk",
        )?;
        let mut rows = look.query([])?;
        while let Some(row) = rows.next()? {
            let session: Option<i64> = row.get(1)?;
            let named = owner.kind == OwnerKind::Session && session.is_some() && session == self.dim;
            let is = named || self.sources.contains(&row.get(2)?) || {
                let packed = row.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?;
                owner.is_in(&decode_event(&reader.unpack(packed)?)?.attributes)
            };
            if is {
                self.events.push(row.get(0)?);
                let trace =
                    row.get::<_, Option<Vec<u8>>>(3)?.and_then(|bytes| TraceId::from_slice(&bytes).ok());
                self.alone += u64::from(!trace.is_some_and(|id| self.traces.contains(&id)));
            }
        }
        Ok(())
    }

    fn find_series(&mut self, conn: &Connection, owner: &Owner) -> fault::Result<()> {
        let mut look = conn.prepare_cached("SELECT id, labels, resource FROM series")?;
        let mut rows = look.query([])?;
        while let Some(row) = rows.next()? {
            let labels: Attributes = postcard::from_bytes(&row.get::<_, Vec<u8>>(1)?)?;
            if owner.is_in(&labels) || self.sources.contains(&row.get(2)?) {
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
    let mut rows = look.query(params_from_iter([0_i64; 0]))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes: Vec<u8> = row.get(1)?;
        if bytes.first() == Some(&0) && owner.is_of(&postcard::from_bytes::<(u8, Resource)>(&bytes)?.1) {
            found.push(row.get(0)?);
        }
    }
    Ok(found)
}

/// What all days have.
pub(crate) fn owned(shared: &Shared, owner: &Owner) -> Result<Owned> {
    let days = shared.sound_days()?;
    let (mut all, mut traces) = (Owned::default(), BTreeSet::new());
    for (_, day) in shared.ask_all(&days, |reader| DayOwned::find(reader, owner))? {
        day.add_to(&mut all, &mut traces);
    }
    Ok(Owned { traces: traces.into_iter().collect(), ..all })
}
