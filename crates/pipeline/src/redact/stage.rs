//! The redaction stage of the pipeline.

use std::sync::Arc;

use foldhash::HashMap;
use quipu_core::{Batch, Event, Level, Meter, Resource, Result, Scope, Stage, Timestamp, TraceId, Value};

use super::config::{self, Capture, RedactConfig};
use super::contents::Contents;
use super::detect::Class;
use super::found::Findings;
use super::records;
use super::sources::Sources;
use super::walk::Redactor;

/// Redaction before the count. It drops message contents unless they are allowed. It removes secrets and
/// personal data from attributes, bodies, status messages, resources and normalised fields. It counts
/// findings and never shows a value.
pub struct Redact {
    contents: Option<(Contents, Capture)>,
    redactor: Option<Redactor>,
    events: bool,
    meter: Arc<dyn Meter>,
}

impl Redact {
    /// Name of the event that reports a trace with findings.
    pub const EVENT: &'static str = "quipu.redaction.detected";

    /// Creates the stage.
    ///
    /// # Errors
    /// A pattern is no regular expression or too large, a hash has no key, or a list is too long. The error
    /// names it.
    pub fn new(settings: &RedactConfig, meter: Arc<dyn Meter>) -> Result<Self> {
        config::check(settings)?;
        let capture = settings.contents.clone().unwrap_or_else(|| Capture::all(false));
        let contents = (!capture.is_all()).then(|| (Contents::new(), capture));
        let redactor = looks(settings).then(|| Redactor::new(settings)).transpose()?;
        Ok(Self { contents, redactor, events: settings.events, meter })
    }

    /// Redacts a text as a value of this name, without counting. Returns `None` if the stage would not change
    /// the text.
    pub fn text(&self, name: &str, text: &str) -> Option<String> {
        let redactor = self.redactor.as_ref()?;
        let mut found = Findings::default();
        match redactor.deed(name) {
            Some(deed) => {
                let kept = redactor.done(deed, text, &mut found).unwrap_or_default();
                (kept != text).then_some(kept)
            }
            None => redactor.text(text, name, 0, &mut found),
        }
    }

    fn leave_out(&self, contents: &Contents, capture: &Capture, batch: &mut Batch) {
        let (mut of_spans, mut of_events) = (0, 0);
        let left_out = |resource: &Resource| !capture.keeps(resource.service().unwrap_or_default());
        for span in batch.spans.iter_mut().filter(|span| left_out(&span.resource)) {
            of_spans += contents.drop_from(&mut span.attributes);
            let before = span.events.len();
            span.events.retain(|event| !Contents::is_message(&event.name));
            of_spans += (before - span.events.len()) as u64;
            of_spans +=
                span.events.iter_mut().map(|event| contents.drop_from(&mut event.attributes)).sum::<u64>();
        }
        for event in batch.events.iter_mut().filter(|event| left_out(&event.resource)) {
            of_events += contents.drop_from(&mut event.attributes);
            if Contents::is_message(&event.name) {
                of_events += Contents::drop_body(&mut event.body);
            }
        }
        for (place, count) in [("span", of_spans), ("event", of_events)] {
            if count > 0 {
                self.meter.add("quipu_dropped_contents_total", &[("place", place)], count);
            }
        }
    }

    fn take_out(&self, redactor: &Redactor, batch: &mut Batch) {
        let (mut told, mut all) = (TraceFindings::default(), Findings::default());
        let mut sources = Sources::default();
        for span in &mut batch.spans {
            let mut found = Findings::default();
            records::span(redactor, span, &mut found);
            sources.resource(redactor, &mut span.resource, &mut found);
            sources.scope(redactor, &mut span.scope, &mut found);
            told.add(span.trace_id, span.start, span.canonical.session.as_ref(), &span.resource, &found);
            all.append(&found);
        }
        for event in &mut batch.events {
            let mut found = Findings::default();
            records::event(redactor, event, &mut found);
            sources.resource(redactor, &mut event.resource, &mut found);
            sources.scope(redactor, &mut event.scope, &mut found);
            if let Some(trace) = event.trace_id {
                told.add(trace, event.time, event.session.as_ref(), &event.resource, &found);
            }
            all.append(&found);
        }
        for metric in &mut batch.metrics {
            let mut found = Findings::default();
            records::metric(redactor, metric, &mut found);
            sources.resource(redactor, &mut metric.resource, &mut found);
            sources.scope(redactor, &mut metric.scope, &mut found);
            all.append(&found);
        }
        for cost in &mut batch.costs {
            let mut found = Findings::default();
            records::cost(redactor, cost, &mut found);
            all.append(&found);
        }
        self.count(redactor, &all);
        if self.events {
            batch.events.extend(told.events(redactor));
        }
    }

