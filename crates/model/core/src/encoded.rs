//! Encoded records of a batch, in the format of one store.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// Records of a batch in a store's own format, encoded before the write ([`crate::StoreEncoding::encode`]).
/// Only the store that encoded them can read them. Clones share the data.
#[derive(Clone)]
pub struct Encoded(Arc<dyn Any + Send + Sync>);

impl Encoded {
    /// Wraps records in a store's own format.
    pub fn new(records: impl Any + Send + Sync) -> Self {
        Self(Arc::new(records))
    }

    /// The store's own format; `None` if another store encoded it.
    pub fn into<T: Any + Send + Sync>(self) -> Option<Arc<T>> {
        self.0.downcast().ok()
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encoded")
    }
}
