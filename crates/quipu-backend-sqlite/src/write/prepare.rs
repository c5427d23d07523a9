//! Work on a batch that needs no file: encoding, compressing, hashing. Done on the caller's thread, so that the writing
//! thread only writes.

use std::collections::HashMap;
use std::sync::Arc;

use quipu_core::{Batch, Event, Metric, Point, Resource, Scope};
use sha2::{Digest, Sha256};

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

/// Places of a record's resource and scope in [`Prepared::sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SourceAt {
    pub(crate) resource: usize,
    pub(crate) scope: usize,
}

/// One metric point.
#[derive(Debug)]
pub(crate) struct PreparedPoint {
    pub(crate) metric: usize,
    pub(crate) point: usize,
    pub(crate) series: Hash,
    pub(crate) source: SourceAt,
}

/// A batch, ready to be written.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) batch: Arc<Batch>,
    pub(crate) dictionary: Arc<Dictionary>,
    pub(crate) sources: Vec<Source>,
    pub(crate) span_sources: Vec<SourceAt>,
    pub(crate) event_sources: Vec<SourceAt>,
    pub(crate) event_hashes: Vec<Hash>,
    pub(crate) points: Vec<PreparedPoint>,
    packed: Vec<u8>,
    /// Ends in `packed`: of the spans, then of the events.
    ends: Vec<usize>,
}

#[derive(Default)]
struct Sources {
    list: Vec<Source>,
    by_place: HashMap<usize, usize>,
    by_hash: HashMap<Hash, usize>,
}

pub(crate) fn hash_of(bytes: &[u8]) -> Hash {
    let full = Sha256::digest(bytes);
    let mut half = [0; 16];
    half.copy_from_slice(&full[..16]);
    half
}

impl Sources {
    /// Records of one request share their resource and scope, so the address mostly tells.
    fn add<T: serde::Serialize>(&mut self, content: &Arc<T>, tag: u8) -> Result<usize> {
        let place = Arc::as_ptr(content) as usize;
        if let Some(at) = self.by_place.get(&place) {
            return Ok(*at);
        }
        let bytes = postcard::to_stdvec(&(tag, content.as_ref()))?;
        let hash = hash_of(&bytes);
        let at = *self.by_hash.entry(hash).or_insert_with(|| {
            self.list.push(Source { hash, bytes });
            self.list.len() - 1
        });
        self.by_place.insert(place, at);
        Ok(at)
    }

    fn at(&mut self, resource: &Arc<Resource>, scope: &Arc<Scope>) -> Result<SourceAt> {
        Ok(SourceAt { resource: self.add(resource, 0)?, scope: self.add(scope, 1)? })
    }
}

impl Prepared {
    /// Encodes and compresses everything in the batch.
    pub(crate) fn new(batch: Arc<Batch>, dictionary: Arc<Dictionary>) -> Result<Self> {
        let mut sources = Sources::default();
        let (mut packed, mut ends, mut plain) = (Vec::new(), Vec::new(), Vec::new());
        let mut packer = Packer::new(&dictionary)?;
        let mut span_sources = Vec::with_capacity(batch.spans.len());
        for span in &batch.spans {
            span_sources.push(sources.at(&span.resource, &span.scope)?);
            encode_span(span, &mut plain)?;
            packer.pack(&plain, &mut packed)?;
            ends.push(packed.len());
        }
        let (mut event_sources, mut event_hashes) = (Vec::new(), Vec::new());
        for event in &batch.events {
            let at = sources.at(&event.resource, &event.scope)?;
            event_sources.push(at);
            encode_event(event, &mut plain)?;
            event_hashes.push(event_hash(event, &plain, &sources.list, at)?);
            packer.pack(&plain, &mut packed)?;
            ends.push(packed.len());
        }
        drop(packer);
        let points = prepare_points(&batch.metrics, &mut sources)?;
        let sources = sources.list;
        packed.shrink_to_fit();
        Ok(Self {
            batch,
            dictionary,
            sources,
            span_sources,
            event_sources,
            event_hashes,
            points,
            packed,
            ends,
        })
    }

    fn slice(&self, at: usize) -> &[u8] {
        let from = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.packed[from..self.ends[at]]
    }

    /// The packed body of a span.
    pub(crate) fn span_body(&self, at: usize) -> &[u8] {
        self.slice(at)
    }

    /// The packed body of an event.
    pub(crate) fn event_body(&self, at: usize) -> &[u8] {
        self.slice(self.batch.spans.len() + at)
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

fn prepare_points(metrics: &[Metric], sources: &mut Sources) -> Result<Vec<PreparedPoint>> {
    let mut points = Vec::new();
    for (at, metric) in metrics.iter().enumerate() {
        let source = sources.at(&metric.resource, &metric.scope)?;
        for (number, point) in metric.points.iter().enumerate() {
            let series = series_hash(metric, point, &sources.list, source)?;
            points.push(PreparedPoint { metric: at, point: number, series, source });
        }
    }
    Ok(points)
}

fn series_hash(metric: &Metric, point: &Point, sources: &[Source], at: SourceAt) -> Result<Hash> {
    let content = (
        (&metric.name, &metric.unit, &metric.description, metric.instrument, metric.temporality),
        &point.attributes,
        (sources[at.resource].hash, sources[at.scope].hash),
    );
    Ok(hash_of(&postcard::to_stdvec(&content)?))
}
