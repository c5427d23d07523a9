//! Records of a batch in their stored form.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use quipu_core::{Batch, Event, Metric, Point, Resource, Scope, sha256};

use crate::codec::{Dictionary, Packer, encode_event, encode_span};
use crate::fault::Result;

/// A content's hash: the first half of SHA-256.
pub(crate) type Hash = [u8; 16];

/// A resource or scope in its stored form.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) hash: Hash,
    pub(crate) bytes: Vec<u8>,
}

/// Indices of a record's resource and scope among the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SourceAt {
    pub(crate) resource: usize,
    pub(crate) scope: usize,
}

/// Indices of one metric point in the batch, and its series.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PointAt {
    pub(crate) metric: usize,
    pub(crate) point: usize,
    pub(crate) series: Hash,
    pub(crate) source: SourceAt,
}

/// A span or event.
#[derive(Debug)]
struct Body {
    source: SourceAt,
    /// Range of the packed bytes.
    at: Range<usize>,
}

/// The records of a batch, or of its first part, in stored form, except for values that depend on the target
/// file.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) dictionary: Arc<Dictionary>,
    pub(crate) points: Vec<PointAt>,
    sources: Vec<Source>,
    spans: Vec<Body>,
    events: Vec<Body>,
    event_hashes: Vec<Hash>,
    /// Number of metrics whose points are encoded.
    metrics: usize,
    packed: Vec<u8>,
}

/// Sources during the encoding, each once.
struct Sources<'e> {
    list: &'e mut Vec<Source>,
    by_place: HashMap<usize, usize>,
    by_hash: HashMap<Hash, usize>,
}

pub(crate) fn hash_of(bytes: &[u8]) -> Hash {
    let full = sha256(bytes);
    let mut half = [0; 16];
    half.copy_from_slice(&full[..16]);
    half
}

impl<'e> Sources<'e> {
    fn among(list: &'e mut Vec<Source>) -> Self {
        let by_hash = list.iter().enumerate().map(|(at, source)| (source.hash, at)).collect();
        Self { list, by_place: HashMap::new(), by_hash }
    }

    /// Records of one request share their resource and scope, so the address mostly identifies them.
    fn add<T: serde::Serialize>(&mut self, content: &Arc<T>, tag: u8) -> Result<usize> {
        let place = Arc::as_ptr(content) as usize;
        if let Some(at) = self.by_place.get(&place) {
            return Ok(*at);
        }
        let bytes = postcard::to_stdvec(&(tag, content.as_ref()))?;
        let hash = hash_of(&bytes);
        let at = self.put(hash, || bytes);
        self.by_place.insert(place, at);
        Ok(at)
    }

    fn put(&mut self, hash: Hash, bytes: impl FnOnce() -> Vec<u8>) -> usize {
        *self.by_hash.entry(hash).or_insert_with(|| {
            self.list.push(Source { hash, bytes: bytes() });
            self.list.len() - 1
        })
    }

    fn at(&mut self, resource: &Arc<Resource>, scope: &Arc<Scope>) -> Result<SourceAt> {
        Ok(SourceAt { resource: self.add(resource, 0)?, scope: self.add(scope, 1)? })
    }
}

impl Encoded {
    /// Encodes the records of a batch.
    pub(crate) fn of(batch: &Batch, dictionary: Arc<Dictionary>) -> Result<Self> {
        let mut records = Self::none(dictionary);
        records.encode_rest(batch)?;
        Ok(records)
    }

    pub(super) const fn none(dictionary: Arc<Dictionary>) -> Self {
        Self {
            dictionary,
            points: Vec::new(),
            sources: Vec::new(),
            spans: Vec::new(),
            events: Vec::new(),
            event_hashes: Vec::new(),
            metrics: 0,
            packed: Vec::new(),
        }
    }

