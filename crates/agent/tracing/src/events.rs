//! Conversion of `tracing` events into structured events.

use quipu_core::Level;
use quipu_sdk::{Context, EventBuilder, Field as Attribute};
use tracing::field::Field;
use tracing::{Event, Metadata};
use tracing_log::NormalizeEvent;

use crate::Selection;
use crate::content::{is_content, is_full};
use crate::source::{SCOPE, say_location};
use crate::visit::{Sink, Visitor};

/// Prefix of `tracing`'s names for unnamed events.
const UNNAMED: &str = "event ";

/// Fields that set a level which `tracing` lacks.
const LEVEL_FIELDS: [&str; 2] = ["quipu.level", "level"];

/// Records a selected event in `place`, with its location in the code if `location`. Returns the text of a
/// failure.
pub(crate) fn record(
    selection: &Selection,
    location: bool,
    event: &Event<'_>,
    place: &Context,
) -> Option<String> {
    let normalized = event.normalized_metadata();
    let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
    let least = place.recorder()?.config().level;
    let says_level = || metadata.fields().iter().any(|field| LEVEL_FIELDS.contains(&field.name()));
    if !selection.wants(metadata) || (level_of(*metadata.level()) < least && !says_level()) {
        return None;
    }
    let mut fields = EventFields::new(place, metadata, normalized.is_some());
    event.record(&mut Visitor(&mut fields));
    if location {
        say_location(metadata, |key, value| fields.say(key, value));
    }
    fields.finish()
}

/// Writer of fields into an event.
struct EventFields {
    event: Option<EventBuilder>,
    level: Level,
    full: bool,
    /// Whether it came from `log`, whose own fields are in the metadata.
    from_log: bool,
    failure: Option<String>,
}

impl EventFields {
    fn new(place: &Context, metadata: &Metadata<'_>, from_log: bool) -> Self {
        let name = Some(metadata.name()).filter(|name| !from_log && !name.starts_with(UNNAMED));
        let event = place.event(name.unwrap_or_default()).scope(SCOPE).attribute("target", metadata.target());
        let level = level_of(*metadata.level());
        Self { event: Some(event), level, full: is_full(place), from_log, failure: None }
    }

    fn say(&mut self, key: &str, value: Attribute<'_>) {
        self.event = self.event.take().map(|event| event.attribute(key, value));
    }

    /// Keeps the text of a failure; the message takes precedence over the error.
    fn fail_with(&mut self, text: &str) {
        if self.level >= Level::Error && self.failure.is_none() {
            self.failure = Some(text.to_owned());
        }
    }

    fn finish(mut self) -> Option<String> {
        if let Some(event) = self.event.take() {
            event.level(self.level).emit();
        }
        (self.level >= Level::Error).then(|| self.failure.take().unwrap_or_default())
    }
}

impl Sink for EventFields {
    fn put(&mut self, field: &Field, value: Attribute<'_>) {
        let name = field.name();
        let hidden = (self.from_log && name.starts_with("log.")) || !self.wants(name);
        if !hidden {
            self.say(name, value);
        }
    }

    fn text(&mut self, field: &Field, text: &str) {
        match field.name() {
            "message" => {
                self.fail_with(text);
                self.event = self.event.take().map(|event| event.body(text));
            }
            "quipu.level" | "level" => match level_named(text, field.name() == "quipu.level") {
                Some(level) => self.level = level,
                None => self.put(field, Attribute::Text(text)),
            },
            name => {
                if name == "error" {
                    self.fail_with(text);
                }
                self.put(field, Attribute::Text(text));
            }
        }
    }

    fn wants(&self, name: &str) -> bool {
        self.full || !is_content(name)
    }
}

fn level_of(level: tracing::Level) -> Level {
    match level {
        tracing::Level::TRACE => Level::Trace,
        tracing::Level::DEBUG => Level::Debug,
        tracing::Level::INFO => Level::Info,
        tracing::Level::WARN => Level::Warning,
        tracing::Level::ERROR => Level::Error,
    }
}

/// Level by its name. A field named `level` may be custom, so only the two levels that `tracing` lacks count
/// there.
fn level_named(word: &str, any: bool) -> Option<Level> {
    let level = Level::ALL.into_iter().find(|level| word.eq_ignore_ascii_case(level.as_str()))?;
    (any || matches!(level, Level::Success | Level::Critical)).then_some(level)
}