    fn count(&self, redactor: &Redactor, all: &Findings) {
        for (kind, times) in all.iter() {
            let (kind, class) = redactor.finder().kind_of(kind);
            let name = match class {
                Class::Pii => "pii_detections_total",
                Class::Secret => "secret_detections_total",
            };
            self.meter.add(name, &[("kind", kind)], times);
            self.meter.add("quipu_masked_secrets_total", &[("kind", kind)], times);
        }
    }
}

/// Whether any detector or rule is active.
fn looks(settings: &RedactConfig) -> bool {
    let personal = config::PiiKind::ALL.into_iter().any(|kind| settings.pii.has(kind));
    settings.secrets
        || settings.emails
        || personal
        || settings.high_entropy
        || !settings.patterns.is_empty()
        || !settings.fields.is_empty()
}

/// Content of a trace's event.
struct Telling {
    time: Timestamp,
    session: Option<compact_str::CompactString>,
    resource: Arc<Resource>,
    found: Findings,
}

/// Traces with findings, in order of arrival.
#[derive(Default)]
struct TraceFindings {
    places: HashMap<TraceId, usize>,
    traces: Vec<(TraceId, Telling)>,
}

impl TraceFindings {
    fn add(
        &mut self,
        trace: TraceId,
        time: Timestamp,
        session: Option<&compact_str::CompactString>,
        resource: &Arc<Resource>,
        found: &Findings,
    ) {
        if found.is_empty() {
            return;
        }
        let at = *self.places.entry(trace).or_insert(self.traces.len());
        if at == self.traces.len() {
            let (session, resource) = (session.cloned(), Arc::clone(resource));
            self.traces.push((trace, Telling { time, session, resource, found: Findings::default() }));
        }
        if let Some((_, telling)) = self.traces.get_mut(at) {
            telling.found.append(found);
        }
    }

    /// One event per trace. It has the time of the first record, so a repeated batch produces the same event.
    fn events(self, redactor: &Redactor) -> impl Iterator<Item = Event> {
        self.traces.into_iter().map(|(trace, telling)| {
            let mut counts: Vec<(String, u64)> = telling
                .found
                .iter()
                .map(|(kind, times)| {
                    (format!("quipu.redaction.{}", redactor.finder().kind_of(kind).0), times)
                })
                .collect();
            counts.sort_unstable();
            let all: u64 = counts.iter().map(|(_, times)| times).sum();
            let count = |times: u64| Value::Int(i64::try_from(times).unwrap_or(i64::MAX));
            Event {
                time: telling.time,
                level: Level::Info,
                name: Redact::EVENT.into(),
                trace_id: Some(trace),
                span_id: None,
                session: telling.session,
                agent: None,
                framework: None,
                body: Value::String(format!("{all} removed before storage")),
                attributes: counts.into_iter().map(|(name, times)| (name, count(times))).collect(),
                wire: None,
                resource: telling.resource,
                scope: Arc::new(Scope { name: "quipu".into(), ..Scope::default() }),
            }
        })
    }
}

impl Stage for Redact {
    fn name(&self) -> &'static str {
        "redact"
    }

    fn apply(&self, batch: &mut Batch) {
        if let Some((contents, capture)) = &self.contents {
            self.leave_out(contents, capture, batch);
        }
        if let Some(redactor) = &self.redactor {
            self.take_out(redactor, batch);
        }
    }
}
