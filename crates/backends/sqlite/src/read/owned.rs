//! Records of a user or session in a day. A span can name several users but only one is indexed. So this scan
//! reads every event, series and span of the day to find the others.

use std::collections::BTreeSet;

use quipu_core::{AnswerMemory, Attributes, MemoryHold, Owned, Owner, OwnerKind, Resource, Result, TraceId};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::codec::{DimKind, decode_event, decode_span, find};
use crate::fault::{self, Fault};
use crate::folder::{DAMAGED, Day, Part, REPAIRED};
use crate::readers::DayReader;
use crate::shared::Shared;

/// Columns of an event.
const EVENTS: &str =
    "SELECT e.pk, e.session, e.resource, e.trace, b.z FROM events e JOIN event_bodies b ON b.pk = e.pk";

/// Records in one day.
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
    /// Events outside these traces.
    pub(crate) alone: u64,
    /// Undecodable records outside these traces, whose owner is unknown.
    pub(crate) unread: u64,
    hold: MemoryHold,
}

/// Memory of a trace id in a set, and of the number of a record.
const TRACE: usize = 48;
const NUMBER: usize = 16;
/// Step in bytes by which a scan reserves memory.
const STEP: usize = 64 << 10;

impl DayOwned {
    pub(crate) fn is_empty(&self) -> bool {
        let records = self.traces.is_empty() && self.events.is_empty() && self.series.is_empty();
        records && self.dim.is_none() && self.sources.is_empty()
    }

    /// Adds the counts to the answer. Traces are merged over the days.
    pub(crate) fn add_to(&self, all: &mut Owned, traces: &mut BTreeSet<TraceId>) {
        traces.extend(&self.traces);
        all.events += self.alone;
        all.names += u64::from(self.dim.is_some());
        all.series += u64::try_from(self.series.len()).unwrap_or(u64::MAX);
    }

    /// Scans a day.
    pub(crate) fn find(reader: &DayReader<'_>, owner: &Owner) -> fault::Result<Self> {
        let (dim, hold) = (find(reader.conn, kind(owner), &owner.id)?, AnswerMemory::current().hold(0)?);
        let mut owned = Self { dim, hold, ..Self::default() };
        (owned.sources, owned.unread) = sources(reader.conn, owner)?;
        owned.find_traces(reader.conn, owner)?;
        owned.find_named(reader, owner)?;
        owned.find_events(reader, owner)?;
        owned.find_series(reader.conn, owner)?;
        Ok(owned)
    }

