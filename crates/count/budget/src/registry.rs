//! Registry of all budgets of a process.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use quipu_core::locks::{Mutex, RwLock};
use quipu_core::{
    Accounts, Clock, Error, ErrorKind, Resource, Result, Scope as Instrumentation, Sheet, SystemClock,
    Timestamp,
};

use crate::backlog::Backlog;
use crate::collected::abandon;
use crate::definition::{BudgetSet, Definition, Source, begun_mark};
use crate::loops::Loops;
use crate::memory::LocalAccounts;
use crate::{Budget, BudgetConfig, BudgetError, Notice};

static GLOBAL: RwLock<Option<Budgets>> = RwLock::new(None);

/// Name of the instrumentation in the events of budgets.
const INSTRUMENTATION: &str = "quipu.budget";

/// Receiver of notices.
type Listener = Arc<dyn Fn(&Notice) + Send + Sync>;

/// Whether anything is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Budgets hold.
    On,
    /// Recording is off by choice: every call passes.
    Off,
    /// No process runs yet: no call passes.
    Absent,
}

pub(crate) struct Shared {
    file: BTreeMap<String, Arc<Definition>>,
    known: RwLock<Arc<BudgetSet>>,
    pub accounts: Arc<dyn Accounts>,
    pub clock: Arc<dyn Clock>,
    pub resource: Arc<Resource>,
    pub instrumentation: Arc<Instrumentation>,
    pub listeners: RwLock<Vec<Listener>>,
    /// Notices that are to become events.
    pub untold: Mutex<VecDeque<Notice>>,
    pub backlog: Mutex<Backlog>,
    pub loops: Mutex<Loops>,
    /// When the books were last tidied up.
    pub pruned: Mutex<Timestamp>,
    pub mode: Mode,
}

/// All budgets of a process. It is fed by being a [`quipu_core::Stage`] after the price: what is counted is
/// spent.
///
/// ```
/// use quipu_budget::{Budget, Budgets};
///
/// let budgets = Budgets::new([("daily".to_owned(), Budget::tokens(100_000))].into());
/// assert!(!budgets.is_empty());
/// ```
#[derive(Clone)]
pub struct Budgets(pub(crate) Arc<Shared>);

/// Builder of [`Budgets`].
///
/// ```
/// use quipu_budget::{Budget, Budgets};
///
/// let budgets = Budgets::builder().budget("daily", Budget::calls(1_000)).build()?;
/// assert_eq!(budgets.status().len(), 1);
/// # Ok::<(), quipu_core::Error>(())
/// ```
#[must_use = "there are no budgets before a call of `build`"]
pub struct BudgetsBuilder {
    budgets: BTreeMap<String, Budget>,
    accounts: Option<Arc<dyn Accounts>>,
    clock: Arc<dyn Clock>,
    resource: Arc<Resource>,
}

impl BudgetsBuilder {
    /// Adds a budget that cannot be changed from outside.
    pub fn budget(mut self, name: impl Into<String>, budget: Budget) -> Self {
        self.budgets.insert(name.into(), budget);
        self
    }

    /// Adds budgets of a configuration file, which cannot be changed from outside.
    ///
    /// # Errors
    /// One of them is wrong: the text names it and its field.
    pub fn configs(mut self, configs: &BTreeMap<String, BudgetConfig>) -> Result<Self> {
        for (name, config) in configs {
            let budget = Budget::try_from(config.clone()).map_err(|why| wrong(name, &why))?;
            self.budgets.insert(name.clone(), budget);
        }
        Ok(self)
    }

    /// Writes down spending and reservations here instead of in this process's memory.
    pub fn accounts(mut self, accounts: Arc<dyn Accounts>) -> Self {
        self.accounts = Some(accounts);
        self
    }

    /// Uses another clock than the machine's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Resource of the events of budgets.
    pub fn resource(mut self, resource: Arc<Resource>) -> Self {
        self.resource = resource;
        self
    }

