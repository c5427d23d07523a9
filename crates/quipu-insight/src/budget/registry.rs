//! All budgets of a process.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use quipu_core::{Batch, Clock, Cost, Result, Stage, Store, SystemClock, Timestamp, TraceFilter, UsageQuery};

use super::account::{Account, Expected};
use super::spent::{Change, Spent};
use super::{Amount, Budget, BudgetError, Estimate, Exceeded, Period};

static GLOBAL: OnceLock<Budgets> = OnceLock::new();

/// How a limit stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetStatus {
    /// Name of the budget.
    pub name: String,
    /// Its limit; the other figures are in the same unit.
    pub limit: Amount,
    /// What was counted in this period.
    pub spent: Amount,
    /// What is reserved and not yet spent.
    pub reserved: Amount,
    /// When it starts anew; `None` when it never does.
    pub resets_at: Option<Timestamp>,
}

struct State {
    start: Timestamp,
    end: Option<Timestamp>,
    accounts: Vec<Account>,
}

struct Named {
    budget: Budget,
    state: Mutex<State>,
}

struct Shared {
    budgets: BTreeMap<String, Named>,
    clock: Arc<dyn Clock>,
    spent: Mutex<Spent>,
    next: AtomicU64,
    off: bool,
}

/// All budgets of a process. It is fed by being a stage after the price: what is counted is spent.
#[derive(Clone)]
pub struct Budgets(Arc<Shared>);

impl State {
    fn new(budget: &Budget, now: Timestamp) -> Self {
        let (start, end) = budget.period.around(now);
        Self { start, end, accounts: budget.limits.iter().copied().map(Account::new).collect() }
    }

    /// Starts anew when the period is over. Reservations stay: their calls are still out.
    fn at(&mut self, period: Period, now: Timestamp) {
        if self.end.is_some_and(|end| now >= end) {
            (self.start, self.end) = period.around(now);
            self.accounts.iter_mut().for_each(|account| account.spent = 0);
        }
        self.accounts.iter_mut().for_each(|account| account.expire(now));
    }
}

impl Budgets {
    /// Budgets by name, by the machine's clock.
    pub fn new(budgets: BTreeMap<String, Budget>) -> Self {
        Self::with_clock(budgets, Arc::new(SystemClock))
    }

    /// Budgets by name, by this clock.
    pub fn with_clock(budgets: BTreeMap<String, Budget>, clock: Arc<dyn Clock>) -> Self {
        let now = clock.now();
        let named = |(name, budget): (String, Budget)| {
            let state = Mutex::new(State::new(&budget, now));
            (name, Named { budget, state })
        };
        let budgets = budgets.into_iter().map(named).collect();
        let (spent, next) = (Mutex::default(), AtomicU64::new(0));
        Self(Arc::new(Shared { budgets, clock, spent, next, off: false }))
    }

    /// Where nothing is recorded: every check passes, whatever the name.
    pub fn off() -> Self {
        let (budgets, clock) = (BTreeMap::new(), Arc::new(SystemClock));
        Self(Arc::new(Shared { budgets, clock, spent: Mutex::default(), next: AtomicU64::new(0), off: true }))
    }

    /// Makes them those of [`super::budget`]. The first ones stay.
    pub fn install(&self) {
        let _ = GLOBAL.set(self.clone());
    }

    pub(crate) fn installed() -> Option<Self> {
        GLOBAL.get().cloned()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.budgets.is_empty()
    }

    /// Begins with what was spent in the running periods, as the store has it. Call it before anything is counted.
    ///
    /// # Errors
    /// The store cannot be read; spending starts from zero.
    pub async fn begin(&self, store: &dyn Store) -> Result<()> {
        let mut asked: BTreeMap<Option<Timestamp>, Estimate> = BTreeMap::new();
        for named in self.0.budgets.values() {
            let since = named.state.lock().start;
            let since = (named.budget.period != Period::Total).then_some(since);
            let spent = match asked.get(&since) {
                Some(spent) => *spent,
                None => spent_since(store, since).await?,
            };
            asked.insert(since, spent);
            for account in &mut named.state.lock().accounts {
                account.spent = account.spent.saturating_add(spent.in_unit_of(account.limit));
            }
        }
        Ok(())
    }

