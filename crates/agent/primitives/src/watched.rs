//! Execution of work in a span.

use std::fmt::Display;
use std::future::Future;

use quipu_sdk::{Context, Field, FutureExt, Guard};

/// A guard that records a cancellation if it is dropped before [`Watched::end`].
pub(crate) struct Watched<K>(Option<Guard<K>>);

impl<K> Watched<K> {
    pub fn new(guard: Guard<K>) -> Self {
        Self(Some(guard))
    }

    /// The context in the span.
    pub fn context(&self) -> Context {
        self.0.as_ref().map_or_else(Context::current, Guard::context)
    }

    pub fn attribute<'a>(&mut self, key: &str, value: impl Into<Field<'a>>) {
        if let Some(guard) = &mut self.0 {
            guard.update(|guard| guard.attribute(key, value));
        }
    }

    pub fn event(&mut self, name: &str, attributes: &[(&str, Field<'_>)]) {
        if let Some(guard) = &mut self.0 {
            guard.event(name, attributes);
        }
    }

    pub fn error(&mut self, kind: &str, message: impl Display) {
        if let Some(guard) = &mut self.0 {
            guard.error(kind, message);
        }
    }

    /// Records the error, if there is one, and returns the result.
    pub fn check<T, E: Display>(&mut self, result: Result<T, E>) -> Result<T, E> {
        match &mut self.0 {
            Some(guard) => guard.check(result),
            None => result,
        }
    }

    pub fn end(mut self) {
        self.0 = None;
    }
}

impl<K> Drop for Watched<K> {
    fn drop(&mut self) {
        if let Some(guard) = &mut self.0
            && !std::thread::panicking()
        {
            guard.cancelled();
        }
    }
}

/// Runs work in a span and records its error.
pub(crate) async fn result<K, T, E: Display>(
    guard: Guard<K>,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let mut watched = Watched::new(guard);
    let result = work.in_context(watched.context()).await;
    let result = watched.check(result);
    watched.end();
    result
}

/// Runs work in a span.
pub(crate) async fn value<K, T>(guard: Guard<K>, work: impl Future<Output = T>) -> T {
    let watched = Watched::new(guard);
    let value = work.in_context(watched.context()).await;
    watched.end();
    value
}

/// The span of a block, such as `retry ask`.
pub(crate) fn block(what: &str, name: &str) -> quipu_sdk::Span {
    quipu_sdk::span(&format!("{what} {name}"))
        .attribute("quipu.primitive", what)
        .attribute("quipu.primitive.name", name)
}
