//! Spans made from metrics that count tokens.
//!
//! Points of one family whose attributes differ only in the token type report the same calls and become one
//! span. A delta point gives one span. A cumulative series gives one span per hour with its figures at the
//! hour's last point. The usage of the hour is the difference to the previous hour. A series that starts
//! again is another series, according to the OpenTelemetry data model:
//! <https://opentelemetry.io/docs/specs/otel/metrics/data-model/#resets-and-gaps>.

mod group;
mod made;
mod shape;

use std::collections::BTreeMap;

use compact_str::{CompactString, format_compact};
use quipu_core::{Canonical, Kind, Meeting, Metric, Span, SpanId, TraceId};
use quipu_semconv::{METRIC_FAMILIES, METRIC_SERIES, MetricFamily, POINT_SESSIONS};

pub use self::shape::{metric_doubt, spans_by_shape};
use crate::label_at;

/// The spans of metrics of `family` that satisfy `counts`. Metrics of unnamed services give no spans.
pub fn spans_of_metrics(
    metrics: &[Metric],
    family: &MetricFamily<'_>,
    counts: impl Fn(&Metric) -> bool,
) -> Vec<Span> {
    let mut spans: BTreeMap<(TraceId, SpanId), Span> = BTreeMap::new();
    for group in group::groups(metrics, family, counts) {
        for cluster in group.clusters() {
            let span = made::span(family, &group, &cluster);
            // Without a session or service name, it is unknown whether calls already report these tokens.
            if session(&span, family).is_none() && span.resource.service().is_none() {
                continue;
            }
            // The last of several points of one series in one hour applies.
            let known = spans.get(&(span.trace_id, span.span_id));
            if known.is_none_or(|known| known.end <= span.end) {
                spans.insert((span.trace_id, span.span_id), span);
            }
        }
    }
    spans.into_values().collect()
}

/// Whether a span was made from metrics.
pub fn is_of_metrics(span: &Span) -> bool {
    span.attributes.get(METRIC_SERIES).is_some()
}

/// Adjusts the values of a span made from metrics. It is usage without a call, and meets the session that its
/// points name, otherwise the service.
pub(crate) fn mend(span: &Span, read: &mut Canonical) {
    let family = METRIC_FAMILIES.iter().find(|family| span.name == family.name);
    read.kind = Kind::Other;
    read.operation = Some(span.name.clone()).filter(|name| !name.is_empty());
    read.response_id = label_at(&span.attributes, METRIC_SERIES);
    read.tool = None;
    read.session = match family {
        Some(family) => session(span, family),
        None => session_in(span, POINT_SESSIONS),
    };
    if family.is_none() {
        read.notes.push(format_compact!("read by shape from the metric `{}`", span.name));
    }
    read.meeting = Some(match (&read.session, family) {
        (Some(session), Some(family)) => Meeting::of(family.source, session),
        _ => Meeting::of("service", span.resource.service().unwrap_or_default()),
    });
}

fn session(span: &Span, family: &MetricFamily<'_>) -> Option<CompactString> {
    session_in(span, family.sessions)
}

fn session_in(span: &Span, keys: &[&str]) -> Option<CompactString> {
    let places = [&span.attributes, &span.resource.attributes];
    places.iter().find_map(|attributes| keys.iter().find_map(|key| label_at(attributes, key)))
}