    /// The budgets.
    ///
    /// # Errors
    /// A definition is wrong: the text names budget and field.
    pub fn build(self) -> Result<Budgets> {
        let mut file = BTreeMap::new();
        for (name, budget) in &self.budgets {
            let definition = Definition::new(name, budget, Source::File).map_err(|why| wrong(name, &why))?;
            file.insert(name.clone(), Arc::new(definition));
        }
        let accounts = self.accounts.unwrap_or_else(|| Arc::new(LocalAccounts::default()));
        Ok(Budgets::made_of(file, accounts, self.clock, self.resource, Mode::On))
    }
}

fn wrong(name: &str, why: &str) -> Error {
    Error::new(ErrorKind::Invalid, "read configuration", format!("budgets.{name}: {why}"))
}

/// All budgets of this process. Before quipu was initialised [`Budgets::admit`] answers
/// [`BudgetError::NotRunning`].
///
/// ```
/// for limit in quipu_budget::budgets().status() {
///     println!("{}: {} of {}", limit.name, limit.spent, limit.limit);
/// }
/// ```
pub fn budgets() -> Budgets {
    Budgets::installed().unwrap_or_else(|| {
        let accounts = Arc::new(LocalAccounts::default());
        Budgets::made_of(BTreeMap::new(), accounts, Arc::new(SystemClock), Arc::default(), Mode::Absent)
    })
}

impl Budgets {
    /// Begins a configuration: budgets, books, clock.
    pub fn builder() -> BudgetsBuilder {
        BudgetsBuilder {
            budgets: BTreeMap::new(),
            accounts: None,
            clock: Arc::new(SystemClock),
            resource: Arc::default(),
        }
    }

    /// Budgets by name, in memory and by the machine's clock. One that is wrong is left out:
    /// [`Self::builder`] says why.
    pub fn new(budgets: BTreeMap<String, Budget>) -> Self {
        Self::with_clock(budgets, Arc::new(SystemClock))
    }

    /// Budgets by name, in memory and by this clock. One that is wrong is left out: [`Self::builder`] says
    /// why.
    pub fn with_clock(budgets: BTreeMap<String, Budget>, clock: Arc<dyn Clock>) -> Self {
        let defined = budgets.into_iter().filter_map(|(name, budget)| {
            let definition = Definition::new(&name, &budget, Source::File).ok()?;
            Some((name, Arc::new(definition)))
        });
        Self::made_of(defined.collect(), Arc::new(LocalAccounts::default()), clock, Arc::default(), Mode::On)
    }

    /// Budgets for a process that records nothing: every check passes, for every name.
    pub fn off() -> Self {
        let accounts = Arc::new(LocalAccounts::default());
        Self::made_of(BTreeMap::new(), accounts, Arc::new(SystemClock), Arc::default(), Mode::Off)
    }

    fn made_of(
        file: BTreeMap<String, Arc<Definition>>,
        accounts: Arc<dyn Accounts>,
        clock: Arc<dyn Clock>,
        resource: Arc<Resource>,
        mode: Mode,
    ) -> Self {
        let known = RwLock::new(Arc::new(BudgetSet { version: None, all: file.clone() }));
        let instrumentation =
            Arc::new(Instrumentation { name: INSTRUMENTATION.into(), ..Instrumentation::default() });
        let pruned = Mutex::new(clock.now());
        let (listeners, untold, backlog, loops) = <_>::default();
        Self(Arc::new(Shared {
            file,
            known,
            accounts,
            clock,
            resource,
            instrumentation,
            listeners,
            untold,
            backlog,
            loops,
            pruned,
            mode,
        }))
    }

    /// Makes them those of [`crate::budget`], in place of earlier ones.
    pub fn install(&self) {
        *GLOBAL.write() = Some(self.clone());
    }

    pub(crate) fn installed() -> Option<Self> {
        GLOBAL.read().clone()
    }

    /// Whether there was none when the books were last looked at; `false` before that, as there may be stored
    /// ones.
    pub fn is_empty(&self) -> bool {
        let known = self.known();
        known.version.is_some() && known.all.is_empty()
    }

    /// The last known definitions.
    pub(crate) fn known(&self) -> Arc<BudgetSet> {
        Arc::clone(&self.0.known.read())
    }

