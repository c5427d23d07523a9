//! Plug-ins from outside: adapters and kinds of backends that no cargo feature adds.

use std::fmt;
use std::sync::Arc;

use quipu_core::{Adapter, Adapters};

use crate::tables::Open;

/// Adapters and kinds of backends of other crates, for the library ([`crate::Builder::register`]) and for a
/// binary of one's own.
///
/// A kind of backend has a name, which configurations use as they use `sqlite` or `otlp`, and a function that
/// opens it from its table.
///
/// ```
/// use quipu_runtime::{Open, Registry};
///
/// fn plug_ins(open: Open) -> Registry {
///     Registry::new().backend("acme", open)
/// }
/// # let _ = plug_ins;
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    adapters: Vec<Arc<dyn Adapter>>,
    backends: Vec<(&'static str, Open)>,
}

impl Registry {
    /// A registry without plug-ins.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an adapter. It is asked before the built-in ones.
    #[must_use]
    pub fn adapter(mut self, adapter: impl Adapter + 'static) -> Self {
        self.adapters.push(Arc::new(adapter));
        self
    }

    /// Adds a kind of backend. It replaces a built-in one of the same name.
    #[must_use]
    pub fn backend(mut self, kind: &'static str, open: Open) -> Self {
        self.backends.push((kind, open));
        self
    }

    /// Its adapters before the given ones.
    pub fn adapters_over(&self, built_in: Adapters) -> Adapters {
        if self.adapters.is_empty() { built_in } else { built_in.after(self.adapters.clone()) }
    }

    /// Its kinds of backends before the given ones.
    pub fn backends_over(&self, built_in: &[(&'static str, Open)]) -> Vec<(&'static str, Open)> {
        self.backends.iter().chain(built_in).copied().collect()
    }

    pub(crate) fn append(&mut self, mut other: Self) {
        self.adapters.append(&mut other.adapters);
        self.backends.append(&mut other.backends);
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<&str> = self.backends.iter().map(|(kind, _)| *kind).collect();
        f.debug_struct("Registry").field("adapters", &self.adapters.len()).field("backends", &kinds).finish()
    }
}
