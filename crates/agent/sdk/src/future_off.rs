//! Futures of a build without recording: the caller's own.

use std::future::Future;

use crate::{Context, Guard};

/// The future itself.
pub type InContext<F> = F;

/// The future itself.
pub type Instrumented<F, K> = <F as Unobserved<K>>::Future;

/// A future without observation. It has the parameters of [`Instrumented`].
pub trait Unobserved<K> {
    /// The future itself.
    type Future;
}

impl<F, K> Unobserved<K> for F {
    type Future = F;
}

/// Attaches a context or a guard to a future.
pub trait FutureExt: Future + Sized {
    /// Polls this future in `context`.
    #[inline]
    fn in_context(self, _: Context) -> InContext<Self> {
        self
    }

    /// Polls this future in the current context; a spawned task needs this.
    #[inline]
    fn in_current_context(self) -> InContext<Self> {
        self
    }

    /// Polls this future in `guard`, which ends with the future.
    #[inline]
    fn in_guard<K>(self, _: Guard<K>) -> Instrumented<Self, K> {
        self
    }
}

impl<F: Future> FutureExt for F {}

/// Guard of an unfinished future.
#[derive(Debug)]
pub(crate) struct Unfinished<K>(Guard<K>);

impl<K> Unfinished<K> {
    #[inline]
    pub const fn new(guard: Guard<K>) -> Self {
        Self(guard)
    }

    /// Returns the guard of a finished future.
    #[inline]
    pub fn finish(self) -> Guard<K> {
        self.0
    }
}
