//! Sources whose spans or metrics look like model calls but are not read, so that a user notices and maps
//! them.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use compact_str::CompactString;
use quipu_core::{Batch, Metric, Span, SpanId, Timestamp, TraceId};
use quipu_drift::Mask;
use quipu_normalize::metric_doubt;
use quipu_unread::is_unread;
use serde::{Deserialize, Serialize};

/// Sources remembered at most; a new one replaces the one seen longest ago.
const MOST_SOURCES: usize = 256;
/// The maximum length of a remembered scope name, in bytes.
const LONGEST_NAME: usize = 256;

/// An unread source. It contains no attribute and no content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadSource {
    /// Name of the instrumentation scope.
    pub scope: CompactString,
    /// Version of the scope; empty if none was sent.
    pub version: CompactString,
    /// Service of its latest span.
    pub service: Option<CompactString>,
    /// The number of its spans that look like calls, and of points of its metrics that look like token usage.
    pub spans: u64,
    /// Why its latest span does not count.
    pub why: CompactString,
    /// Start of its first span.
    pub first_seen: Timestamp,
    /// Start of its latest span.
    pub last_seen: Timestamp,
    /// Trace of its latest span.
    pub trace_id: TraceId,
    /// Its latest span.
    pub span_id: SpanId,
}

type Key = (CompactString, CompactString);

/// The unread sources of one project.
#[derive(Debug, Default)]
pub(crate) struct UnreadSources(Mutex<BTreeMap<Key, UnreadSource>>);

/// Returns the unread sources of a batch; without any it allocates nothing.
pub(crate) fn of(batch: &Batch, mask: Mask<'_>) -> Vec<UnreadSource> {
    let spans = batch.spans.iter().filter_map(|span| source(span, mask));
    spans.chain(batch.metrics.iter().filter_map(|metric| of_metric(metric, mask))).collect()
}

/// The source of a metric that looks like token usage and is not read. It has no span as a sample.
fn of_metric(metric: &Metric, mask: Mask<'_>) -> Option<UnreadSource> {
    let why = metric_doubt(metric)?;
    let name = if metric.scope.name.is_empty() { &metric.name } else { &metric.scope.name };
    let times = || metric.points.iter().map(|point| point.time);
    let masked =
        |name: &str, text: &str| mask(name, text).map_or_else(|| CompactString::from(text), Into::into);
    (name.len() <= LONGEST_NAME && metric.scope.version.len() <= LONGEST_NAME).then(|| UnreadSource {
        scope: masked("otel.scope.name", name),
        version: masked("otel.scope.version", &metric.scope.version),
        service: metric.resource.service().map(|service| masked("service.name", service)),
        spans: metric.points.len() as u64,
        why: why.into(),
        first_seen: times().min().unwrap_or_default(),
        last_seen: times().max().unwrap_or_default(),
        trace_id: TraceId::made_of(&["unread metric", name, &metric.name]),
        span_id: SpanId::made_of(&["unread metric", name, &metric.name]),
    })
}

fn source(span: &Span, mask: Mask<'_>) -> Option<UnreadSource> {
    let why = is_unread(&span.canonical)?;
    let scope = &span.scope;
    let masked =
        |name: &str, text: &str| mask(name, text).map_or_else(|| CompactString::from(text), Into::into);
    (scope.name.len() <= LONGEST_NAME && scope.version.len() <= LONGEST_NAME).then(|| UnreadSource {
        scope: masked("otel.scope.name", &scope.name),
        version: masked("otel.scope.version", &scope.version),
        service: span.resource.service().map(|service| masked("service.name", service)),
        spans: 1,
        why: why.into(),
        first_seen: span.start,
        last_seen: span.start,
        trace_id: span.trace_id,
        span_id: span.span_id,
    })
}

impl UnreadSources {
    /// Adds sources that were seen now or stored by an earlier process.
    pub(crate) fn add(&self, seen: Vec<UnreadSource>) {
        if seen.is_empty() {
            return;
        }
        let mut sources = self.lock();
        for source in seen {
            let key = (source.scope.clone(), source.version.clone());
            match sources.get_mut(&key) {
                Some(known) => *known = merged(known, source),
                None => {
                    make_way(&mut sources);
                    sources.insert(key, source);
                }
            }
        }
    }

