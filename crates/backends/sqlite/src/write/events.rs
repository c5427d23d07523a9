//! Writes an event into its day. A repeated event changes nothing.

use rusqlite::params;

use crate::codec::{DimKind, span_key};
use crate::fault::Result;
use crate::write::day::DayFile;
use crate::write::prepare::Prepared;
use crate::write::tx::DayTx;

impl DayTx<'_> {
    /// Writes one event of a batch.
    pub(crate) fn put_event(&mut self, prepared: &Prepared, at: usize) -> Result<()> {
        let event = &prepared.batch.events[at];
        let body = self.body(prepared.records.event_body(at))?;
        let (resource, scope) = self.file.sources(prepared.records.event_source(at))?;
        let DayFile { conn, dims, .. } = &mut self.file;
        let name = Some(&event.name).filter(|name| !name.is_empty());
        let written = conn
            .prepare_cached(
                "INSERT INTO events(hash, time, level, name, trace, span, session, agent, framework, resource, scope) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT(hash) DO NOTHING",
            )?
            .execute(params![
                prepared.records.event_hash(at),
                event.time.nanos(),
                event.level as i64,
                dims.maybe(conn, DimKind::EventName, name)?,
                event.trace_id.as_ref().map(quipu_core::TraceId::as_bytes),
                event.span_id.map(span_key),
                dims.maybe(conn, DimKind::Session, event.session.as_ref())?,
                dims.maybe(conn, DimKind::Agent, event.agent.as_ref())?,
                dims.maybe(conn, DimKind::Framework, event.framework.as_ref())?,
                resource,
                scope,
            ])?;
        if written > 0 {
            let pk = conn.last_insert_rowid();
            conn.prepare_cached("INSERT INTO event_bodies(pk, z) VALUES (?1, ?2)")?.execute((pk, body))?;
        }
        Ok(())
    }
}
