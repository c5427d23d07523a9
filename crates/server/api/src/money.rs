//! State of the routes about money, apart from the store.

use std::path::PathBuf;
use std::sync::Arc;

use quipu_budget::Budgets;
use quipu_prices::Books;
use quipu_tokens::Estimator;

/// Reads the price books again and replaces those in use; returns notes about them.
pub type Reload = Arc<dyn Fn() -> Result<Vec<String>, String> + Send + Sync>;

/// State of the routes about money, apart from the store.
#[derive(Clone)]
pub struct Money {
    /// The price books: their contents, and re-pricing by them.
    pub books: Books,
    /// Path of the user's own book; shown, not read.
    pub user_file: Option<PathBuf>,
    /// Reads the books again; `None` where they are not files.
    pub reload: Option<Reload>,
    /// Estimator of `/api/v1/estimate`.
    pub estimator: Estimator,
    /// Budgets; [`Budgets::off`] for none.
    pub budgets: Budgets,
    /// Folder of the journals that undo needs; `None` without re-pricing.
    pub reprices: Option<PathBuf>,
    /// Whether stored calls and budgets may be changed.
    pub writable: bool,
}

impl Money {
    /// With the books that the program carries, without budgets; nothing is changed.
    pub fn vendored() -> Self {
        let books = Books::vendored();
        Self {
            estimator: Estimator::new(Arc::new(books.clone())),
            books,
            user_file: None,
            reload: None,
            budgets: Budgets::off(),
            reprices: None,
            writable: false,
        }
    }
}
