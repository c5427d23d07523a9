//! An event under construction, with an active recorder.

use quipu_core::{Clock as _, Level};

use crate::clock::ticks;
use crate::local::{self, Local};
use crate::open::{Notes, Open};
use crate::wire::{EVENT, Head, Key, level_number};
use crate::{Bound, Context, Field, Recorder};

/// An event under construction. [`Draft::send`] records it. There is no draft without a recorder.
#[derive(Debug)]
pub(crate) struct Draft {
    open: Box<Open>,
    level: Level,
}

impl Draft {
    /// Starts an event in `context` now, with the context's trace, span and bound values.
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
        if let Some(clock) = &recorder.config().clock {
            open.writer.int(Key::CLOCK_START, clock.now().nanos());
        }
        Some(Self { open, level })
    }

    /// Its recorder.
    pub fn recorder(&self) -> Recorder {
        self.open.recorder
    }

    /// Bound values of its context.
    pub fn bound(&self) -> Option<&Bound> {
        self.open.held.as_deref().map(|held| held.bound())
    }

    /// Replaces the level.
    pub fn level(&mut self, level: Level) {
        self.level = level;
        let head = head(&self.open, level);
        self.open.writer.head(&head);
    }

    /// Moves the event to another context of the same recorder.
    pub fn move_to(&mut self, context: &Context) {
        self.open.place = context.at.place;
        self.open.held.clone_from(&context.at.held);
        self.level(self.level);
    }

    /// Adds an attribute; a later value of the same key replaces an earlier one.
    pub fn attribute(&mut self, key: &str, value: &Field<'_>) {
        self.open.writer.named(key, value);
    }

    /// Sets the name of another instrumentation as scope.
    pub fn scope(&mut self, name: &'static str) {
        self.open.writer.text(Key::SCOPE, name);
    }

    /// Sets the body.
    pub fn body(&mut self, body: &Field<'_>) {
        self.open.writer.value(Key::BODY, body);
    }

    /// Records the event. A dropped draft records nothing.
    pub fn send(self) {
        self.open.send();
    }

    /// Discards the event and keeps its memory for the next one.
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
