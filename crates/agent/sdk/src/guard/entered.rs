//! A guard that is the parent of the thread's spans.

use std::ops::{Deref, DerefMut};

use crate::{Entered, Guard};

/// A guard that is the parent of the thread's spans; a drop leaves and ends it.
///
/// ```
/// let agent = quipu_sdk::agent("planner").enter();
/// quipu_sdk::tool("search").end(); // a child of the agent
/// drop(agent);
/// ```
#[derive(Debug)]
#[must_use = "the span is left and ended as soon as this is dropped"]
pub struct EnteredGuard<K> {
    guard: Guard<K>,
    // Dropped after the guard, so the guard ends in its own context.
    _entered: Entered,
}

impl<K> EnteredGuard<K> {
    #[inline]
    pub(crate) fn new(guard: Guard<K>) -> Self {
        let entered = guard.context().enter();
        Self { guard, _entered: entered }
    }
}

impl<K> Deref for EnteredGuard<K> {
    type Target = Guard<K>;

    #[inline]
    fn deref(&self) -> &Guard<K> {
        &self.guard
    }
}

impl<K> DerefMut for EnteredGuard<K> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Guard<K> {
        &mut self.guard
    }
}