    /// Reserves the memory of the records found so far, and of `more` traces.
    fn charge(&mut self, more: usize) -> fault::Result<()> {
        let numbers = self.events.len() + self.series.len() + self.sources.len();
        let bytes = (self.traces.len() + more) * TRACE + numbers * NUMBER;
        Ok(self.hold.set(bytes.next_multiple_of(STEP))?)
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

    /// Finds traces of spans whose attributes name the owner, even if another owner was indexed.
    fn find_named(&mut self, reader: &DayReader<'_>, owner: &Owner) -> fault::Result<()> {
        let mut look = reader.conn.prepare_cached(
            "SELECT t.trace, b.z FROM bodies b JOIN spans s ON s.pk = b.pk JOIN traces t ON t.pk = s.tr",
        )?;
        let mut rows = look.query([])?;
        let mut unread = Vec::new();
        while let Some(row) = rows.next()? {
            let id = TraceId::from_slice(&row.get::<_, Vec<u8>>(0)?);
            let id = id.map_err(|_| Fault::Damaged("a trace id has a wrong form"))?;
            if self.traces.contains(&id) {
                continue;
            }
            let packed = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            match decoded(reader.unpack(packed).and_then(|bytes| decode_span(&bytes)))? {
                Some(body) if body.attributes_all().any(|attributes| owner.is_in(attributes)) => {
                    self.traces.insert(id);
                }
                Some(_) => continue,
                None => unread.push(id),
            }
            self.charge(unread.len())?;
        }
        // A removed trace is removed completely, including its undecodable records.
        self.unread += unread.iter().filter(|id| !self.traces.contains(*id)).count() as u64;
        Ok(())
    }

    fn add_traces(&mut self, conn: &Connection, sql: &str, number: i64) -> fault::Result<()> {
        let mut look = conn.prepare_cached(sql)?;
        let mut rows = look.query([number])?;
        while let Some(row) = rows.next()? {
            let id = TraceId::from_slice(&row.get::<_, Vec<u8>>(0)?);
            self.traces.insert(id.map_err(|_| Fault::Damaged("a trace id has a wrong form"))?);
            self.charge(0)?;
        }
        Ok(())
    }

    fn find_events(&mut self, reader: &DayReader<'_>, owner: &Owner) -> fault::Result<()> {
        let mut look = reader.conn.prepare_cached(EVENTS)?;
        let mut rows = look.query([])?;
        while let Some(row) = rows.next()? {
            let trace = row.get::<_, Option<Vec<u8>>>(3)?.and_then(|bytes| TraceId::from_slice(&bytes).ok());
            let alone = u64::from(!trace.is_some_and(|id| self.traces.contains(&id)));
            match self.has_event(reader, owner, row)? {
                Some(true) => {
                    self.events.push(row.get(0)?);
                    self.alone += alone;
                    self.charge(0)?;
                }
                Some(false) => {}
                None => self.unread += alone,
            }
        }
        Ok(())
    }

    /// Whether a row of [`EVENTS`] is the owner's; `None` if it is undecodable.
    fn has_event(&self, reader: &DayReader<'_>, owner: &Owner, row: &Row<'_>) -> fault::Result<Option<bool>> {
        let session: Option<i64> = row.get(1)?;
        let named = owner.kind == OwnerKind::Session && session.is_some() && session == self.dim;
        if named || self.sources.contains(&row.get(2)?) {
            return Ok(Some(true));
        }
        let packed = row.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?;
        let body = decoded(reader.unpack(packed).and_then(|bytes| decode_event(&bytes)))?;
        Ok(body.map(|body| owner.is_in(&body.attributes)))
    }

    /// Filters the records that are still the owner's. Between the scan and the removal, retention or a
    /// repeated request may have removed rows, whose numbers are used again.
    pub(crate) fn still(mut self, reader: &DayReader<'_>, owner: &Owner) -> fault::Result<Self> {
        self.dim = find(reader.conn, kind(owner), &owner.id)?;
        let (now, _) = sources(reader.conn, owner)?;
        self.sources.retain(|source| now.contains(source));
        let mut look = reader.conn.prepare_cached(&format!("{EVENTS} WHERE e.pk = ?1"))?;
        let mut events = Vec::with_capacity(self.events.len());
        for event in &self.events {
            let mut rows = look.query([event])?;
            if let Some(row) = rows.next()?
                && self.has_event(reader, owner, row)? == Some(true)
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
            if self.has_series(owner, &labels, resource)? == Some(true) {
                series.push(*id);
            }
        }
        self.series = series;
        Ok(self)
    }

    /// Whether a series is the owner's; `None` if it is undecodable.
    fn has_series(&self, owner: &Owner, labels: &[u8], resource: i64) -> fault::Result<Option<bool>> {
        if self.sources.contains(&resource) {
            return Ok(Some(true));
        }
        let labels: Option<Attributes> = decoded(postcard::from_bytes(labels).map_err(Fault::from))?;
        Ok(labels.map(|labels| owner.is_in(&labels)))
    }

    fn find_series(&mut self, conn: &Connection, owner: &Owner) -> fault::Result<()> {
        let mut look = conn.prepare_cached("SELECT id, labels, resource FROM series")?;
        let mut rows = look.query([])?;
        while let Some(row) = rows.next()? {
            match self.has_series(owner, &row.get::<_, Vec<u8>>(1)?, row.get(2)?)? {
                Some(true) => {
                    self.series.push(row.get(0)?);
                    self.charge(0)?;
                }
                Some(false) => {}
                None => self.unread += 1,
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

/// The decoded record; `None` for an undecodable one. An unreadable page is damage of the whole day.
fn decoded<T>(read: fault::Result<T>) -> fault::Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(fault @ Fault::Sql(_)) => Err(fault),
        Err(_) => Ok(None),
    }
}

/// Resources that name the owner, and the number of undecodable ones. Scopes in the same table have a
/// different first byte.
fn sources(conn: &Connection, owner: &Owner) -> fault::Result<(Vec<i64>, u64)> {
    let mut look = conn.prepare_cached("SELECT id, bytes FROM sources")?;
    let mut rows = look.query([])?;
    let (mut found, mut unread) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let bytes: Vec<u8> = row.get(1)?;
        if bytes.first() != Some(&0) {
            continue;
        }
        let resource: Option<(u8, Resource)> = decoded(postcard::from_bytes(&bytes).map_err(Fault::from))?;
        match resource {
            Some((_, resource)) if owner.is_of(&resource) => found.push(row.get(0)?),
            Some(_) => {}
            None => unread += 1,
        }
    }
    Ok((found, unread))
}

/// The records in all days, and the files that could not be scanned.
pub(crate) fn owned(shared: &Shared, owner: &Owner) -> Result<Owned> {
    let (mut all, mut traces) = (Owned::default(), BTreeSet::new());
    let days = of_days(shared, owner)?;
    let _hold = hold_for_all(&days)?;
    days.iter().for_each(|(_, day)| day.add_to(&mut all, &mut traces));
    // Read after the scan, which may have found a damaged day.
    let mut unreached = unreached(shared);
    unreached.extend(unread(shared, &days));
    Ok(Owned { traces: traces.into_iter().collect(), unreached, ..all })
}

/// The files of days with undecodable records. The other records of these days were scanned.
pub(crate) fn unread(shared: &Shared, days: &[(Day, DayOwned)]) -> Vec<String> {
    let unread = days.iter().filter(|(_, owned)| owned.unread > 0);
    unread
        .map(|(day, owned)| {
            let file = shared.folder.file(Part::Data, *day).display().to_string();
            tracing::warn!(
                file,
                records = owned.unread,
                "records cannot be decoded, so their owner is unknown"
            );
            file
        })
        .collect()
}

/// Memory of the traces of all days together.
pub(crate) fn hold_for_all(days: &[(Day, DayOwned)]) -> Result<MemoryHold> {
    let traces: usize = days.iter().map(|(_, owned)| owned.traces.len()).sum();
    AnswerMemory::current().hold(traces * TRACE)
}

/// The readable records of each day.
pub(crate) fn of_days(shared: &Shared, owner: &Owner) -> Result<Vec<(Day, DayOwned)>> {
    let days = shared.sound_days()?;
    shared.ask_all(&days, |reader| DayOwned::find(reader, owner))
}

/// Files that may have records of any owner and are excluded from answers: damaged days, and files that were
/// set aside.
pub(crate) fn unreached(shared: &Shared) -> Vec<String> {
    let folder = &shared.folder;
    let damaged = shared.days.damaged().into_iter().map(|(day, _)| folder.file(Part::Data, day));
    let aside = [DAMAGED, REPAIRED].into_iter().flat_map(|name| folder.with_name(name));
    damaged.chain(aside).chain(folder.aside()).map(|file| file.display().to_string()).collect()
}
