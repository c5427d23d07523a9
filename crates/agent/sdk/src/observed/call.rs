//! One call of a function with `#[quipu::observe]`.

use std::fmt::{Arguments, Display};
use std::time::Instant;

use quipu_core::Level;

use super::{Failure, Measured, Site};
use crate::{Context, Entered, Field, FutureExt, InContext, Recorder, Span};

/// Most bytes of a formatted value; the rest is cut.
const LONGEST: usize = 64 << 10;

/// A call of a function, from its start to [`Observed::finish`]. An early drop means a panic or a
/// cancellation.
#[derive(Debug)]
pub struct Observed {
    site: &'static Site,
    /// `None` without a recorder, and after the end.
    live: Option<Live>,
}

#[derive(Debug)]
struct Live {
    guard: Span,
    recorder: Recorder,
    started: Instant,
}

impl Observed {
    pub(super) fn nothing(site: &'static Site) -> Self {
        Self { site, live: None }
    }

    pub(super) fn new(site: &'static Site, guard: Span, recorder: Recorder) -> Self {
        Self { site, live: Some(Live { guard, recorder, started: Instant::now() }) }
    }

    /// Whether the call is recorded.
    #[inline]
    pub fn is_recording(&self) -> bool {
        self.live.is_some()
    }

    /// Records a value with its type.
    pub fn field<T: Measured + ?Sized>(&mut self, key: &str, value: &T) {
        if let Some(value) = value.measured() {
            self.set(key, value);
        }
    }

    /// Records a formatted value.
    pub fn shown(&mut self, key: &str, value: Arguments<'_>) {
        if self.is_recording() {
            let mut text = value.to_string();
            text.truncate(text.floor_char_boundary(LONGEST));
            self.set(key, text.into());
        }
    }

    pub(super) fn set(&mut self, key: &str, value: Field<'_>) {
        if let Some(live) = &mut self.live {
            live.guard.set(key, value);
        }
    }

    /// The context in the call.
    pub fn context(&self) -> Context {
        self.live.as_ref().map_or_else(Context::current, |live| live.guard.context())
    }

    /// Makes the call the parent of the thread's spans until the returned guard is dropped.
    pub fn enter(&self) -> Option<Entered> {
        self.live.as_ref().map(|live| live.guard.context().enter())
    }

    /// Records the return of the function.
    pub fn finish(mut self, failure: Option<Failure<'_>>) {
        let Some(mut live) = self.live.take() else { return };
        match failure {
            None => live.tell(self.site, "function.complete", self.site.level, None, &""),
            Some(failure) => {
                let message: &dyn Display = failure.message.unwrap_or(&"");
                live.guard.error(failure.kind, message);
                live.fail(self.site, failure.kind, message);
            }
        }
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        let Some(mut live) = self.live.take() else { return };
        if std::thread::panicking() {
            // The guard itself records the panic on the span.
            live.fail(self.site, "panic", &"the function panicked");
        } else {
            live.guard.cancelled();
            live.tell(self.site, "function.cancel", self.site.level, Some("cancelled"), &"");
        }
    }
}

impl Live {
    fn fail(&mut self, site: &'static Site, kind: &str, message: &dyn Display) {
        site.meters(self.recorder).errors.add(1);
        self.tell(site, "function.fail", site.level.max(Level::Error), Some(kind), message);
    }

    /// Counts the call and records its event.
    fn tell(
        &mut self,
        site: &'static Site,
        name: &str,
        level: Level,
        error: Option<&str>,
        body: &dyn Display,
    ) {
        let seconds = self.started.elapsed().as_secs_f64();
        let meters = site.meters(self.recorder);
        let context = self.guard.context();
        let event = context.event_at(level, name);
        if site.has_event && event.is_recording() {
            let event = event.attribute("function", site.name).attribute("code.function.name", site.path);
            let event = event.attribute("duration_seconds", seconds);
            let event = match error {
                Some(kind) => event.attribute("error.type", kind).body(body.to_string()),
                None => event,
            };
            event.emit();
        }
        // Recorded in the span, so an exemplar refers to it.
        let _within = context.enter();
        meters.calls.add(1);
        meters.duration.record(seconds);
        if let Some(named) = &meters.named {
            named.record(seconds);
        }
    }
}

/// Calls a function's body. As an argument, the closure is `FnOnce` and can return captured values.
#[inline]
pub fn call<T>(body: impl FnOnce() -> T) -> T {
    body()
}

/// Gives a body its type; it never runs.
pub fn never<T>() -> T {
    loop {
        std::thread::park();
    }
}

/// Polls a function's body in the call.
pub fn within<F: Future>(observed: &Observed, body: F) -> InContext<F> {
    body.in_context(observed.context())
}
