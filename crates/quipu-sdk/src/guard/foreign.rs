//! Spans that another instrumentation speaks for, and what bridges to it can say through `&mut`.

use quipu_core::{SpanKind, Status};

use super::live::Live;
use crate::{Context, Field, Guard, Span};

impl Context {
    /// A span of another instrumentation, whose name becomes the scope's: it carries no kind of its own, so that the
    /// adapter of what made it reads it, and no mirror is told of it.
    #[inline]
    pub fn foreign(&self, scope: &'static str, name: &str) -> Span {
        Guard::of(Live::foreign(&self.at, scope, name))
    }

    /// This context outside of any span: what is recorded in it begins a new trace, with all that is bound.
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

    /// Gives it another name.
    #[inline]
    pub fn rename(&mut self, name: &str) {
        if let Some(live) = &mut self.live {
            live.rename(name);
        }
    }

    /// Which side of a request it stands on, as OpenTelemetry's span kind.
    #[inline]
    pub fn span_kind(&mut self, kind: SpanKind) {
        if let Some(live) = &mut self.live {
            live.span_kind(kind);
        }
    }

    /// How it ended, in OpenTelemetry's words. The message counts for [`Status::Error`] only; an empty one leaves what an
    /// earlier one said.
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
