//! Records in the form of one store.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// Records of a batch as a store keeps them, made ahead of the write ([`crate::Store::encode`]). Only the store that made it can
/// read it. Clones share it.
#[derive(Clone)]
pub struct Encoded(Arc<dyn Any + Send + Sync>);

impl Encoded {
    /// Wraps a store's own form.
    pub fn new(records: impl Any + Send + Sync) -> Self {
        Self(Arc::new(records))
    }

    /// The store's own form; `None` when another store made it.
    pub fn into<T: Any + Send + Sync>(self) -> Option<Arc<T>> {
        self.0.downcast().ok()
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encoded")
    }
}
