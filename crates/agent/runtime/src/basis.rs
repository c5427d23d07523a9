//! Basis of estimates: price book and tokenizers.

use std::sync::Arc;

use quipu_core::locks::RwLock;
use quipu_core::{PriceBook, Tokenizer};
use quipu_prices::Books;

/// Basis of the library that is installed in this process.
static INSTALLED: RwLock<Option<Basis>> = RwLock::new(None);

/// Basis of estimates before a call.
#[derive(Clone)]
pub struct Basis {
    /// Price book of models.
    pub prices: Arc<dyn PriceBook>,
    /// The books behind `prices`, which can be changed; `None` for a price book of the user's own.
    pub books: Option<Books>,
    /// Custom tokenizers, the last one first.
    pub tokenizers: Vec<Arc<dyn Tokenizer>>,
}

impl Basis {
    /// Basis of the installed library; the vendored prices if there is none.
    pub fn installed() -> Self {
        INSTALLED.read().clone().unwrap_or_default()
    }

    /// Installs it for the process.
    pub(crate) fn install(&self) {
        *INSTALLED.write() = Some(self.clone());
    }
}

impl Default for Basis {
    /// The vendored prices.
    fn default() -> Self {
        let books = Books::vendored();
        Self { prices: Arc::new(books.clone()), books: Some(books), tokenizers: Vec::new() }
    }
}
