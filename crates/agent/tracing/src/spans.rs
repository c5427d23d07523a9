//! Fields of a span: attributes, and OpenTelemetry's fields for name, kind and status.

use quipu_core::{SpanKind, Status};
use quipu_sdk::Field as Attribute;
use tracing::field::Field;

use crate::content::is_content;
use crate::held::RecordedSpan;
use crate::visit::Sink;

/// Writer of fields into a span.
pub(crate) struct SpanFields<'a> {
    held: &'a mut RecordedSpan,
    status: Option<Status>,
    description: Option<String>,
}

impl<'a> SpanFields<'a> {
    pub fn new(held: &'a mut RecordedSpan) -> Self {
        Self { held, status: None, description: None }
    }

    /// Sets the status from all fields.
    pub fn finish(self) {
        let status = match (self.status, &self.description) {
            (Some(status), _) => status,
            (None, Some(_)) => Status::Error,
            (None, None) => return,
        };
        self.held.judged = true;
        self.held.guard.status(status, self.description.as_deref().unwrap_or_default());
    }
}

impl Sink for SpanFields<'_> {
    fn put(&mut self, field: &Field, value: Attribute<'_>) {
        let name = field.name();
        if self.wants(name) {
            self.held.guard.set(name, value);
        }
    }

    fn text(&mut self, field: &Field, text: &str) {
        match field.name().strip_prefix("otel.") {
            Some("name") => self.held.guard.rename(text),
            Some("kind") => self.held.guard.span_kind(span_kind(text)),
            Some("status_code") => self.status = Some(status(text)),
            Some("status_description") => self.description = Some(text.to_owned()),
            _ => self.put(field, Attribute::Text(text)),
        }
    }

    fn wants(&self, name: &str) -> bool {
        self.held.full || !is_content(name)
    }
}

/// OpenTelemetry's span kind by name, ignoring case.
fn span_kind(word: &str) -> SpanKind {
    let is = |kind: &str| word.eq_ignore_ascii_case(kind);
    match () {
        () if is("server") => SpanKind::Server,
        () if is("client") => SpanKind::Client,
        () if is("producer") => SpanKind::Producer,
        () if is("consumer") => SpanKind::Consumer,
        () if is("internal") => SpanKind::Internal,
        () => SpanKind::Unspecified,
    }
}

/// OpenTelemetry's status by name, ignoring case.
fn status(word: &str) -> Status {
    if word.eq_ignore_ascii_case("ok") {
        Status::Ok
    } else if word.eq_ignore_ascii_case("error") {
        Status::Error
    } else {
        Status::Unset
    }
}
