//! Spans of another instrumentation, and the `&mut` methods that bridges need.

use quipu_core::{SpanKind, Status};

use super::live::Live;
use crate::{Context, Field, Guard, Span};

impl Context {
    /// A span of another instrumentation, whose name becomes the scope. It has no kind, so the adapter for
    /// that instrumentation reads it. Mirrors are not notified.
    #[inline]
    pub fn foreign(&self, scope: &'static str, name: &str) -> Span {
        Guard::of(Live::foreign(&self.at, scope, name))
    }

    /// This context outside of any span: the next span in it starts a new trace, with all bound values.
    #[must_use]
    #[inline]
    pub fn outside(mut self) -> Self {
        self.at.set_place(None);
        self
    }
}

impl<K> Guard<K> {
    /// [`Guard::attribute`] through `&mut`.
    #[inline]
    pub fn set<'a>(&mut self, key: &str, value: impl Into<Field<'a>>) {
        if let Some(live) = &mut self.live {
            live.attribute(key, &value.into());
        }
    }

    /// Changes the name.
    #[inline]
    pub fn rename(&mut self, name: &str) {
        if let Some(live) = &mut self.live {
            live.rename(name);
        }
    }

    /// Sets OpenTelemetry's span kind, such as client or server.
    #[inline]
    pub fn span_kind(&mut self, kind: SpanKind) {
        if let Some(live) = &mut self.live {
            live.span_kind(kind);
        }
    }

    /// Sets OpenTelemetry's status. The message applies to [`Status::Error`] only; an empty message keeps an
    /// earlier one.
    #[inline]
    pub fn status(&mut self, status: Status, message: &str) {
        if let Some(live) = &mut self.live {
            live.status(status, message);
        }
    }

    /// [`Guard::link`] through `&mut`.
    #[inline]
    pub fn follows(&mut self, earlier: &Context) {
        self.update(|guard| guard.link(earlier));
    }
}
