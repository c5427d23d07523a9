//! What calls are estimated by.

use std::sync::Arc;

use parking_lot::RwLock;
use quipu_core::{PriceBook, Tokenizer};
use quipu_prices::Books;

/// That of the library that was installed in this process.
static INSTALLED: RwLock<Option<Basis>> = RwLock::new(None);

/// What calls are estimated by before they are made.
#[derive(Clone)]
pub struct Basis {
    /// What models cost.
    pub prices: Arc<dyn PriceBook>,
    /// Tokenizers that users brought, the last one first.
    pub tokenizers: Vec<Arc<dyn Tokenizer>>,
}

impl Basis {
    /// That of the library that was installed in this process; the vendored prices before there is one.
    pub fn installed() -> Self {
        INSTALLED.read().clone().unwrap_or_default()
    }

    /// Makes it that of the process.
    pub(crate) fn install(&self) {
        *INSTALLED.write() = Some(self.clone());
    }
}

impl Default for Basis {
    /// The vendored prices.
    fn default() -> Self {
        Self { prices: Arc::new(Books::vendored()), tokenizers: Vec::new() }
    }
}
