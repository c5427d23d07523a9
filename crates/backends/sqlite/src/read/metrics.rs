//! Queries for metric names and series.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet, hash_map};

use compact_str::CompactString;
use quipu_core::{
    AnswerMemory, Attributes, Instrument, MemoryHold, MetricName, MetricQuery, MetricSeries, Point,
    PointValue, Result, SeriesPoints, Temporality, Timestamp, Value, metric_series,
};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::codec::{DimKind, Names, TextOf, find};
use crate::fault;
use crate::readers::DayReader;
use crate::shared::Shared;

/// Memory of a series or a metric, without its texts and points: its entry and its hash, and the series that
/// the answer is made of.
const SERIES: usize = 512;
/// Memory of a series that is only counted: its hash.
const HASH: usize = 128;
/// Memory of a label without its texts.
const LABEL: usize = 96;
/// Memory of a point without its buckets.
const POINT: usize = 2 * size_of::<Point>();
/// Memory of a point while the steps of its series are computed.
const STEP: usize = 256;
/// Memory of a point's buckets, their growth and their sum within a step, as a multiple of their stored
/// bytes: a bucket has 9 bytes or more, and 16 in each of the three.
const BUCKETS: usize = 6;
/// Memory of labels as values and as texts, as a multiple of their stored bytes.
const LABELS: usize = 4;

/// Hash of a series' content: the same in every day's file.
type Hash = Vec<u8>;

/// A series' points within a query's time, and the last one before it.
#[derive(Debug, Default)]
struct Series {
    labels: Box<[(CompactString, String)]>,
    temporality: Temporality,
    points: Vec<Point>,
    before: Option<Box<Point>>,
}

impl Series {
    /// Whether the reading before the first point is still unknown.
    fn lacks_a_point_before(&self) -> bool {
        self.temporality == Temporality::Cumulative && self.before.is_none() && !self.points.is_empty()
    }

    fn stored(&self) -> SeriesPoints<'_> {
        SeriesPoints {
            labels: self.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect(),
            temporality: self.temporality,
            before: self.before.as_deref(),
            points: self.points.iter().collect(),
        }
    }
}

const INSTRUMENTS: [Instrument; 6] = [
    Instrument::Gauge,
    Instrument::Counter,
    Instrument::UpDownCounter,
    Instrument::Histogram,
    Instrument::ExponentialHistogram,
    Instrument::Summary,
];
const TEMPORALITIES: [Temporality; 3] =
    [Temporality::Unspecified, Temporality::Delta, Temporality::Cumulative];

fn numbered<T: Copy>(all: &[T], number: i64, other: T) -> T {
    usize::try_from(number).ok().and_then(|number| all.get(number).copied()).unwrap_or(other)
}

/// The instrument with this number.
pub(crate) fn instrument_of(number: i64) -> Instrument {
    numbered(&INSTRUMENTS, number, Instrument::Gauge)
}

/// The temporality with this number.
pub(crate) fn temporality_of(number: i64) -> Temporality {
    numbered(&TEMPORALITIES, number, Temporality::Unspecified)
}

/// Every metric, by name; unit, description and instrument are those of its latest series. The list ends
/// with the metric that exceeds [`AnswerMemory::group_bytes`]. At most [`MOST_SERIES`] series are counted.
pub(crate) fn names(shared: &Shared) -> Result<Vec<MetricName>> {
    let hold = AnswerMemory::current().hold(0)?;
    let mut list = NameList { names: BTreeMap::new(), seen: HashSet::new(), hold, bytes: 0 };
    // Newest first, one day at a time: many days together could have more names than one answer has memory.
    for day in shared.sound_days()? {
        shared.ask(day, |reader| list.add_day(reader))?;
    }
    Ok(list.names.into_values().collect())
}

/// Maximum number of series that are told apart: one metric can have millions.
const MOST_SERIES: usize = 1 << 17;

/// Metrics of the days so far.
struct NameList {
    names: BTreeMap<CompactString, MetricName>,
    /// Series that are counted.
    seen: HashSet<Hash>,
    hold: MemoryHold,
    /// Memory of the names.
    bytes: usize,
}

