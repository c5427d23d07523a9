//! Lens: an explanation of how a span was read.
//!
//! Each line names a canonical value, its attribute, the attributes passed over, and the rule.

mod contents;
mod names;
mod params;
mod tokens;

use std::borrow::Cow;

use compact_str::CompactString;
use quipu_core::{Canonical, Lens, LensLine, Signal, Span, Value};
use quipu_semconv::{Class, Field};

use crate::slots::knows;
use crate::{Slots, number, text};

/// Rule of a value without a slot.
const BY_THE_ADAPTER: &str = "by the adapter";
/// Prefixes of keys that should be in a table.
const OURS: &[&str] = &["gen_ai.", "llm.", "ai.usage.", "ai.model.", "ai.response.", "ai.settings."];
/// Prefix of keys with sums of other spans' usage. No reader should use them.
const SUMS: &str = "gen_ai.aggregated_usage.";
/// Maximum number of keys that are listed as unread.
const MOST_UNREAD: usize = 64;

/// Explains how `read` was derived from the span. Values that an adapter set without a slot are marked as
/// such.
///
/// Only the size of messages, prompts, arguments and results is shown, for all of their keys.
pub fn lens(span: &Span, read: &Canonical) -> Lens {
    let mut lines = Lines { slots: Slots::of(span), read, lines: Vec::new() };
    lines.what();
    names::call(&mut lines);
    params::params(&mut lines);
    tokens::tokens(&mut lines);
    tokens::money(&mut lines);
    names::owners(&mut lines);
    names::about(&mut lines);
    names::outcome(&mut lines);
    contents::contents(&mut lines);
    Lens { lines: lines.lines, unread: unread(span), ..Lens::default() }
}

/// Notes the key of a value that an adapter found without a slot. A line explained by a slot stays unchanged.
pub fn explain(lens: &mut Lens, field: &str, key: &'static str, rule: &'static str) {
    let unexplained = |line: &&mut LensLine| line.field == field && line.key.is_none();
    if let Some(line) = lens.lines.iter_mut().find(unexplained) {
        line.key = Some(CompactString::const_new(key));
        line.rule = Some(rule.into());
    }
}

/// Keys of the conventions that no table has, and unknown usage; in order, 64 at most.
fn unread(span: &Span) -> Vec<CompactString> {
    let is_unread = |key: &str, value: &Value| {
        let is_usage = matches!(value, Value::Int(_) | Value::Double(_)) && key.contains("token");
        let is_ours = OURS.iter().any(|prefix| key.starts_with(prefix));
        let is_sum = key.starts_with(SUMS);
        (is_ours || is_usage) && !is_sum && !knows(key) && !contents::holds(key)
    };
    let mut keys: Vec<CompactString> = span
        .attributes
        .iter()
        .filter(|(key, value)| is_unread(key, value))
        .map(|(key, _)| key.clone())
        .collect();
    keys.sort_unstable();
    keys.truncate(MOST_UNREAD);
    keys
}

/// Source of a value.
#[derive(Default)]
struct Source {
    key: Option<CompactString>,
    rule: Option<Cow<'static, str>>,
}

impl Source {
    fn rule(rule: impl Into<Cow<'static, str>>) -> Self {
        Self { key: None, rule: Some(rule.into()) }
    }

    fn keyed(key: impl Into<CompactString>, rule: impl Into<Cow<'static, str>>) -> Self {
        Self { key: Some(key.into()), rule: Some(rule.into()) }
    }

    fn copied(key: &'static str) -> Self {
        Self { key: Some(CompactString::const_new(key)), rule: None }
    }
}

/// The lines so far, and the data behind them.
struct Lines<'a> {
    slots: Slots<'a>,
    read: &'a Canonical,
    lines: Vec<LensLine>,
}

impl<'a> Lines<'a> {
    /// Adds a line. The other keys of `fields` on the span are listed as passed over.
    fn add(&mut self, name: &str, value: impl Into<String>, source: Source, fields: &[Field]) {
        let passed_over = passed_over(self.slots.span, fields, source.key.as_deref());
        self.lines.push(LensLine {
            field: name.into(),
            value: value.into(),
            key: source.key,
            passed_over,
            rule: source.rule,
        });
    }

    /// Adds a name or id. Its source is the field's slot, otherwise the result of `otherwise`, otherwise the
    /// adapter.
    fn label(
        &mut self,
        name: &str,
        value: &Option<CompactString>,
        field: Field,
        otherwise: impl FnOnce(&Slots<'a>, &str) -> Option<Source>,
    ) {
        let Some(value) = value.as_deref() else { return };
        let source = match (self.slots.key(field), self.slots.label(field)) {
            (Some(key), Some(sent)) if sent == value => Source::copied(key),
            _ => otherwise(&self.slots, value).unwrap_or_else(|| by_the_adapter(self.slots.span, value)),
        };
        self.add(name, value, source, &[field]);
    }

    /// Adds lines for the kind, the signal, the meeting and the convention.
    fn what(&mut self) {
        let read = self.read;
        names::kind(self);
        let source = match self.slots.key(Field::Signal) {
            Some(key) => Source::keyed(key, "made from a record of another signal"),
            None if read.signal == Signal::Span => Source::rule("a span as it was sent"),
            None => Source::rule(BY_THE_ADAPTER),
        };
        self.add("signal", read.signal.as_str(), source, &[Field::Signal]);
        if let Some(meeting) = read.meeting {
            let source = Source::rule("by the adapter: connects the records of its session across signals");
            self.add("meeting", format!("{:016x}", meeting.number()), source, &[]);
        }
        if !read.convention.is_empty() {
            let source = Source::rule("the adapter that claims the span");
            self.add("convention", read.convention.as_str(), source, &[]);
        }
    }
}

/// Keys of the fields that are on the span with a usable value, except the chosen key.
fn passed_over(span: &Span, fields: &[Field], taken: Option<&str>) -> Vec<CompactString> {
    let usable = |field: &Field, key: &str| {
        span.attributes.get(key).is_some_and(|value| match field.class() {
            Class::Text => text::label(value).is_some(),
            Class::Count => number::count(value).is_ok(),
            Class::Any => !matches!(value, Value::Null),
        })
    };
    let keys = fields.iter().flat_map(|field| field.keys().iter().map(move |key| (field, *key)));
    keys.filter(|(field, key)| Some(*key) != taken && usable(field, key))
        .map(|(_, key)| CompactString::const_new(key))
        .collect()
}

/// The source of a value without a slot, which may be in the span's name.
fn by_the_adapter(span: &Span, value: &str) -> Source {
    match span.name.contains(value) {
        true => Source::rule("by the adapter, as in the span's name"),
        false => Source::rule(BY_THE_ADAPTER),
    }
}
