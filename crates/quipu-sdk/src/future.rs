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
        Instrumented { inner: self.in_context(guard.context()), guard: Some(guard) }
    }
}

impl<F: Future> FutureExt for F {}

pin_project_lite::pin_project! {
    /// A future that is polled within a guard, which ends when the future does. Dropped before its end, the guard says that
    /// it was cancelled.
    #[derive(Debug)]
    pub struct Instrumented<F, K> {
        #[pin]
        inner: InContext<F>,
        guard: Option<Guard<K>>,
    }

    impl<F, K> PinnedDrop for Instrumented<F, K> {
        fn drop(this: Pin<&mut Self>) {
            if let Some(mut guard) = this.project().guard.take()
                && !std::thread::panicking()
            {
                guard.cancelled();
            }
        }
    }
}

impl<F: Future, K> Future for Instrumented<F, K> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<F::Output> {
        let this = self.project();
        let polled = this.inner.poll(waker);
        if polled.is_ready() {
            drop(this.guard.take());
        }
        polled
    }
}