    /// Appends the records of another batch. Both must use the same dictionary.
    pub(super) fn append(&mut self, other: &Self) {
        let places = self.add_sources(&other.sources);
        let moved =
            |source: SourceAt| SourceAt { resource: places[source.resource], scope: places[source.scope] };
        let (offset, metrics) = (self.packed.len(), self.metrics);
        let body = |body: &Body| Body {
            source: moved(body.source),
            at: body.at.start + offset..body.at.end + offset,
        };
        self.spans.extend(other.spans.iter().map(body));
        self.events.extend(other.events.iter().map(body));
        self.event_hashes.extend_from_slice(&other.event_hashes);
        self.points.extend(other.points.iter().map(|point| PointAt {
            metric: point.metric + metrics,
            source: moved(point.source),
            ..*point
        }));
        self.metrics += other.metrics;
        self.packed.extend_from_slice(&other.packed);
    }

    /// Adds missing sources, and returns the index of each.
    fn add_sources(&mut self, others: &[Source]) -> Vec<usize> {
        let mut sources = Sources::among(&mut self.sources);
        others.iter().map(|source| sources.put(source.hash, || source.bytes.clone())).collect()
    }

    /// Encodes the records of a batch after the ones already encoded.
    pub(super) fn encode_rest(&mut self, batch: &Batch) -> Result<()> {
        let mut sources = Sources::among(&mut self.sources);
        let mut packer = Packer::new(&self.dictionary)?;
        let mut plain = Vec::new();
        for span in batch.spans.iter().skip(self.spans.len()) {
            let source = sources.at(&span.resource, &span.scope)?;
            encode_span(span, &mut plain)?;
            let from = self.packed.len();
            packer.pack(&plain, &mut self.packed)?;
            self.spans.push(Body { source, at: from..self.packed.len() });
        }
        for event in batch.events.iter().skip(self.events.len()) {
            let source = sources.at(&event.resource, &event.scope)?;
            encode_event(event, &mut plain)?;
            self.event_hashes.push(event_hash(event, &plain, sources.list, source)?);
            let from = self.packed.len();
            packer.pack(&plain, &mut self.packed)?;
            self.events.push(Body { source, at: from..self.packed.len() });
        }
        prepare_points(&batch.metrics, self.metrics, &mut sources, &mut self.points)?;
        self.metrics = batch.metrics.len();
        self.packed.shrink_to_fit();
        Ok(())
    }

    /// The packed body of a span.
    pub(crate) fn span_body(&self, at: usize) -> &[u8] {
        &self.packed[self.spans[at].at.clone()]
    }

    /// The packed body of an event.
    pub(crate) fn event_body(&self, at: usize) -> &[u8] {
        &self.packed[self.events[at].at.clone()]
    }

    /// The hash that identifies an event.
    pub(crate) fn event_hash(&self, at: usize) -> Hash {
        self.event_hashes[at]
    }

    /// Resource and scope of a span.
    pub(crate) fn span_source(&self, at: usize) -> (&Source, &Source) {
        self.source(self.spans[at].source)
    }

    /// Resource and scope of an event.
    pub(crate) fn event_source(&self, at: usize) -> (&Source, &Source) {
        self.source(self.events[at].source)
    }

    /// Resource and scope of a metric's point.
    pub(crate) fn source(&self, at: SourceAt) -> (&Source, &Source) {
        (&self.sources[at.resource], &self.sources[at.scope])
    }
}

fn event_hash(event: &Event, body: &[u8], sources: &[Source], at: SourceAt) -> Result<Hash> {
    let head = (
        (event.time, event.level, &event.name, event.trace_id, event.span_id),
        (&event.session, &event.agent, &event.framework),
        (sources[at.resource].hash, sources[at.scope].hash),
    );
    let mut bytes = postcard::to_stdvec(&head)?;
    bytes.extend_from_slice(body);
    Ok(hash_of(&bytes))
}

