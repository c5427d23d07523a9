//! Slots: the most trusted value of each field, filled in one pass over a span's attributes.

use std::collections::HashMap;
use std::sync::LazyLock;

use compact_str::{CompactString, format_compact};
use foldhash::fast::FixedState;
use quipu_core::{Attributes, Span, Value};
use quipu_semconv::quipu::UNITS_PREFIX;
use quipu_semconv::{Class, FIELDS, FRAMEWORK_ATTRIBUTES, Field, USAGE_PREFIXES};

use crate::{named, number, text};

/// Maximum number of notes of one span.
const MOST_NOTES: usize = 16;
/// Maximum number of units besides tokens that are read from one span.
const MOST_UNITS: usize = 16;
/// Fields that a resource may set for all of its spans.
const OF_RESOURCE: [Field; 5] = [Field::Project, Field::Commit, Field::Branch, Field::Billing, Field::Run];
/// Maximum number of unknown usage keys that are listed for one span.
const MOST_UNKNOWN: usize = 16;

#[derive(Clone, Copy)]
enum Target {
    Field(Field, Class, u8),
    Framework(&'static str, &'static str),
}

struct Index {
    targets: HashMap<&'static str, Target, FixedState>,
    longest: usize,
    /// First bytes of the fields' resource keys. Few other keys start with them, so the check skips most
    /// keys.
    of_resource: [bool; 256],
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut targets = HashMap::with_hasher(FixedState::default());
    for (field, class, keys) in FIELDS {
        for (rank, key) in keys.iter().enumerate() {
            targets.insert(*key, Target::Field(*field, *class, u8::try_from(rank).unwrap_or(u8::MAX)));
        }
    }
    for (key, value, framework) in FRAMEWORK_ATTRIBUTES {
        targets.entry(*key).or_insert(Target::Framework(value, framework));
    }
    let longest = targets.keys().map(|key| key.len()).max().unwrap_or(0);
    let mut of_resource = [false; 256];
    for key in OF_RESOURCE.iter().flat_map(|field| field.keys()) {
        of_resource[usize::from(key.as_bytes()[0])] = true;
    }
    Index { targets, longest, of_resource }
});

/// Whether a value is the word. Langfuse writes it as JSON, in quotes.
pub(crate) fn is_word(value: &Value, word: &str) -> bool {
    value.as_str().is_some_and(|text| text.trim_matches('"') == word)
}

#[derive(Clone, Copy)]
struct Slot<'a> {
    value: Option<&'a Value>,
    rank: u8,
}

/// The value of a field that may come from the resource, with its key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldValue<'a> {
    pub(crate) key: &'static str,
    pub(crate) value: &'a Value,
    pub(crate) on_resource: bool,
}