    /// Works in the books with the definitions that hold now.
    pub(crate) fn with<T>(&self, mut work: impl FnMut(&mut dyn Sheet, &BudgetSet) -> Result<T>) -> Result<T> {
        let mut done = None;
        self.0.accounts.transact(&mut |sheet| {
            let known = self.current(sheet)?;
            done = Some(work(sheet, &known)?);
            Ok(())
        })?;
        done.ok_or_else(|| {
            Error::new(ErrorKind::Internal, "write accounts", "the accounts did not run the task")
        })
    }

    /// Reads stored definitions again if they have changed.
    fn current(&self, sheet: &mut dyn Sheet) -> Result<Arc<BudgetSet>> {
        let version = sheet.version()?;
        let known = self.known();
        if known.version == Some(version) {
            return Ok(known);
        }
        let mut all = self.0.file.clone();
        for (name, text) in sheet.definitions()? {
            // One that a newer build wrote and this one cannot read is left out, and a file's is stronger.
            if let Some(definition) = stored(&name, &text) {
                all.entry(name).or_insert_with(|| Arc::new(definition));
            }
        }
        let known = Arc::new(BudgetSet { version: Some(version), all });
        *self.0.known.write() = Arc::clone(&known);
        Ok(known)
    }

    /// Stores a budget, in place of a stored one of the same name. Every process that shares the books
    /// applies it from its next read on. [`Self::begin`] adds earlier spending, and may be called again at
    /// any time.
    ///
    /// # Errors
    /// [`BudgetError::Invalid`]: it is wrong. [`BudgetError::DefinedInFile`]: the file has one of this name.
    /// [`BudgetError::Store`]: it cannot be written.
    pub fn set(&self, name: &str, config: BudgetConfig) -> Result<(), BudgetError> {
        let invalid = |why: String| BudgetError::Invalid { name: name.to_owned(), why };
        if self.0.mode != Mode::On {
            return Err(BudgetError::NotRunning { name: name.to_owned() });
        }
        if name.is_empty() || name.len() > 128 || name.chars().any(char::is_control) {
            return Err(invalid("a name needs 1 to 128 bytes, without control characters".into()));
        }
        config.check().map_err(invalid)?;
        self.changeable(name)?;
        let text = serde_json::to_string(&config).map_err(|error| invalid(error.to_string()))?;
        self.with(|sheet, _| sheet.define(name, Some(&text))).map_err(|error| unwritable(name, &error))
    }

    /// Removes a stored budget with its accounts and reservations.
    ///
    /// # Errors
    /// [`BudgetError::Unknown`]: it does not exist. [`BudgetError::DefinedInFile`]: only the file can remove
    /// it. [`BudgetError::Store`]: it cannot be written.
    pub fn remove(&self, name: &str) -> Result<(), BudgetError> {
        self.changeable(name)?;
        let removed = self.with(|sheet, known| {
            if !known.all.contains_key(name) {
                return Ok(Err(self.unknown(name, known)));
            }
            sheet.define(name, None)?;
            sheet.set_mark(&begun_mark(name), "")?;
            abandon(sheet, name)?;
            sheet.forget(name).map(Ok)
        });
        removed.map_err(|error| unwritable(name, &error))?
    }

    fn changeable(&self, name: &str) -> Result<(), BudgetError> {
        if self.0.file.contains_key(name) {
            return Err(BudgetError::DefinedInFile { name: name.to_owned() });
        }
        Ok(())
    }

    pub(crate) fn unknown(&self, name: &str, known: &BudgetSet) -> BudgetError {
        BudgetError::Unknown { name: name.to_owned(), known: known.all.keys().cloned().collect() }
    }
}

fn stored(name: &str, text: &str) -> Option<Definition> {
    let config: BudgetConfig = serde_json::from_str(text).ok()?;
    Definition::new(name, &Budget::try_from(config).ok()?, Source::Stored).ok()
}

pub(crate) fn unwritable(name: &str, error: &Error) -> BudgetError {
    BudgetError::Store { name: name.to_owned(), why: error.to_string() }
}
