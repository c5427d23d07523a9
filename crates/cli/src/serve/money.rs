//! Price books, budgets and estimates of a data folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use quipu::prices::{Books, USER_FILE, UserBook, open_with};
use quipu_api::{Money, Reload};
use quipu_budget::{BudgetConfig, Budgets};
use quipu_runtime::Tables as _;
use quipu_tokens::Estimator;
use serde::Deserialize;

/// Folder within the data folder with what is needed to take a re-pricing back.
const REPRICES: &str = "reprices";
/// Accounts of budgets within the data folder.
const ACCOUNTS: &str = "budgets.db";

/// The part of the configuration about prices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PriceConfig {
    /// The user's own book; `prices.toml` of the data folder when left out.
    pub path: Option<PathBuf>,
    /// Whether the user's own book is left out of account.
    pub off: bool,
}

/// Whether the accounts of budgets are opened, which other processes share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accounts {
    /// Made when they are not there.
    Make,
    /// Only when they are there.
    IfThere,
    /// Not at all.
    Leave,
}

/// Source of the books and budgets of one process.
#[derive(Clone, Copy)]
pub struct MoneySource<'a> {
    /// The data folder.
    pub folder: &'a Path,
    /// Configuration of prices.
    pub prices: &'a PriceConfig,
    /// Budgets of the configuration.
    pub budgets: &'a BTreeMap<String, BudgetConfig>,
    /// Whether their accounts are opened.
    pub accounts: Accounts,
}

impl MoneySource<'_> {
    /// Opens them; what could not be used goes to `note`.
    pub fn open(&self, note: impl Fn(&str)) -> Result<Money> {
        let (books, notes) = books(self.folder, self.prices)?;
        notes.iter().for_each(|text| note(text));
        Ok(Money {
            estimator: Estimator::new(Arc::new(books.clone())),
            user_file: self.user_file(),
            reload: Some(reload(books.clone(), self.folder.to_owned(), self.prices.clone())),
            budgets: self.open_budgets()?,
            reprices: Some(self.folder.join(REPRICES)),
            writable: true,
            books,
        })
    }

    fn user_file(&self) -> Option<PathBuf> {
        let own = || self.folder.join(USER_FILE);
        (!self.prices.off).then(|| self.prices.path.clone().unwrap_or_else(own))
    }

    fn open_accounts(&self) -> quipu::core::Result<Option<Arc<dyn quipu::core::Accounts>>> {
        let file = self.folder.join(ACCOUNTS);
        let wanted = match self.accounts {
            Accounts::Make => true,
            Accounts::IfThere => quipu::sqlite::accounts::exist(&file),
            Accounts::Leave => false,
        };
        quipu::Build::accounts().filter(|_| wanted).map(|open| open(&file)).transpose()
    }

    /// Opens the budgets alone.
    pub fn open_budgets(&self) -> Result<Budgets> {
        let accounts = self.open_accounts().context("cannot open the accounts of budgets")?;
        let budgets = Budgets::builder().configs(self.budgets)?;
        Ok(match accounts {
            Some(accounts) => budgets.accounts(accounts).build()?,
            None => budgets.build()?,
        })
    }
}

fn books(folder: &Path, settings: &PriceConfig) -> quipu::core::Result<(Books, Vec<String>)> {
    let (books, notes) = open_with(folder, settings.path.as_deref().filter(|_| !settings.off))?;
    // The lists stay; a book without an entry states nothing.
    match UserBook::parse("") {
        Ok(nothing) if settings.off && books.user().is_some() => Ok((books.with_user(nothing), notes)),
        _ => Ok((books, notes)),
    }
}

fn reload(used: Books, folder: PathBuf, settings: PriceConfig) -> Reload {
    Arc::new(move || {
        let (books, notes) = books(&folder, &settings).map_err(|error| error.to_string())?;
        used.replace(&books);
        Ok(notes)
    })
}
