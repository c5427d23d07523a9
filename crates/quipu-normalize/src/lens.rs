//! How a span was read: for every canonical value the attribute that gave it, those passed over, and the rule.

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

/// What is said of a value that no slot explains.
const BY_THE_ADAPTER: &str = "by the adapter";
/// How keys begin that should be in a table.
const OURS: &[&str] = &["gen_ai.", "llm.", "ai.usage.", "ai.model.", "ai.response.", "ai.settings."];
/// How keys begin that hold sums of other spans' usage, which nothing should read.
const SUMS: &str = "gen_ai.aggregated_usage.";
/// Most keys that are named as unread.
const MOST_UNREAD: usize = 64;

/// How `read` came from the span. Values that adapters set, and no attribute's slot explains, say so.
///
/// Of messages, prompts, arguments and results only the size is told, whatever key they came in.
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

/// Says where an adapter found a value that no slot explains. A line that a slot explains stays as it is.
pub fn explain(lens: &mut Lens, field: &str, key: &'static str, rule: &'static str) {
    let unexplained = |line: &&mut LensLine| line.field == field && line.key.is_none();
    if let Some(line) = lens.lines.iter_mut().find(unexplained) {
        line.key = Some(CompactString::const_new(key));
        line.rule = Some(rule.into());
    }
}

/// Keys of the conventions' own that no table knows, and unknown usage; in order, 64 at most.
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

/// Where a value comes from.
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

/// The lines so far, and what they are told from.
struct Lines<'a> {
    slots: Slots<'a>,
    read: &'a Canonical,
    lines: Vec<LensLine>,
}

impl<'a> Lines<'a> {
    /// Adds a line; `fields` are those whose other keys were passed over.
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

    /// Adds a name or id: copied from its field's slot, else as `otherwise` tells, else by the adapter.
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

    /// The kind, the signal, where signals meet, the convention.
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
            let source = Source::rule("by the adapter: records of its session by any signal meet here");
            self.add("meeting", format!("{:016x}", meeting.number()), source, &[]);
        }
        if !read.convention.is_empty() {
            let source = Source::rule("the adapter that claims the span");
            self.add("convention", read.convention.as_str(), source, &[]);
        }
    }
}

/// Keys of the fields that are on the span with a usable value, other than the one that was taken.
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

/// No slot explains the value; the span's name may.
fn by_the_adapter(span: &Span, value: &str) -> Source {
    match span.name.contains(value) {
        true => Source::rule("by the adapter, as in the span's name"),
        false => Source::rule(BY_THE_ADAPTER),
    }
}
