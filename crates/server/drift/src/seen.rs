//! Counts of a batch, made before the batch is submitted.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use quipu_core::{
    Batch, Event, Kind, Resource, Scope, Signal, Span, SpanId, Status, Timestamp, TraceId, Value,
};

use crate::counts::{Shape, Tally};
use crate::field::bits;
use crate::source::{Mask, SERVICE, Source, masked};

/// Attribute with the number of a record, such as `event.sequence` of Claude Code.
const SEQUENCE: &str = "event.sequence";

/// Attribute with the requested model.
const MODEL: &str = "gen_ai.request.model";

/// A span's place in its trace.
pub(crate) struct Joint {
    pub(crate) trace: TraceId,
    pub(crate) span: SpanId,
    pub(crate) parent: Option<SpanId>,
    pub(crate) start: Timestamp,
    pub(crate) source: usize,
}

/// The number of a record among those of its session.
pub(crate) struct Numbered {
    pub(crate) series: u64,
    pub(crate) number: u64,
    pub(crate) source: usize,
}

/// Counts of a batch.
#[derive(Default)]
pub struct BatchCounts {
    pub(crate) sources: Vec<Source>,
    /// Spans by source, day since the epoch, and shape.
    pub(crate) tallies: HashMap<(usize, i32, Shape), Tally>,
    pub(crate) joints: Vec<Joint>,
    pub(crate) numbered: Vec<Numbered>,
    /// First and last start of each source's records.
    pub(crate) times: Vec<(Timestamp, Timestamp)>,
}

/// Sources of a batch by scope and resource, which its records share.
struct KnownSources<'m> {
    mask: Mask<'m>,
    places: HashMap<(*const Scope, *const Resource), usize>,
}

/// The shape of a span, borrowed from the span.
type Key<'b> = (usize, i32, (Kind, Signal, bool, &'b str, &'b str, Option<bool>));

impl BatchCounts {
    /// Counts a batch. `mask` is applied to the names of sources, services and models.
    pub fn of(batch: &Batch, mask: Mask<'_>) -> Self {
        let mut seen = Self::default();
        let mut known = KnownSources { mask, places: HashMap::new() };
        let mut tallies: HashMap<Key<'_>, Tally> = HashMap::new();
        for span in &batch.spans {
            let source = known.source(&mut seen, &span.scope, &span.resource, span.start);
            tallies.entry(key(span, source)).or_default().count(bits(&span.canonical));
            if span.canonical.signal == Signal::Span {
                seen.joints.push(joint(span, source));
            }
        }
        for ((source, day, shape), tally) in tallies {
            // Two shapes may have the same masked names.
            seen.tallies.entry((source, day, owned(shape, mask))).or_default().add(&tally);
        }
        for event in &batch.events {
            if let Some((series, number)) = numbered(event) {
                let source = known.source(&mut seen, &event.scope, &event.resource, event.time);
                seen.numbered.push(Numbered { series, number, source });
            }
        }
        seen
    }

    /// Whether there is nothing to count.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }
}

impl KnownSources<'_> {
    fn source(
        &mut self,
        seen: &mut BatchCounts,
        scope: &Arc<Scope>,
        resource: &Arc<Resource>,
        at: Timestamp,
    ) -> usize {
        let mask = self.mask;
        let place = *self.places.entry((Arc::as_ptr(scope), Arc::as_ptr(resource))).or_insert_with(|| {
            let source = Source::of(scope, resource, mask);
            seen.sources.iter().position(|known| *known == source).unwrap_or_else(|| {
                seen.sources.push(source);
                seen.times.push((at, at));
                seen.sources.len() - 1
            })
        });
        let (first, last) = &mut seen.times[place];
        (*first, *last) = ((*first).min(at), (*last).max(at));
        place
    }
}

fn key(span: &Span, source: usize) -> Key<'_> {
    let read = &*span.canonical;
    let failed = span.status == Status::Error || read.error_type.is_some();
    let service = span.resource.service().unwrap_or_default();
    let model = read.model().map_or("", |model| model.as_str());
    let day = i32::try_from(span.start.nanos().div_euclid(Timestamp::DAY)).unwrap_or_default();
    (source, day, (read.kind, read.signal, failed, service, model, read.params.stream))
}

fn owned(
    (kind, signal, failed, service, model, stream): (Kind, Signal, bool, &str, &str, Option<bool>),
    mask: Mask<'_>,
) -> Shape {
    let service = masked(mask, SERVICE, service);
    let model = masked(mask, MODEL, model);
    Shape { kind, signal, failed, service, model, stream }
}

fn joint(span: &Span, source: usize) -> Joint {
    Joint { trace: span.trace_id, span: span.span_id, parent: span.parent_id, start: span.start, source }
}

/// The series and the number of a numbered event.
fn numbered(event: &Event) -> Option<(u64, u64)> {
    let number = match event.attributes.get(SEQUENCE)? {
        Value::Int(number) => u64::try_from(*number).ok()?,
        value => value.as_str()?.parse().ok()?,
    };
    let mut hash = std::hash::DefaultHasher::new();
    let session = event.session.as_deref().or_else(|| event.attributes.text("session.id"));
    (event.resource.process(), session, event.scope.name.as_str()).hash(&mut hash);
    Some((hash.finish(), number))
}