impl NameList {
    fn add_day(&mut self, reader: &DayReader<'_>) -> fault::Result<()> {
        let names = Names::new(reader.conn);
        let mut look = reader.conn.prepare_cached(
            "SELECT s.hash, s.name, s.unit, s.description, s.instrument, \
             (SELECT MAX(p.time) FROM points p WHERE p.series = s.id) FROM series s ORDER BY s.id",
        )?;
        let mut rows = look.query([])?;
        while let Some(row) = rows.next()? {
            self.add(row, &names)?;
        }
        Ok(())
    }

    fn add(&mut self, row: &Row<'_>, names: &Names<'_>) -> fault::Result<()> {
        let most = AnswerMemory::current().group_bytes();
        let name = names.text(row.get(1)?)?.unwrap_or_default();
        if self.bytes > most && self.names.last_key_value().is_some_and(|(last, _)| *last < name) {
            return Ok(());
        }
        let last_at = Timestamp::from_nanos(row.get::<_, Option<i64>>(5)?.unwrap_or_default());
        let known = match self.names.entry(name) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => {
                let unit = names.text(row.get(2)?)?.unwrap_or_default();
                let description = row.get_ref(3)?.as_bytes().map_err(rusqlite::Error::from)?.len();
                // A description can be long: its memory is held before it is copied.
                let bytes = SERIES + free.key().len() + unit.len() + description;
                self.bytes += bytes;
                self.hold.set(self.bytes + self.seen.len() * HASH)?;
                let instrument = numbered(&INSTRUMENTS, row.get(4)?, Instrument::Gauge);
                let (name, description) = (free.key().clone(), row.get(3)?);
                free.insert(MetricName { name, unit, description, instrument, series: 0, last_at })
            }
        };
        known.last_at = known.last_at.max(last_at);
        if self.seen.len() < MOST_SERIES && self.seen.insert(row.get(0)?) {
            known.series += 1;
        }
        self.drop_last(most);
        Ok(self.hold.set(self.bytes + self.seen.len() * HASH)?)
    }

    /// Drops the last metrics while the others exceed the memory without them.
    fn drop_last(&mut self, most: usize) {
        while let Some((_, last)) = self.names.last_key_value() {
            let bytes = text_bytes(last);
            if self.bytes.saturating_sub(bytes) <= most {
                return;
            }
            self.bytes -= bytes;
            self.names.pop_last();
        }
    }
}

/// Memory of a metric's texts.
fn text_bytes(metric: &MetricName) -> usize {
    SERIES + metric.name.len() + metric.unit.len() + metric.description.len()
}