/// The most trusted usable value of every field of one span.
///
/// Empty texts, placeholders and invalid counts (negative, not a number) are skipped in favour of the next
/// spelling. An invalid count also leaves a note.
pub struct Slots<'a> {
    /// The span.
    pub span: &'a Span,
    slots: [Slot<'a>; Field::COUNT],
    of_resource: [Slot<'a>; OF_RESOURCE.len()],
    units: Vec<(&'a str, u64)>,
    /// Parts of the usage under keys that no table has.
    named: [Option<(&'a str, u64)>; named::PARTS.len()],
    /// The amount under a key about the cost of a call that no table has; `None` within if several differ.
    cost: Option<Option<&'a Value>>,
    framework: Option<&'static str>,
    notes: Vec<CompactString>,
    unknown_usage: Vec<CompactString>,
}

/// Whether a table contains the key.
pub fn knows(key: &str) -> bool {
    INDEX.targets.contains_key(key)
}

impl<'a> Slots<'a> {
    /// Reads a span's attributes.
    pub fn of(span: &'a Span) -> Self {
        let mut slots = Self {
            span,
            slots: [Slot { value: None, rank: u8::MAX }; Field::COUNT],
            of_resource: [Slot { value: None, rank: u8::MAX }; OF_RESOURCE.len()],
            units: Vec::new(),
            named: [None; named::PARTS.len()],
            cost: None,
            framework: None,
            notes: Vec::new(),
            unknown_usage: Vec::new(),
        };
        slots.fill(&span.attributes);
        slots.fill_of_resource(&span.resource.attributes);
        slots
    }

    /// The value of a field.
    pub fn get(&self, field: Field) -> Option<&'a Value> {
        self.slots[field as usize].value
    }

    /// The value of a field, if it is text.
    pub fn text(&self, field: Field) -> Option<&'a str> {
        self.get(field).and_then(Value::as_str)
    }

    /// The value of a field as a name or id.
    pub fn label(&self, field: Field) -> Option<CompactString> {
        self.get(field).and_then(text::label)
    }

    /// The value of a field as a count.
    pub fn count(&self, field: Field) -> Option<u64> {
        self.get(field).and_then(|value| number::count(value).ok())
    }

    /// The key that a field's value came from.
    pub fn key(&self, field: Field) -> Option<&'static str> {
        let slot = self.slots[field as usize];
        slot.value.and_then(|_| field.keys().get(usize::from(slot.rank)).copied())
    }

    /// The value of a field that a resource may set too, by the most trusted key. If both have that key, the
    /// span's value wins.
    pub(crate) fn found(&self, field: Field) -> Option<FieldValue<'a>> {
        let own = self.slots[field as usize];
        let at = OF_RESOURCE.iter().position(|known| *known == field)?;
        let on_resource = self.of_resource[at].rank < own.rank;
        let slot = if on_resource { self.of_resource[at] } else { own };
        let key = field.keys().get(usize::from(slot.rank)).copied()?;
        Some(FieldValue { key, value: slot.value?, on_resource })
    }

    /// Units besides tokens under Quipu's own keys.
    pub(crate) fn units(&self) -> &[(&'a str, u64)] {
        &self.units
    }

    /// A part of the usage under a key that no table has, with the key.
    pub(crate) fn named(&self, part: Field) -> Option<(&'a str, u64)> {
        let at = named::PARTS.iter().position(|known| *known == part)?;
        self.named[at]
    }

    /// The cost of a call under a key that no table has.
    pub(crate) fn named_cost(&self) -> Option<&'a Value> {
        self.cost.flatten()
    }

    /// The framework according to the attributes.
    pub fn framework(&self) -> Option<&'static str> {
        self.framework
    }

    /// Notes on unreadable values so far.
    pub fn notes(&self) -> &[CompactString] {
        &self.notes
    }

    /// Keys whose names suggest usage and that no table has, 16 at most.
    pub fn unknown_usage(&self) -> &[CompactString] {
        &self.unknown_usage
    }

    fn fill(&mut self, attributes: &'a Attributes) {
        let index = &*INDEX;
        for (key, value) in attributes {
            let target = if key.len() > index.longest { None } else { index.targets.get(key.as_str()) };
            match target {
                None => self.miss(key, value),
                Some(Target::Field(field, class, rank)) => self.offer(*field, *class, *rank, key, value),
                Some(Target::Framework(wanted, framework)) if wanted.is_empty() || is_word(value, wanted) => {
                    self.framework.get_or_insert(framework);
                }
                Some(Target::Framework(..)) => {}
            }
        }
    }

    fn fill_of_resource(&mut self, attributes: &'a Attributes) {
        let index = &*INDEX;
        for (key, value) in attributes {
            let first = key.as_bytes().first().copied().unwrap_or(0);
            if !index.of_resource[usize::from(first)] {
                continue;
            }
            let Some(Target::Field(field, _, rank)) = index.targets.get(key.as_str()) else { continue };
            let Some(at) = OF_RESOURCE.iter().position(|known| known == field) else { continue };
            let slot = &mut self.of_resource[at];
            if *rank < slot.rank && text::label(value).is_some() {
                *slot = Slot { value: Some(value), rank: *rank };
            }
        }
    }

    fn miss(&mut self, key: &'a CompactString, value: &'a Value) {
        let is_figure = matches!(value, Value::Int(_) | Value::Double(_));
        if is_figure && named::is_cost(key) {
            let is_same = |known: &Option<&Value>| known.is_some_and(|known| known == value);
            self.cost = Some(Some(value).filter(|_| self.cost.as_ref().is_none_or(is_same)));
        }
        if let (true, Some(unit)) = (is_figure, key.strip_prefix(UNITS_PREFIX)) {
            let count = number::count(value).ok().filter(|count| *count > 0 && !unit.is_empty());
            self.units.extend(count.filter(|_| self.units.len() < MOST_UNITS).map(|count| (unit, count)));
        }
        if !is_figure || !USAGE_PREFIXES.iter().any(|prefix| key.starts_with(prefix)) {
            return;
        }
        let part = named::part(key).and_then(|part| named::PARTS.iter().position(|known| *known == part));
        if let Some((part, count)) = part.zip(number::count(value).ok()) {
            self.named[part].get_or_insert((key, count));
        } else if self.unknown_usage.len() < MOST_UNKNOWN {
            self.unknown_usage.push(key.clone());
        }
    }

    fn offer(&mut self, field: Field, class: Class, rank: u8, key: &str, value: &'a Value) {
        let usable = match class {
            Class::Any => !matches!(value, Value::Null),
            Class::Text => match value {
                Value::String(text) => !text::is_missing(text),
                other => matches!(other, Value::Int(_)),
            },
            Class::Count => self.is_count(key, value),
        };
        let slot = &mut self.slots[field as usize];
        // Some sources write zero under one spelling, and the figure under another.
        let is_zero = |value: &Value| class == Class::Count && number::count(value) == Ok(0);
        let is_better = match slot.value {
            Some(known) if is_zero(known) != is_zero(value) => is_zero(known),
            _ => rank < slot.rank,
        };
        if usable && is_better {
            *slot = Slot { value: Some(value), rank };
        }
    }

    fn is_count(&mut self, key: &str, value: &Value) -> bool {
        match number::count(value) {
            Ok(_) => true,
            Err(_) if matches!(value, Value::Null) => false,
            Err(why) => {
                if self.notes.len() < MOST_NOTES {
                    self.notes.push(format_compact!("{key} {}: omitted", why.words()));
                }
                false
            }
        }
    }
}
