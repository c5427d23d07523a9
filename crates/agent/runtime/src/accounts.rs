//! Account books of budgets that are opened on demand.

use std::path::PathBuf;
use std::sync::Arc;

use quipu_core::locks::Mutex;
use quipu_core::{Accounts, Erasure, Result, Sheet};

use crate::tables::OpenAccounts;

/// Account books in a file that is opened at first use. A failed opening is repeated at each use. Until it
/// succeeds, blocking budgets reject calls and the others let them pass.
pub(crate) struct Reopened {
    path: PathBuf,
    open: OpenAccounts,
    books: Mutex<Option<Arc<dyn Accounts>>>,
}

impl Reopened {
    pub fn new(path: PathBuf, open: OpenAccounts) -> Self {
        Self { path, open, books: Mutex::default() }
    }

    fn books(&self) -> Result<Arc<dyn Accounts>> {
        let mut books = self.books.lock();
        if let Some(books) = &*books {
            return Ok(Arc::clone(books));
        }
        let opened = (self.open)(&self.path)?;
        Ok(Arc::clone(books.insert(opened)))
    }
}

impl Accounts for Reopened {
    fn transact(&self, work: &mut dyn FnMut(&mut dyn Sheet) -> Result<()>) -> Result<()> {
        self.books()?.transact(work)
    }

    fn erase(&self, whose: &Erasure<'_>, dry_run: bool) -> Result<u64> {
        self.books()?.erase(whose, dry_run)
    }
}
