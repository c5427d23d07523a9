//! Futures that carry a context or a guard.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Waker, Poll};

use crate::{Context, Guard};

pin_project_lite::pin_project! {
    /// A future that is polled within a context.
    #[derive(Debug)]
    pub struct InContext<F> {
        #[pin]
        inner: F,
        context: Context,
    }
}

impl<F: Future> Future for InContext<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.context.clone().enter();
        this.inner.poll(waker)
    }
}

/// Gives futures a context.
pub trait FutureExt: Future + Sized {
    /// Polls this future within `context`.
    #[inline]
    fn in_context(self, context: Context) -> InContext<Self> {
        InContext { inner: self, context }
    }

    /// Polls this future within the context that is current now: what a spawned task needs.
    #[inline]
    fn in_current_context(self) -> InContext<Self> {
        self.in_context(Context::current())
    }

    /// Polls this future within `guard`, which ends when the future does.
    #[inline]
    fn in_guard<K>(self, guard: Guard<K>) -> Instrumented<Self, K> {
        Instrumented { inner: self.in_context(guard.context()), guard: Some(Unfinished::new(guard)) }
    }
}

impl<F: Future> FutureExt for F {}

pin_project_lite::pin_project! {
    /// A future that is polled within a guard, which ends when the future does. Where it panics the guard says so; dropped
    /// before its end, that it was cancelled.
    #[derive(Debug)]
    pub struct Instrumented<F, K> {
        #[pin]
        inner: InContext<F>,
        guard: Option<Unfinished<K>>,
    }
}

impl<F: Future, K> Future for Instrumented<F, K> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<F::Output> {
        let this = self.project();
        // Held here meanwhile: where the future panics, the guard ends as it unwinds, and says so. By the time that an
        // executor drops what panicked, it has caught it.
        let guard = this.guard.take();
        let polled = this.inner.poll(waker);
        match polled {
            Poll::Ready(_) => drop(guard.map(Unfinished::finish)),
            Poll::Pending => *this.guard = guard,
        }
        polled
    }
}

/// The guard of a future that has not come to its end: dropped like this, it was cancelled.
#[derive(Debug)]
pub(crate) struct Unfinished<K>(Guard<K>);

impl<K> Unfinished<K> {
    #[inline]
    pub fn new(guard: Guard<K>) -> Self {
        Self(guard)
    }

    /// The future has come to its end.
    #[inline]
    pub fn finish(mut self) -> Guard<K> {
        std::mem::take(&mut self.0)
    }
}

impl<K> Drop for Unfinished<K> {
    #[inline]
    fn drop(&mut self) {
        // Of a panic the guard says so itself.
        if !std::thread::panicking() {
            self.0.cancelled();
        }
    }
}