    /// How every limit stands.
    pub fn status(&self) -> Vec<BudgetStatus> {
        let now = self.0.clock.now();
        let mut all = Vec::new();
        for (name, named) in &self.0.budgets {
            let mut state = named.state.lock();
            state.at(named.budget.period, now);
            all.extend(state.accounts.iter().map(|account| BudgetStatus {
                name: name.clone(),
                limit: account.limit,
                spent: account.limit.with(account.spent),
                reserved: account.limit.with(account.reserved()),
                resets_at: state.end,
            }));
        }
        all
    }

    /// Reserves an estimate under all limits of a budget, or under none. `None` where budgets are off.
    pub(crate) fn reserve(
        &self,
        name: &str,
        estimate: &Estimate,
        expected: Expected,
    ) -> Result<Option<u64>, BudgetError> {
        if self.0.off {
            return Ok(None);
        }
        let named = self.named(name)?;
        let now = self.0.clock.now();
        let mut state = named.state.lock();
        state.at(named.budget.period, now);
        if let Some(full) = state.accounts.iter().find(|account| !account.fits(estimate)) {
            return Err(BudgetError::Exceeded(Box::new(Exceeded {
                name: name.to_owned(),
                limit: full.limit,
                spent: full.limit.with(full.spent),
                reserved: full.limit.with(full.reserved()),
                estimate: full.limit.with(estimate.in_unit_of(full.limit)),
                resets_at: state.end,
            })));
        }
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        let hold = i64::try_from(named.budget.hold.as_nanos()).unwrap_or(i64::MAX);
        state.accounts.iter_mut().for_each(|account| account.hold(id, estimate, now.plus(hold), expected));
        Ok(Some(id))
    }

    /// Lets go of a reservation, and adds what was spent instead of it, if that is known.
    pub(crate) fn release(&self, name: &str, id: u64, spent: Option<&Estimate>) {
        let Ok(named) = self.named(name) else { return };
        let mut state = named.state.lock();
        for account in &mut state.accounts {
            account.release(id);
            if let Some(spent) = spent {
                account.spent = account.spent.saturating_add(spent.in_unit_of(account.limit));
            }
        }
    }

    pub(crate) fn expect(&self, name: &str, id: u64, expected: Expected) {
        if let Ok(named) = self.named(name) {
            named.state.lock().accounts.iter_mut().for_each(|account| account.expect(id, expected));
        }
    }

    fn named(&self, name: &str) -> Result<&Named, BudgetError> {
        let known = || self.0.budgets.keys().cloned().collect();
        self.0.budgets.get(name).ok_or_else(|| BudgetError::Unknown { name: name.to_owned(), known: known() })
    }

    fn count(&self, cost: &Cost) {
        let Some(change) = self.0.spent.lock().take(cost) else { return };
        let now = self.0.clock.now();
        for named in self.0.budgets.values() {
            let mut state = named.state.lock();
            state.at(named.budget.period, now);
            let within = cost.time >= state.start;
            for account in &mut state.accounts {
                apply(account, cost, &change, within);
            }
        }
    }
}

/// Takes a counted row: its reservation goes as its spending comes, so that neither is missing in between.
fn apply(account: &mut Account, cost: &Cost, change: &Change, within: bool) {
    if change.begins {
        account.settle(cost.trace_id, cost.span_id);
    }
    if within {
        let grown = change.after.in_unit_of(account.limit) - change.before.in_unit_of(account.limit);
        account.spent = account.spent.saturating_add(grown);
    }
}

async fn spent_since(store: &dyn Store, since: Option<Timestamp>) -> Result<Estimate> {
    let filter = TraceFilter { since, ..TraceFilter::default() };
    let groups = store.usage(&UsageQuery { filter, group_by: Vec::new() }).await?;
    let totals = groups.into_iter().next().map(|group| group.totals).unwrap_or_default();
    Ok(Estimate {
        usd: totals.cost.or(totals.reported).unwrap_or_default(),
        tokens: totals.tokens.total(),
        calls: totals.llm_calls,
    })
}

impl Stage for Budgets {
    fn name(&self) -> &'static str {
        "budgets"
    }

    fn apply(&self, batch: &mut Batch) {
        if !self.is_empty() {
            batch.costs.iter().for_each(|cost| self.count(cost));
        }
    }
}
