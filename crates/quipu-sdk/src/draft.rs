//! An event in the making: the way in for events.

use quipu_core::Level;

use crate::clock::ticks;
use crate::local::{self, Local};
use crate::open::{Notes, Open};
use crate::wire::{EVENT, Head, Key, level_number};
use crate::{Bound, Context, Field, Recorder};

/// An event in the making; nothing is recorded until [`Draft::send`]. Where nobody records there is none.
#[derive(Debug)]
pub(crate) struct Draft {
    open: Box<Open>,
    level: Level,
}

impl Draft {
    /// Begins an event in `context`, at this moment: the context's trace, span and bound values are attached.
    pub fn begin(context: &Context, level: Level, name: &str) -> Option<Self> {
        let at = &context.at;
        let recorder = at.recorder?;
        let mut open = local::with(Local::take).flatten().unwrap_or_else(|| Open::new(recorder));
        open.recorder = recorder;
        open.place = at.place;
        open.held.clone_from(&at.held);
        open.notes = Notes::default();
        open.start = ticks();
        let head = head(&open, level);
        open.writer.begin(&head, false);
        open.writer.text(Key::NAME, name);
        Some(Self { open, level })
    }

    /// The recorder that it goes to.
    pub fn recorder(&self) -> Recorder {
        self.open.recorder
    }

    /// What its context binds.
    pub fn bound(&self) -> Option<&Bound> {
        self.open.held.as_deref().map(|held| held.bound())
    }

    /// Another level than the one it began with.
    pub fn level(&mut self, level: Level) {
        self.level = level;
        let head = head(&self.open, level);
        self.open.writer.head(&head);
    }

    /// Another place of the same recorder than the one it began in.
    pub fn move_to(&mut self, context: &Context) {
        self.open.place = context.at.place;
        self.open.held.clone_from(&context.at.held);
        self.level(self.level);
    }

    /// Appends an attribute; a later value of the same key replaces an earlier one.
    pub fn attribute(&mut self, key: &str, value: &Field<'_>) {
        self.open.writer.named(key, value);
    }

    /// Another instrumentation's name, whose event it is.
    pub fn scope(&mut self, name: &'static str) {
        self.open.writer.text(Key::SCOPE, name);
    }

    /// What the event says.
    pub fn body(&mut self, body: &Field<'_>) {
        self.open.writer.value(Key::BODY, body);
    }

    /// Records it. Dropping it instead records nothing.
    pub fn send(self) {
        self.open.send();
    }

    /// Records nothing, and keeps its memory for the next one.
    pub fn discard(self) {
        local::with(|local| local.keep(self.open));
    }
}

fn head(open: &Open, level: Level) -> Head {
    Head {
        what: EVENT,
        kind: level_number(level),
        sampled: true,
        start: open.start,
        trace_id: open.place.map(|place| place.trace_id),
        span_id: open.place.map(|place| place.span_id),
        parent_id: None,
    }
}
