//! Spans made from metrics that count tokens.
//!
//! The points of one family whose attributes differ only in the token type tell of the same calls: they become one span. A
//! delta point gives one span. A cumulative series gives one span an hour, which holds its figures at the hour's last point;
//! what was used in the hour is the difference to the hour before. A series that starts again is another series, as the
//! OpenTelemetry data model says: <https://opentelemetry.io/docs/specs/otel/metrics/data-model/#resets-and-gaps>.

mod group;
mod made;

use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::{Canonical, Kind, Meeting, Metric, Span, SpanId, TraceId};
use quipu_semconv::{METRIC_FAMILIES, METRIC_SERIES, MetricFamily};

use crate::label_at;

/// The spans that metrics of `family` come to, of those metrics that `counts`; metrics of unnamed services come to none.
pub fn spans_of_metrics(
    metrics: &[Metric],
    family: &MetricFamily,
    counts: impl Fn(&Metric) -> bool,
) -> Vec<Span> {
    let mut spans: BTreeMap<(TraceId, SpanId), Span> = BTreeMap::new();
    for group in group::groups(metrics, family, counts) {
        for cluster in group.clusters() {
            let span = made::span(family, &group, &cluster);
            // Without the name of a session or service nobody can say whether calls already tell of these tokens.
            if session(&span, family).is_none() && span.resource.service().is_none() {
                continue;
            }
            // Of several points of one series in one hour the last holds.
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

/// Makes of a span that was read like any other what a span made from metrics means: tokens without a call, which meet the
/// session that their points name, else the service.
pub(crate) fn mend(span: &Span, read: &mut Canonical) {
    let family = METRIC_FAMILIES.iter().find(|family| span.name == family.name);
    read.kind = Kind::Other;
    read.operation = Some(span.name.clone()).filter(|name| !name.is_empty());
    read.response_id = label_at(&span.attributes, METRIC_SERIES);
    read.tool = None;
    read.session = family.and_then(|family| session(span, family));
    read.meeting = Some(match (&read.session, family) {
        (Some(session), Some(family)) => Meeting::of(family.source, session),
        _ => Meeting::of("service", span.resource.service().unwrap_or_default()),
    });
}

fn session(span: &Span, family: &MetricFamily) -> Option<CompactString> {
    let places = [&span.attributes, &span.resource.attributes];
    places.iter().find_map(|attributes| family.sessions.iter().find_map(|key| label_at(attributes, key)))
}
