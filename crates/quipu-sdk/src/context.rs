//! Where in which trace the code stands, and what belongs to everything recorded there.

use std::marker::PhantomData;

use quipu_core::{SpanId, TraceId};

use crate::at::At;
use crate::bound::Bound;
use crate::mirror;
use crate::place::Place;
use crate::recorder::{Recorder, any, global};

/// A place in a trace. Cheap to clone and to send: it is how spans find their parents across tasks and threads.
#[derive(Debug, Clone, Default)]
pub struct Context {
    pub(crate) at: At,
}

/// The recorder of the current context, without the cost of the context.
#[inline]
pub(crate) fn recorder() -> Option<Recorder> {
    if any() { At::look(At::recorder).or_else(global) } else { None }
}

/// The span that the current context stands in, if it is kept in full.
pub(crate) fn sampled_place() -> Option<(TraceId, SpanId)> {
    let place = At::look(At::place)?;
    place.sampled.then_some((place.trace_id, place.span_id))
}

impl Context {
    /// The current thread's context; without one, the start of new traces for the recorder that was installed.
    #[inline]
    pub fn current() -> Self {
        Self { at: At::current() }
    }

    /// A start of new traces for `recorder`, whatever is current.
    #[inline]
    pub fn root(recorder: Recorder) -> Self {
        Self { at: At::root(recorder) }
    }

    /// This context moved into a span of another process, as its headers named it. Whether that process keeps the trace in
    /// full is kept to, unless the recorder's sampler says otherwise.
    #[must_use]
    #[inline]
    pub fn within(mut self, trace_id: TraceId, span_id: SpanId, sampled: bool) -> Self {
        self.at.set_place(Some(Place { trace_id, span_id, sampled, remote: true }));
        self
    }

    /// Makes it the current thread's context until the answer is dropped. In asynchronous code use
    /// [`crate::FutureExt::in_context`] instead, which enters anew at each poll.
    #[inline]
    pub fn enter(self) -> Entered {
        let place = self.at.place();
        let entered = Entered { before: self.at.replace(), _thread: PhantomData };
        if let Some(place) = place {
            mirror::tell(|mirror| mirror.entered(place.span_id));
        }
        entered
    }

    /// Runs `work` within this context.
    #[inline]
    pub fn scope<T>(&self, work: impl FnOnce() -> T) -> T {
        let _entered = self.clone().enter();
        work()
    }

    /// The trace; `None` outside of any span.
    #[inline]
    pub fn trace_id(&self) -> Option<TraceId> {
        self.at.place().map(|place| place.trace_id)
    }

    /// The span; `None` outside of any span.
    #[inline]
    pub fn span_id(&self) -> Option<SpanId> {
        self.at.place().map(|place| place.span_id)
    }

    /// Whether the trace is kept in full; `None` outside of any span.
    #[inline]
    pub fn is_sampled(&self) -> Option<bool> {
        self.at.place().map(|place| place.sampled)
    }

    /// What records within it carry.
    #[inline]
    pub fn bound(&self) -> Option<&Bound> {
        self.at.bound()
    }

    /// The recorder that it records to.
    #[inline]
    pub fn recorder(&self) -> Option<Recorder> {
        self.at.recorder()
    }

    /// Changes what is bound, for this context and those made from it from now on.
    #[inline]
    pub fn change(&mut self, set: impl FnOnce(&mut Bound)) {
        self.at.change(set);
    }
}

/// While it lives, a context is the current thread's. Contexts are left in the reverse order of entering.
#[derive(Debug)]
#[must_use = "the context is left as soon as this is dropped"]
pub struct Entered {
    before: At,
    /// It belongs to one thread.
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
