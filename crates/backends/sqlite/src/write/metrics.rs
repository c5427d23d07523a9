//! Writes a metric point into its day. The first of several points of a series at one time stays, with the
//! exemplars of all.

use quipu_core::{Metric, Point, PointValue};
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params};

use crate::codec::{DimKind, span_key};
use crate::fault::Result;
use crate::write::day::DayFile;
use crate::write::encoded::PointAt;
use crate::write::prepare::Prepared;
use crate::write::tx::DayTx;

impl DayTx<'_> {
    /// Writes one point of a batch.
    pub(crate) fn put_point(&mut self, prepared: &Prepared, at: usize) -> Result<()> {
        let place = &prepared.records.points[at];
        let metric = &prepared.batch.metrics[place.metric];
        let series = self.series(prepared, place, metric)?;
        let point = &metric.points[place.point];
        let value = match &point.value {
            // SQLite would store NaN as null.
            PointValue::Number(number) if !number.is_nan() => Value::Real(*number),
            other => Value::Blob(postcard::to_stdvec(other)?),
        };
        self.file
            .conn
            .prepare_cached(
                "INSERT INTO points(series, time, start, value) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                series,
                point.time.nanos(),
                point.start.map(quipu_core::Timestamp::nanos),
                value
            ])?;
        self.put_exemplars(series, point)
    }

    /// Stores the links from a series to the traces of its exemplars. A cumulative point repeats an exemplar
    /// many times.
    fn put_exemplars(&self, series: i64, point: &Point) -> Result<()> {
        // SQLite would store NaN as null.
        for exemplar in point.exemplars.iter().filter(|exemplar| !exemplar.value.is_nan()) {
            self.file
                .conn
                .prepare_cached(
                    "INSERT INTO exemplars(trace, span, series, observed, time, value) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    exemplar.trace_id.as_bytes(),
                    span_key(exemplar.span_id),
                    series,
                    exemplar.time.nanos(),
                    point.time.nanos(),
                    exemplar.value,
                ])?;
        }
        Ok(())
    }

    fn series(&mut self, prepared: &Prepared, place: &PointAt, metric: &Metric) -> Result<i64> {
        let look = "SELECT id FROM series WHERE hash = ?1";
        let known =
            self.file.conn.prepare_cached(look)?.query_row([place.series], |row| row.get(0)).optional()?;
        if let Some(id) = known {
            return Ok(id);
        }
        let (resource, scope) = self.file.sources(prepared.records.source(place.source))?;
        let DayFile { conn, dims, .. } = &mut self.file;
        let unit = Some(&metric.unit).filter(|unit| !unit.is_empty());
        let id = conn
            .prepare_cached(
                "INSERT INTO series(hash, name, unit, description, instrument, temporality, labels, resource, scope) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .insert(params![
                place.series,
                dims.id(conn, DimKind::Metric, &metric.name)?,
                dims.maybe(conn, DimKind::Unit, unit)?,
                metric.description,
                metric.instrument as i64,
                metric.temporality as i64,
                postcard::to_stdvec(&metric.points[place.point].attributes)?,
                resource,
                scope,
            ])?;
        Ok(id)
    }
}
