//! A context: the current place in a trace, and the values that all records in it carry.

use std::marker::PhantomData;

use quipu_core::{SpanId, TraceId};

use crate::at::At;
use crate::bound::Bound;
use crate::mirror;
use crate::place::CurrentSpan;
use crate::recorder::{Recorder, any, global};

/// A place in a trace. It is cheap to clone and to send, so spans find their parents across tasks and
/// threads.
///
/// ```
/// use quipu_sdk::Context;
///
/// let agent = quipu_sdk::agent("planner");
/// let context = agent.context();
/// std::thread::spawn(move || context.scope(|| quipu_sdk::tool("search").end())); // a child of the agent
/// let mut headers: Vec<(String, String)> = Vec::new();
/// Context::current().inject(&mut headers);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Context {
    pub(crate) at: At,
}

/// The recorder of the current context, without a clone of the context.
#[inline]
pub(crate) fn recorder() -> Option<Recorder> {
    if any() { At::look(At::recorder).or_else(global) } else { None }
}

/// The current span, if its trace is sampled.
pub(crate) fn sampled_place() -> Option<(TraceId, SpanId)> {
    let place = At::look(At::place)?;
    place.sampled.then_some((place.trace_id, place.span_id))
}

impl Context {
    /// The current thread's context. Without one, new traces start in the installed recorder.
    #[inline]
    pub fn current() -> Self {
        Self { at: At::current() }
    }

    /// A context in which new traces start for `recorder`, independent of the current context.
    #[inline]
    pub fn root(recorder: Recorder) -> Self {
        Self { at: At::root(recorder) }
    }

    /// Moves this context into a span of another process, as its headers named it. That process's sampling
    /// decision applies, unless the recorder's sampler overrides it.
    #[must_use]
    #[inline]
    pub fn within(mut self, trace_id: TraceId, span_id: SpanId, sampled: bool) -> Self {
        self.at.set_place(Some(CurrentSpan { trace_id, span_id, sampled, remote: true }));
        self
    }

    /// Trace, span and sampling decision of the thread's entered context, for a [`crate::Mirror`].
    #[inline]
    pub fn entered_place() -> Option<(TraceId, SpanId, bool)> {
        At::look(At::place).map(|place| (place.trace_id, place.span_id, place.sampled))
    }

    /// Makes this the current thread's context until the returned guard is dropped. Asynchronous code uses
    /// [`crate::FutureExt::in_context`] instead, which enters at each poll.
    #[inline]
    pub fn enter(self) -> Entered {
        let place = self.at.place();
        let entered = Entered { before: self.at.replace(), _thread: PhantomData };
        if let Some(place) = place {
            mirror::tell(|mirror| mirror.entered(place.span_id));
        }
        entered
    }

    /// Runs `work` in this context.
    #[inline]
    pub fn scope<T>(&self, work: impl FnOnce() -> T) -> T {
        let _entered = self.clone().enter();
        work()
    }

    /// Trace id; `None` outside of any span.
    #[inline]
    pub fn trace_id(&self) -> Option<TraceId> {
        self.at.place().map(|place| place.trace_id)
    }

    /// Span id; `None` outside of any span.
    #[inline]
    pub fn span_id(&self) -> Option<SpanId> {
        self.at.place().map(|place| place.span_id)
    }

    /// Whether the trace is sampled; `None` outside of any span.
    #[inline]
    pub fn is_sampled(&self) -> Option<bool> {
        self.at.place().map(|place| place.sampled)
    }

    /// Values that all records in it carry.
    #[inline]
    pub fn bound(&self) -> Option<&Bound> {
        self.at.bound()
    }

    /// Its recorder.
    #[inline]
    pub fn recorder(&self) -> Option<Recorder> {
        self.at.recorder()
    }

    /// Changes bound values of this context and of contexts that are derived from it later.
    #[inline]
    pub fn change(&mut self, set: impl FnOnce(&mut Bound)) {
        self.at.change(set);
    }
}

/// Guard of an entered context. Guards have to be dropped in reverse order.
///
/// ```
/// let context = quipu_sdk::bind().session("s-1").context();
/// let entered = context.enter();
/// quipu_sdk::tool("search").end(); // a run of the session
/// drop(entered);
/// ```
#[derive(Debug)]
#[must_use = "the context is left as soon as this is dropped"]
pub struct Entered {
    before: At,
    /// The guard belongs to one thread.
    _thread: PhantomData<*const ()>,
}

impl Drop for Entered {
    #[inline]
    fn drop(&mut self) {
        let left = std::mem::take(&mut self.before).replace();
        if let Some(place) = left.place() {
            mirror::tell(|mirror| mirror.left(place.span_id));
        }
    }
}
