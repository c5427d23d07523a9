//! An event from its name to its recording.

use std::fmt::Display;

use quipu_core::Level;
use quipu_semconv::{INPUT_MESSAGES, OUTPUT_MESSAGES, TOOL_ARGUMENTS, TOOL_RESULT};

use super::making::Making;
use super::private::{has_private_body, is_private};
use crate::{Content, Context, Field};

/// An event in the making. Nothing is recorded before [`EventBuilder::emit`]; trace and span ids and everything that the
/// context binds (session, user, correlation id, agent, workflow, framework, the user's data) are attached.
///
/// ```
/// use quipu_sdk::{Level, event};
///
/// event("order.placed").level(Level::Success).attribute("order.items", 3).body("shipped today").emit();
/// ```
#[derive(Debug)]
#[must_use = "an event is recorded by emit()"]
pub struct EventBuilder(Making);

/// Begins an event of this name at [`Level::Info`], in the current context.
#[inline]
pub fn event(name: &str) -> EventBuilder {
    EventBuilder(Making::begin(None, Level::Info, name, false))
}

/// Begins an event of this name and level, in the current context. Where the level is below what is recorded, nothing is
/// built from here on, and a later [`EventBuilder::level`] changes nothing.
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
    /// Whether anything will be recorded, as far as name and level tell: what is dear to compute can be left out where not.
    #[inline]
    pub fn is_recording(&self) -> bool {
        self.0.is_recording()
    }

    /// How grave it is. Where the level is below what is recorded, nothing is built from here on.
    #[inline]
    pub fn level(mut self, level: Level) -> Self {
        self.0.level(level);
        self
    }

    /// The context that it belongs to, in place of the current one. A context that records elsewhere gets what is said from
    /// here on.
    #[inline]
    pub fn in_context(mut self, context: &Context) -> Self {
        self.0.move_to(context);
        self
    }

    /// Says something of it under a key of the user's, or of OpenTelemetry's; a later value of a key replaces an earlier
    /// one. Keys of OpenTelemetry's for messages, and for arguments and results of tools, are recorded where full prompts are
    /// switched on.
    #[inline]
    pub fn attribute<'a>(mut self, key: &str, value: impl Into<Field<'a>>) -> Self {
        if self.0.takes_contents() || !is_private(key) {
            self.0.attribute(key, value.into());
        }
        self
    }

    /// What it says, for people. That of the types `llm.request`, `llm.response`, `tool.call` and `tool.result` is recorded
    /// where full prompts are switched on.
    #[inline]
    pub fn body<'a>(mut self, body: impl Into<Field<'a>>) -> Self {
        if self.0.takes_contents() || !has_private_body(self.0.name()) {
            self.0.body(body.into());
        }
        self
    }

    /// What a model or an agent was told; recorded where full prompts are switched on.
    pub fn input<'a>(self, content: impl Into<Content<'a>>) -> Self {
        self.content(INPUT_MESSAGES, "user", content.into())
    }

    /// What a model or an agent said; recorded where full prompts are switched on.
    pub fn output<'a>(self, content: impl Into<Content<'a>>) -> Self {
        self.content(OUTPUT_MESSAGES, "assistant", content.into())
    }

    /// What a tool was given; recorded where full prompts are switched on.
    pub fn arguments(self, json: &str) -> Self {
        self.attribute(TOOL_ARGUMENTS[0], json)
    }

    /// What a tool gave; recorded where full prompts are switched on.
    pub fn result(self, text: &str) -> Self {
        self.attribute(TOOL_RESULT[0], text)
    }

    /// An attribute whose text is put together only where somebody may keep it.
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

    /// Names the instrumentation that speaks, in place of this library: for bridges, once the context is known.
    pub fn scope(mut self, name: &'static str) -> Self {
        self.0.scope(name);
        self
    }

    /// Records it, unless a filter is against it.
    #[inline]
    pub fn emit(self) {
        self.0.emit();
    }
}