/// A value as a label: text unchanged, any other value in its shortest form.
fn label_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(int) => int.to_string(),
        Value::Double(double) => double.to_string(),
        Value::String(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

/// Labels as texts, sorted by key, each key once.
fn label_texts(labels: &Attributes) -> Box<[(CompactString, String)]> {
    let labels: BTreeMap<&CompactString, &Value> = labels.iter().map(|(key, value)| (key, value)).collect();
    labels.into_iter().map(|(key, value)| (key.clone(), label_text(value))).collect()
}

/// Series of one metric that have a point in the query's time.
pub(crate) fn series(shared: &Shared, query: &MetricQuery) -> Result<Vec<MetricSeries>> {
    let mut all: HashMap<Hash, Series> = HashMap::new();
    let mut hold = AnswerMemory::current().hold(0)?;
    // Newest first: days before the query's time only have the readings before its first points.
    for day in shared.sound_days()? {
        let (start, end) = (day.start(), day.plus(1).start());
        if query.until.is_some_and(|until| start >= until) {
            continue;
        }
        let before = query.since.is_some_and(|since| end <= since);
        if before && !all.values().any(Series::lacks_a_point_before) {
            break;
        }
        shared.ask(day, |reader| add_day(reader, query, before, &mut all, &mut hold))?;
    }
    for series in all.values_mut() {
        series.points.sort_unstable_by_key(|point| point.time);
    }
    hold.grow(points_at_once(query, &all).saturating_mul(STEP))?;
    Ok(metric_series(query, all.values().map(Series::stored)))
}

/// The most points of one series of the answer.
fn points_at_once(query: &MetricQuery, all: &HashMap<Hash, Series>) -> usize {
    let points = all.values().map(|series| series.points.len());
    if query.group_by.is_some() { points.sum() } else { points.max().unwrap_or_default() }
}

fn add_day(
    reader: &DayReader<'_>,
    query: &MetricQuery,
    before: bool,
    all: &mut HashMap<Hash, Series>,
    hold: &mut MemoryHold,
) -> fault::Result<()> {
    let Some(name) = find(reader.conn, DimKind::Metric, &query.name)? else {
        return Ok(());
    };
    let mut look =
        reader.conn.prepare_cached("SELECT id, hash, labels, temporality FROM series WHERE name = ?1")?;
    let mut rows = look.query([name])?;
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
        let _decoding = AnswerMemory::current().hold(bytes.len() * LABELS)?;
        let labels: Attributes = postcard::from_bytes(bytes)?;
        let labels = label_texts(&labels);
        let has = |(key, value): (&String, &String)| labels.iter().any(|(of, is)| of == key && is == value);
        if !query.labels.iter().all(has) {
            continue;
        }
        let hash: Hash = row.get(1)?;
        if before && !all.get(&hash).is_some_and(Series::lacks_a_point_before) {
            continue;
        }
        let temporality = numbered(&TEMPORALITIES, row.get(3)?, Temporality::Unspecified);
        let series = match all.entry(hash) {
            hash_map::Entry::Occupied(known) => known.into_mut(),
            hash_map::Entry::Vacant(free) => {
                let texts: usize = labels.iter().map(|(key, value)| LABEL + key.len() + value.len()).sum();
                hold.grow(SERIES + texts)?;
                free.insert(Series { labels, temporality, ..Series::default() })
            }
        };
        add_points(reader.conn, row.get(0)?, query, before, series, hold)?;
    }
    Ok(())
}

fn add_points(
    conn: &Connection,
    id: i64,
    query: &MetricQuery,
    before: bool,
    series: &mut Series,
    hold: &mut MemoryHold,
) -> fault::Result<()> {
    let since = query.since.map_or(i64::MIN, Timestamp::nanos);
    let until = query.until.map_or(i64::MAX, Timestamp::nanos);
    if !before {
        let mut look = conn.prepare_cached(
            "SELECT time, start, value FROM points WHERE series = ?1 AND time >= ?2 AND time < ?3",
        )?;
        let mut rows = look.query((id, since, until))?;
        while let Some(row) = rows.next()? {
            hold.grow(point_bytes(row)?)?;
            series.points.push(point_of(row)?);
        }
        series.points.shrink_to_fit();
    }
    let mut look = conn.prepare_cached(
        "SELECT time, start, value FROM points WHERE series = ?1 AND time < ?2 ORDER BY time DESC LIMIT 1",
    )?;
    let mut rows = look.query((id, since))?;
    if let (Some(row), None) = (rows.next()?, &series.before) {
        hold.grow(point_bytes(row)?)?;
        series.before = Some(Box::new(point_of(row)?));
    }
    Ok(())
}

/// Memory of the point in a row.
fn point_bytes(row: &Row<'_>) -> fault::Result<usize> {
    Ok(POINT
        + match row.get_ref(2)? {
            ValueRef::Blob(bytes) => bytes.len() * BUCKETS,
            _ => 0,
        })
}

/// The point in a row, without its labels.
pub(crate) fn point_of(row: &Row<'_>) -> fault::Result<Point> {
    let value = match row.get_ref(2)? {
        ValueRef::Blob(bytes) => postcard::from_bytes(bytes)?,
        other => PointValue::Number(other.as_f64().map_err(rusqlite::Error::from)?),
    };
    let start = row.get::<_, Option<i64>>(1)?.map(Timestamp::from_nanos);
    Ok(Point {
        time: Timestamp::from_nanos(row.get(0)?),
        start,
        attributes: Attributes::new(),
        value,
        exemplars: Vec::new(),
        wire: None,
    })
}
