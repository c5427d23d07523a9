//! Reading of a span by one table.

use compact_str::{CompactString, format_compact};
use quipu_core::{Canonical, Message, Messages, Part, Reading, Role, Span, Status, Usage, Value};
use quipu_normalize::{
    Slots, answer_meeting, canonical as common, count_of, dollars_of, label, parse, provider_name,
    provider_of_model, usage_of,
};

use crate::config::Map;

/// The convention of spans that a table reads.
pub const NAME: &str = "map";

/// A span and its table.
struct Read<'a> {
    map: &'a Map,
    span: &'a Span,
}

impl Read<'_> {
    fn label(&self, field: &str) -> Option<CompactString> {
        label(self.map.places.get(field)?.value(self.span)?.as_ref())
    }

    fn count(&self, field: &str) -> Option<u64> {
        count_of(self.map.places.get(field)?.value(self.span)?.as_ref())
    }

    fn text(&self, field: &str) -> Option<String> {
        match self.map.places.get(field)?.value(self.span)?.as_ref() {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            _ => None,
        }
    }

    fn value(&self, field: &str) -> Option<Value> {
        let value = self.map.places.get(field)?.value(self.span)?.into_owned();
        Some(value.as_str().and_then(parse).unwrap_or(value))
    }

    /// Token usage: a provider's usage object, otherwise the single figures.
    fn usage(&self) -> Option<Usage> {
        let usage = match self.value("usage") {
            Some(object) => usage_of(&object),
            None => self.figures(),
        };
        usage.filter(Usage::is_known)
    }

    fn figures(&self) -> Option<Usage> {
        let mut usage = Usage {
            input: self.count("input"),
            output: self.count("output"),
            cache_read: self.count("cache_read"),
            cache_write: self.count("cache_write"),
            reasoning: self.count("reasoning"),
            ..Usage::default()
        };
        let cached = usage.cache_read.unwrap_or(0).saturating_add(usage.cache_write.unwrap_or(0));
        if self.map.config.input_excludes_cache {
            usage.reading = Reading::Exclusive;
            usage.input = usage.input.map(|input| input.saturating_add(cached));
        }
        Some(usage)
    }
}

/// The canonical values of a span.
pub(crate) fn canonical(map: &Map, span: &Span) -> Canonical {
    // Session, user, tags and errors have the same keys in every convention.
    let base = common(&Slots::of(span), NAME);
    let read = Read { map, span };
    let mut made = Canonical { kind: map.config.kind, meeting: None, never_count: false, ..base };
    let both = read.label("model");
    let failed = span.status == Status::Error;
    made.request_model = read.label("request_model").or_else(|| both.clone()).or(made.request_model);
    made.response_model = read.label("response_model").or(both.filter(|_| !failed)).or(made.response_model);
    let named = read.label("provider").or_else(|| map.config.provider.as_deref().map(Into::into));
    let by_model = made.model().and_then(|model| provider_of_model(model));
    made.provider = named.map(|name| provider_name(&name)).or(by_model).or(made.provider);
    made.framework = map.config.framework.as_deref().map(Into::into).or(made.framework);
    made.response_id = read.label("response_id").or(made.response_id);
    made.agent = read.label("agent").or(made.agent);
    made.tool = read.label("tool").or(made.tool);
    made.workflow = read.label("workflow").or(made.workflow);
    made.session = read.label("session").or(made.session);
    made.user = read.label("user").or(made.user);
    made.error_type = read.label("error").or(made.error_type);
    let cost = map.places.get("cost_usd").and_then(|place| dollars_of(place.value(span)?.as_ref()));
    made.reported_cost = cost.or(made.reported_cost);
    made.usage =
        read.usage().map(|usage| fitting(usage, map, &mut made.notes)).filter(|_| map.config.kind.is_call());
    made.meeting = answer_meeting(span, &made);
    made.notes.push(format_compact!("read by {} of the configuration", map.title));
    made
}

/// Removes buckets that exceed their total, with a note.
fn fitting(mut usage: Usage, map: &Map, notes: &mut Vec<CompactString>) -> Usage {
    let cached = usage.cache_read.unwrap_or(0).saturating_add(usage.cache_write.unwrap_or(0));
    if cached > usage.input.unwrap_or(0) {
        (usage.cache_read, usage.cache_write) = (None, None);
        let title = &map.title;
        notes.push(format_compact!(
            "{title}: cached tokens exceed the input and are omitted; `input_excludes_cache` may be needed"
        ));
    }
    if usage.reasoning.unwrap_or(0) > usage.output.unwrap_or(0) {
        usage.reasoning = None;
        notes.push(format_compact!("{}: reasoning tokens exceed the output and are omitted", map.title));
    }
    usage
}

/// The messages of a span. The fields of the table take precedence over the keys of the conventions.
pub(crate) fn messages(map: &Map, span: &Span, mut said: Messages) -> Messages {
    let read = Read { map, span };
    let message = |role, text| Message { role, parts: vec![Part::Text(text)], finish_reason: None };
    if let Some(prompt) = read.text("prompt") {
        said.input = vec![message(Role::User, prompt)];
    }
    if let Some(answer) = read.text("answer") {
        said.output = vec![message(Role::Assistant, answer)];
    }
    said.tool_arguments = read.value("arguments").or(said.tool_arguments);
    said.tool_result = read.value("result").or(said.tool_result);
    said
}