/// Encodes points of the metrics after the first `done`.
fn prepare_points(
    metrics: &[Metric],
    done: usize,
    sources: &mut Sources<'_>,
    points: &mut Vec<PointAt>,
) -> Result<()> {
    for (at, metric) in metrics.iter().enumerate().skip(done) {
        let source = sources.at(&metric.resource, &metric.scope)?;
        for (number, point) in metric.points.iter().enumerate() {
            let series = series_hash(metric, point, sources.list, source)?;
            points.push(PointAt { metric: at, point: number, series, source });
        }
    }
    Ok(())
}

fn series_hash(metric: &Metric, point: &Point, sources: &[Source], at: SourceAt) -> Result<Hash> {
    let content = (
        (&metric.name, &metric.unit, &metric.description, metric.instrument, metric.temporality),
        &point.attributes,
        (sources[at.resource].hash, sources[at.scope].hash),
    );
    Ok(hash_of(&postcard::to_stdvec(&content)?))
}

#[cfg(test)]
mod tests {
    use quipu_conformance::sample::{agent_run, counter, draft, event};
    use quipu_core::{Level, Timestamp};

    use super::*;
    use crate::write::Prepared;

    fn whole() -> Batch {
        let mut whole = Batch::default();
        (1..=3).for_each(|number| whole.append(part(number)));
        whole
    }

    fn part(number: u64) -> Batch {
        let mut batch = agent_run(7, number);
        batch.spans.push(draft(100 + number, 1).service(&format!("service {number}")).span());
        batch.events.push(event(Timestamp::from_nanos(1), Level::Info, "said", &format!("word {number}")));
        batch.metrics.push(counter("calls", &format!("series {number}"), &[(Timestamp::from_nanos(1), 1.0)]));
        batch
    }

    fn same(one: &Encoded, other: &Encoded, batch: &Batch) {
        let told = |encoded: &Encoded, at: usize| {
            let (resource, scope) = encoded.span_source(at);
            (encoded.span_body(at).to_vec(), resource.bytes.clone(), scope.bytes.clone())
        };
        (0..batch.spans.len()).for_each(|at| assert_eq!(told(one, at), told(other, at)));
        for at in 0..batch.events.len() {
            assert_eq!(one.event_body(at), other.event_body(at));
            assert_eq!(one.event_hash(at), other.event_hash(at));
            assert_eq!(one.event_source(at).0.bytes, other.event_source(at).0.bytes);
        }
        let points = |encoded: &Encoded| -> Vec<_> {
            let of = |point: &PointAt| (point.metric, point.point, point.series);
            encoded.points.iter().map(of).collect()
        };
        assert_eq!((points(one), one.sources.len()), (points(other), other.sources.len()));
    }

    #[test]
    fn parts_and_what_came_behind_them_are_as_the_whole_encoded_at_once() {
        let dictionary = Arc::new(Dictionary::shipped());
        let ahead: Vec<_> = (1..=2)
            .map(|number| Arc::new(Encoded::of(&part(number), Arc::clone(&dictionary)).unwrap()))
            .collect();
        let mut batch = Batch::default();
        (1..=2).for_each(|number| batch.append(part(number)));
        batch.events.push(event(Timestamp::from_nanos(1), Level::Error, "added", "by a stage"));
        let at_once = Encoded::of(&batch, Arc::clone(&dictionary)).unwrap();
        let joined = Prepared::new(Arc::new(batch.clone()), &ahead, dictionary).unwrap();
        same(&joined.records, &at_once, &batch);
    }

    #[test]
    fn parts_of_an_older_dictionary_are_encoded_anew() {
        let old = Arc::new(Dictionary::shipped());
        let ahead = [Arc::new(Encoded::of(&part(1), Arc::clone(&old)).unwrap())];
        let new = Arc::new(Dictionary::read(b"what agents say".to_vec()).unwrap());
        let batch = whole();
        let at_once = Encoded::of(&batch, Arc::clone(&new)).unwrap();
        let joined = Prepared::new(Arc::new(batch.clone()), &ahead, new).unwrap();
        same(&joined.records, &at_once, &batch);
    }
}
