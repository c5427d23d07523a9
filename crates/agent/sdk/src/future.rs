//! Futures that run in a context or a guard.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Waker, Poll};

use crate::{Context, Guard};

pin_project_lite::pin_project! {
    /// A future that is polled in a context.
    ///
    /// ```
    /// use quipu_sdk::{FutureExt, InContext};
    ///
    /// let agent = quipu_sdk::agent("planner");
    /// let work: InContext<_> = async { quipu_sdk::tool("search").end() }.in_context(agent.context());
    /// # drop(work);
    /// ```
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

/// Attaches a context or a guard to a future.
///
/// ```
/// use quipu_sdk::FutureExt;
///
/// # async fn of() {
/// let task = tokio::spawn(async { quipu_sdk::tool("search").end() }.in_current_context());
/// # task.await.ok();
/// # }
/// ```
pub trait FutureExt: Future + Sized {
    /// Polls this future in `context`.
    #[inline]
    fn in_context(self, context: Context) -> InContext<Self> {
        InContext { inner: self, context }
    }

    /// Polls this future in the current context; a spawned task needs this.
    #[inline]
    fn in_current_context(self) -> InContext<Self> {
        self.in_context(Context::current())
    }

    /// Polls this future in `guard`, which ends with the future.
    #[inline]
    fn in_guard<K>(self, guard: Guard<K>) -> Instrumented<Self, K> {
        Instrumented { inner: self.in_context(guard.context()), guard: Some(Unfinished::new(guard)) }
    }
}

impl<F: Future> FutureExt for F {}

pin_project_lite::pin_project! {
    /// A future that is polled in a guard, which ends with the future. The span records a panic, or its
    /// cancellation if the future is dropped early.
    ///
    /// ```
    /// use quipu_sdk::{FutureExt, Instrumented};
    ///
    /// let tool = quipu_sdk::tool("search");
    /// let work: Instrumented<_, _> = async { "found" }.in_guard(tool); // the span ends with the future
    /// # drop(work);
    /// ```
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
        // The guard is held on the stack during the poll. If the future panics, the guard ends during
        // unwinding and records the panic. An executor drops the future only after it has caught the panic.
        let guard = this.guard.take();
        let polled = this.inner.poll(waker);
        match polled {
            Poll::Ready(_) => drop(guard.map(Unfinished::finish)),
            Poll::Pending => *this.guard = guard,
        }
        polled
    }
}

/// Guard of an unfinished future; a drop records a cancellation.
#[derive(Debug)]
pub(crate) struct Unfinished<K>(Guard<K>);

impl<K> Unfinished<K> {
    #[inline]
    pub fn new(guard: Guard<K>) -> Self {
        Self(guard)
    }

    /// Returns the guard of a finished future.
    #[inline]
    pub fn finish(mut self) -> Guard<K> {
        std::mem::take(&mut self.0)
    }
}

impl<K> Drop for Unfinished<K> {
    #[inline]
    fn drop(&mut self) {
        // The guard itself records a panic.
        if !std::thread::panicking() {
            self.0.cancelled();
        }
    }
}
