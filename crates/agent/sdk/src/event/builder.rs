//! Builder of events.

use std::fmt::Display;

use quipu_core::Level;
use quipu_semconv::{INPUT_MESSAGES, OUTPUT_MESSAGES, TOOL_ARGUMENTS, TOOL_RESULT};

use super::making::Making;
use super::private::{has_private_body, is_private};
use crate::{Content, Context, Field};

/// Builder of an event. [`EventBuilder::emit`] records it. The event carries trace and span ids and all bound
/// values: session, user, correlation id, agent, workflow, framework, custom data.
///
/// ```
/// use quipu_sdk::{Level, event};
///
/// event("order.placed").level(Level::Success).attribute("order.items", 3).body("shipped today").emit();
/// ```
#[derive(Debug)]
#[must_use = "an event is recorded by emit()"]
pub struct EventBuilder(Making);

/// Starts an event with this name at [`Level::Info`] in the current context.
///
/// ```
/// quipu_sdk::event("order.placed").attribute("order.items", 3).emit();
/// ```
#[inline]
pub fn event(name: &str) -> EventBuilder {
    EventBuilder(Making::begin(None, Level::Info, name, false))
}

/// Starts an event with this name and level in the current context. If the level is below the recorded
/// minimum, the builder stays empty, and a later [`EventBuilder::level`] changes nothing.
///
/// ```
/// use quipu_sdk::{Level, event_at};
///
/// event_at(Level::Warning, "order.delayed").attribute("order.items", 3).emit();
/// ```
#[inline]
pub fn event_at(level: Level, name: &str) -> EventBuilder {
    EventBuilder(Making::begin(None, level, name, true))
}

impl Context {
    /// [`event`] in this context.
    #[inline]
    pub fn event(&self, name: &str) -> EventBuilder {
        EventBuilder(Making::begin(Some(self), Level::Info, name, false))
    }

    /// [`event_at`] in this context.
    #[inline]
    pub fn event_at(&self, level: Level, name: &str) -> EventBuilder {
        EventBuilder(Making::begin(Some(self), level, name, true))
    }
}

impl EventBuilder {
    /// Whether the event will be recorded, by its name and level. The caller can skip expensive values
    /// otherwise.
    #[inline]
    pub fn is_recording(&self) -> bool {
        self.0.is_recording()
    }

    /// Sets the level. If it is below the recorded minimum, the builder becomes empty.
    #[inline]
    pub fn level(mut self, level: Level) -> Self {
        self.0.level(level);
        self
    }

    /// Replaces the current context. A context with another recorder only gets the values that are set after
    /// this call.
    #[inline]
    pub fn in_context(mut self, context: &Context) -> Self {
        self.0.move_to(context);
        self
    }

    /// Adds an attribute under a custom key or a key of OpenTelemetry; a later value replaces an earlier one.
    /// OpenTelemetry's keys for messages, and for arguments and results of tools, require full prompt
    /// logging.
    #[inline]
    pub fn attribute<'a>(mut self, key: &str, value: impl Into<Field<'a>>) -> Self {
        if self.0.takes_contents() || !is_private(key) {
            self.0.attribute(key, value.into());
        }
        self
    }

    /// Sets the text for people. The types `llm.request`, `llm.response`, `tool.call` and `tool.result`
    /// require full prompt logging for it.
    #[inline]
    pub fn body<'a>(mut self, body: impl Into<Field<'a>>) -> Self {
        if self.0.takes_contents() || !has_private_body(self.0.name()) {
            self.0.body(body.into());
        }
        self
    }

    /// Input of a model or an agent; requires full prompt logging.
    pub fn input<'a>(self, content: impl Into<Content<'a>>) -> Self {
        self.content(INPUT_MESSAGES, "user", content.into())
    }

    /// Output of a model or an agent; requires full prompt logging.
    pub fn output<'a>(self, content: impl Into<Content<'a>>) -> Self {
        self.content(OUTPUT_MESSAGES, "assistant", content.into())
    }

    /// Arguments of a tool; requires full prompt logging.
    pub fn arguments(self, json: &str) -> Self {
        self.attribute(TOOL_ARGUMENTS[0], json)
    }

    /// Result of a tool; requires full prompt logging.
    pub fn result(self, text: &str) -> Self {
        self.attribute(TOOL_RESULT[0], text)
    }

    /// Adds an attribute; its text is formatted only if the event can still be recorded.
    pub(crate) fn text(mut self, key: &str, text: impl Display) -> Self {
        if self.0.listens() {
            self.0.attribute(key, text.to_string().into());
        }
        self
    }

    fn content(mut self, key: &str, role: &str, content: Content<'_>) -> Self {
        if self.0.takes_contents() {
            self.0.attribute(key, content.to_messages(role).into());
        }
        self
    }

    /// Names the instrumentation of the event, in place of this library. A bridge calls it once the context
    /// is known.
    pub fn scope(mut self, name: &'static str) -> Self {
        self.0.scope(name);
        self
    }

    /// Records the event, unless a filter rejects it.
    #[inline]
    pub fn emit(self) {
        self.0.emit();
    }
}
