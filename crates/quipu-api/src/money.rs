//! What the routes about money need beside the store.

use std::path::PathBuf;
use std::sync::Arc;

use quipu_insight::Budgets;
use quipu_prices::Books;
use quipu_tokens::Estimator;

/// Reads the price books again and puts them in the place of those in use; gives what there is to know about them.
pub type Reload = Arc<dyn Fn() -> Result<Vec<String>, String> + Send + Sync>;

/// What the routes about money need beside the store.
#[derive(Clone)]
pub struct Money {
    /// The price books: what they hold, and what they would make of stored calls.
    pub books: Books,
    /// Where the user's own book is looked for; told, not read.
    pub user_file: Option<PathBuf>,
    /// Reads the books again; `None` where they are not files.
    pub reload: Option<Reload>,
    /// Estimates what `/api/v1/estimate` is asked.
    pub estimator: Estimator,
    /// Budgets; those that are off are none.
    pub budgets: Budgets,
    /// Folder with what is needed to take a re-pricing back; `None` where history is not priced again.
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
