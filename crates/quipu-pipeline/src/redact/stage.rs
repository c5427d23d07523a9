//! The stage.

use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{Batch, Cost, Event, Meter, Point, Result, Span, Stage};
use serde::{Deserialize, Serialize};

use super::contents::Contents;
use super::secrets::{Found, Secrets};

/// What is taken out before anything is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedactSettings {
    /// Whether message contents, and arguments and results of tools, are left out. It follows from whether full prompts are
    /// logged, and has no key of its own.
    #[serde(skip, default = "yes")]
    pub contents: bool,
    /// Whether secrets of known shapes are masked.
    pub secrets: bool,
    /// Whether e-mail addresses are masked.
    pub emails: bool,
    /// Further patterns to mask, in the syntax of the `regex` crate.
    pub patterns: Vec<String>,
}

const fn yes() -> bool {
    true
}

impl Default for RedactSettings {
    fn default() -> Self {
        Self { contents: true, secrets: true, emails: false, patterns: Vec::new() }
    }
}

/// Comes before the count: leaves message contents out unless they are allowed, and masks secrets in attribute values, bodies
/// and status messages. It counts what it does and never shows what it found.
pub struct Redact {
    contents: Option<Contents>,
    secrets: Option<Secrets>,
    meter: Arc<dyn Meter>,
}

impl Redact {
    /// A stage with these settings.
    ///
    /// # Errors
    /// One of the patterns is not a regular expression, or they are too large together.
    pub fn new(settings: &RedactSettings, meter: Arc<dyn Meter>) -> Result<Self> {
        let contents = settings.contents.then(Contents::new);
        let masks = settings.secrets || settings.emails || !settings.patterns.is_empty();
        let secrets =
            masks.then(|| Secrets::new(settings.secrets, settings.emails, &settings.patterns)).transpose()?;
        Ok(Self { contents, secrets, meter })
    }

    fn leave_out(&self, contents: &Contents, batch: &mut Batch) {
        let (mut of_spans, mut of_events) = (0, 0);
        for span in &mut batch.spans {
            of_spans += contents.drop_from(&mut span.attributes);
            let before = span.events.len();
            span.events.retain(|event| !Contents::is_message(&event.name));
            of_spans += (before - span.events.len()) as u64;
            of_spans +=
                span.events.iter_mut().map(|event| contents.drop_from(&mut event.attributes)).sum::<u64>();
        }
        for event in &mut batch.events {
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
}

fn mask_span(secrets: &Secrets, span: &mut Span, found: &mut Found) {
    secrets.mask_all(&mut span.attributes, found);
    secrets.mask_text(&mut span.status_message, found);
    span.events.iter_mut().for_each(|event| secrets.mask_all(&mut event.attributes, found));
    span.links.iter_mut().for_each(|link| secrets.mask_all(&mut link.attributes, found));
    let mut short = |text: &mut CompactString| {
        if let Some(masked) = secrets.masked(text, found) {
            *text = masked.into();
        }
    };
    short(&mut span.name);
    // What was read before this stage came: spans may go out with it in attributes of their own.
    let read = span.canonical.as_mut();
    let ids = [&mut read.session, &mut read.user, &mut read.error_type, &mut read.agent, &mut read.tool];
    ids.into_iter().flatten().for_each(&mut short);
    let more = [&mut read.agent_id, &mut read.workflow, &mut read.response_id, &mut read.tool_call_id];
    more.into_iter()
        .chain([&mut read.request_model, &mut read.response_model])
        .flatten()
        .for_each(&mut short);
    read.tags.iter_mut().for_each(&mut short);
    if !read.params.stop_sequences.is_empty() {
        read.params.stop_sequences.iter_mut().for_each(short);
    }
}

fn mask_event(secrets: &Secrets, event: &mut Event, found: &mut Found) {
    secrets.mask_all(&mut event.attributes, found);
    secrets.mask_value(&mut event.body, found);
    for id in [&mut event.session, &mut event.agent].into_iter().flatten() {
        if let Some(masked) = secrets.masked(id, found) {
            *id = masked.into();
        }
    }
    if let Some(sent) = &mut event.wire
        && let Some(masked) = secrets.masked(&sent.severity_text, found)
    {
        sent.severity_text = masked.into();
    }
}

fn mask_point(secrets: &Secrets, point: &mut Point, found: &mut Found) {
    secrets.mask_all(&mut point.attributes, found);
    if let Some(sent) = &mut point.wire {
        secrets.mask_all(&mut sent.metadata, found);
        sent.exemplars.iter_mut().for_each(|exemplar| secrets.mask_all(&mut exemplar.attributes, found));
    }
}

/// Ledger rows repeat what their spans say. They are there where it is masked for one backend, behind the count.
fn mask_cost(secrets: &Secrets, cost: &mut Cost, found: &mut Found) {
    let named = [&mut cost.agent, &mut cost.tool, &mut cost.request_model, &mut cost.response_model];
    for text in named.into_iter().flatten() {
        if let Some(masked) = secrets.masked(text, found) {
            *text = masked.into();
        }
    }
}

impl Stage for Redact {
    fn name(&self) -> &'static str {
        "redact"
    }

    fn apply(&self, batch: &mut Batch) {
        if let Some(contents) = &self.contents {
            self.leave_out(contents, batch);
        }
        let Some(secrets) = &self.secrets else { return };
        let mut found = Found::default();
        batch.spans.iter_mut().for_each(|span| mask_span(secrets, span, &mut found));
        batch.events.iter_mut().for_each(|event| mask_event(secrets, event, &mut found));
        let points = batch.metrics.iter_mut().flat_map(|metric| &mut metric.points);
        points.for_each(|point| mask_point(secrets, point, &mut found));
        batch.costs.iter_mut().for_each(|cost| mask_cost(secrets, cost, &mut found));
        for (kind, times) in found.0 {
            self.meter.add("quipu_masked_secrets_total", &[("kind", kind)], times);
        }
    }
}
