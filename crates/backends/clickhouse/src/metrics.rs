//! Metric names and series.

use std::collections::{BTreeMap, HashMap};

use quipu_answers::{Series, SeriesKey, metric_names, series_of};
use quipu_core::{MetricName, MetricQuery, MetricSeries, Point, Result, Timestamp};

use crate::codec::{decode_metric, decode_point};
use crate::open::Clickhouse;
use crate::sql;

type SeriesId = [u8; 16];

impl Clickhouse {
    /// Stored series without points, of one metric or of all.
    pub(crate) async fn stored_series(
        &self,
        name: Option<&str>,
    ) -> Result<BTreeMap<SeriesKey, (SeriesId, Series)>> {
        let of_name: Vec<String> =
            name.map(|name| format!("name = {}", sql::text(name))).into_iter().collect();
        let table = self.connection.table("metrics");
        let sql = format!("SELECT series, series_key, body FROM {table} FINAL{}", sql::filter(&of_name));
        let mut rows = self.connection.rows(&sql).await?;
        let mut all = BTreeMap::new();
        while !rows.is_empty() {
            let (id, key, metric) = (rows.array()?, rows.text()?, decode_metric(&rows.bytes()?)?);
            if let Some(point) = metric.points.first() {
                let series = Series::of(&metric, point);
                all.insert((metric.name.clone(), key), (id, series));
            }
        }
        Ok(all)
    }

    pub(crate) async fn names_of_metrics(&self) -> Result<Vec<MetricName>> {
        let sql =
            format!("SELECT series, max(time) FROM {} GROUP BY series", self.connection.table("points"));
        let mut rows = self.connection.rows(&sql).await?;
        let mut last: HashMap<SeriesId, Timestamp> = HashMap::new();
        while !rows.is_empty() {
            last.insert(rows.array()?, Timestamp::from_nanos(rows.i64()?));
        }
        let all = self.stored_series(None).await?;
        let with_points = all.iter().filter_map(|(key, (id, series))| Some((key, series, *last.get(id)?)));
        Ok(metric_names(with_points))
    }

    pub(crate) async fn series_of_metric(&self, query: &MetricQuery) -> Result<Vec<MetricSeries>> {
        let mut all = self.stored_series(Some(&query.name)).await?;
        all.retain(|_, (_, series)| {
            query.labels.iter().all(|(key, value)| series.labels.get(key.as_str()) == Some(value))
        });
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let mut points: HashMap<SeriesId, BTreeMap<Timestamp, Point>> = HashMap::new();
        let of = format!(
            "name = {} AND series IN {}",
            sql::text(&query.name),
            sql::list(all.values().map(|(id, _)| sql::bytes(id)))
        );
        let table = self.connection.table("points");
        let since = query.since.map(|since| format!("time >= {}", since.nanos()));
        let until = query.until.map(|until| format!("time < {}", until.nanos()));
        let within: Vec<String> = [of.clone()].into_iter().chain(since).chain(until).collect();
        let mut queries = vec![format!("SELECT series, body FROM {table} FINAL{}", sql::filter(&within))];
        queries.extend(query.since.map(|since| {
            // A sum by growth needs the point before the first one.
            let before = format!("time < {}", since.nanos());
            let filter = sql::filter(&[of.clone(), before]);
            format!("SELECT series, body FROM {table} FINAL{filter} ORDER BY time DESC LIMIT 1 BY series")
        }));
        for sql in queries {
            let mut rows = self.connection.rows(&sql).await?;
            while !rows.is_empty() {
                let (id, point) = (rows.array()?, decode_point(&rows.bytes()?)?);
                points.entry(id).or_default().insert(point.time, point);
            }
        }
        for (id, series) in all.values_mut() {
            series.points = points.remove(id).unwrap_or_default();
        }
        Ok(series_of(query, all.values().map(|(_, series)| series)))
    }
}