    /// Removes the sources with a sample from one of these traces, and returns their number. A dry run only
    /// counts them.
    pub(crate) fn forget(&self, traces: &HashSet<TraceId>, dry_run: bool) -> usize {
        let mut sources = self.lock();
        let found = sources.values().filter(|source| traces.contains(&source.trace_id)).count();
        if !dry_run {
            sources.retain(|_, source| !traces.contains(&source.trace_id));
        }
        found
    }

    /// Returns all sources, by scope and version.
    pub(crate) fn list(&self) -> Vec<UnreadSource> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, UnreadSource>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Merges two records of a source; the later one supplies the sample.
fn merged(known: &UnreadSource, seen: UnreadSource) -> UnreadSource {
    let spans = known.spans.saturating_add(seen.spans);
    let first_seen = known.first_seen.min(seen.first_seen);
    let latest = if seen.last_seen >= known.last_seen { seen } else { known.clone() };
    UnreadSource { spans, first_seen, ..latest }
}

fn make_way(sources: &mut BTreeMap<Key, UnreadSource>) {
    if sources.len() < MOST_SOURCES {
        return;
    }
    let oldest = sources.iter().min_by_key(|(_, source)| source.last_seen).map(|(key, _)| key.clone());
    if let Some(oldest) = oldest {
        sources.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(scope: &str, at: i64, spans: u64) -> UnreadSource {
        UnreadSource {
            scope: scope.into(),
            version: CompactString::default(),
            service: None,
            spans,
            why: format!("at {at}").into(),
            first_seen: Timestamp::from_nanos(at),
            last_seen: Timestamp::from_nanos(at),
            trace_id: TraceId::made_of(&[scope]),
            span_id: SpanId::made_of(&[scope, &at.to_string()]),
        }
    }

    #[test]
    fn a_source_is_one_whatever_the_order() {
        for order in [[3, 9], [9, 3]] {
            let sources = UnreadSources::default();
            for at in order {
                sources.add(vec![source("a", at, 2)]);
            }
            let [one] = sources.list().try_into().unwrap();
            assert_eq!((one.spans, one.why.as_str()), (4, "at 9"));
            assert_eq!((one.first_seen.nanos(), one.last_seen.nanos()), (3, 9));
        }
    }

    #[test]
    fn a_metric_that_is_not_read_is_a_source() {
        let point = quipu_core::Point {
            time: Timestamp::from_nanos(9),
            start: None,
            attributes: [("type", "input")].into_iter().collect(),
            value: quipu_core::PointValue::Number(3.0),
            exemplars: Vec::new(),
            wire: None,
        };
        let metric = Metric {
            name: "acme_cli.token.usage".into(),
            unit: "".into(),
            description: String::new(),
            instrument: quipu_core::Instrument::Counter,
            temporality: quipu_core::Temporality::Cumulative,
            points: vec![point],
            resource: Default::default(),
            scope: Default::default(),
        };
        let batch = Batch { metrics: vec![metric], ..Batch::default() };
        let [one] = of(&batch, &|_, _| None).try_into().unwrap();
        assert_eq!((one.scope.as_str(), one.spans), ("acme_cli.token.usage", 1));
        assert!(one.why.contains("names no model"), "{}", one.why);
    }

    #[test]
    fn a_source_with_a_forgotten_sample_is_taken_out() {
        let sources = UnreadSources::default();
        sources.add(vec![source("a", 1, 1), source("b", 1, 1)]);
        let gone = HashSet::from([TraceId::made_of(&["a"])]);
        assert_eq!((sources.forget(&gone, true), sources.list().len()), (1, 2));
        assert_eq!((sources.forget(&gone, false), sources.list().len()), (1, 1));
        assert_eq!(sources.forget(&gone, false), 0);
    }

    #[test]
    fn the_oldest_makes_way() {
        let sources = UnreadSources::default();
        sources.add((0..300).map(|at| source(&format!("s{at}"), at, 1)).collect());
        let left = sources.list();
        assert_eq!(left.len(), MOST_SOURCES);
        assert_eq!(left.iter().map(|one| one.last_seen.nanos()).min(), Some(44));
    }
}
