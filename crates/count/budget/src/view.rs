//! State of budgets and their accounts.

use std::collections::BTreeMap;

use quipu_core::{AccountId, AccountUnit, Result, Sheet, Timestamp};

use crate::count::holds;
use crate::definition::{Definition, Source};
use crate::{Amount, BudgetConfig, BudgetError, Budgets, Period, registry, scope};

/// State of a limit, for a shared account or for one account of a scope.
///
/// ```
/// use quipu_budget::{Budget, Budgets};
/// use quipu_core::Usd;
///
/// let budgets = Budgets::new([("daily".to_owned(), Budget::usd(Usd::cents(500)))].into());
/// for limit in budgets.status() {
///     println!("{}: {} of {}", limit.name, limit.spent, limit.limit);
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetStatus {
    /// Name of the budget.
    pub name: String,
    /// Scope of the account; empty for a shared one.
    pub scope: BTreeMap<String, String>,
    /// Its limit; the other figures are in the same unit.
    pub limit: Amount,
    /// Amount counted in this period.
    pub spent: Amount,
    /// Amount reserved and not yet spent.
    pub reserved: Amount,
    /// When it starts anew; `None` when it never does, or rolls.
    pub resets_at: Option<Timestamp>,
}

/// One account of a budget.
///
/// ```
/// use quipu_budget::{Budget, Budgets};
/// use quipu_core::Usd;
///
/// let budgets = Budgets::new([("daily".to_owned(), Budget::usd(Usd::cents(500)))].into());
/// for account in budgets.list()?.iter().flat_map(|budget| &budget.accounts) {
///     println!("{:?}: {} %", account.scope, account.share * 100.0);
/// }
/// # Ok::<(), quipu_budget::BudgetError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AccountStatus {
    /// Scope of the account: the fields with their values; empty for a shared one.
    pub scope: BTreeMap<String, String>,
    /// Unit of the figures.
    pub unit: AccountUnit,
    /// Its limit.
    pub limit: Amount,
    /// Amount counted in this period.
    pub spent: Amount,
    /// Amount reserved and not yet spent.
    pub reserved: Amount,
    /// Spent amount as a share of the limit.
    pub share: f64,
    /// First moment of the period; `None` for a total.
    pub period_start: Option<Timestamp>,
    /// When it starts anew; `None` when it never does, or rolls.
    pub resets_at: Option<Timestamp>,
    /// Thresholds that were passed in this period, as parts of the limit, lowest first.
    pub fired: Vec<f64>,
}

/// One budget with its accounts.
///
/// ```
/// use quipu_budget::{Budget, Budgets};
/// use quipu_core::Usd;
///
/// let budgets = Budgets::new([("daily".to_owned(), Budget::usd(Usd::cents(500)))].into());
/// let views = budgets.list()?;
/// assert_eq!((views[0].name.as_str(), views[0].truncated), ("daily", false));
/// # Ok::<(), quipu_budget::BudgetError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetView {
    /// Name.
    pub name: String,
    /// Its configuration.
    pub config: BudgetConfig,
    /// Source of its definition.
    pub source: Source,
    /// Its accounts: one for each limit and each value of the scope; the first 1,000 by scope.
    pub accounts: Vec<AccountStatus>,
    /// Whether accounts were left out.
    pub truncated: bool,
}

/// Maximum number of accounts in the view of a budget.
const MOST_ACCOUNTS: usize = 1_000;

impl Budgets {
    /// Every budget with its accounts, by name.
    ///
    /// # Errors
    /// [`BudgetError::Store`]: the books cannot be read.
    pub fn list(&self) -> Result<Vec<BudgetView>, BudgetError> {
        let now = self.0.clock.now();
        let listed = self.with(|sheet, known| {
            sheet.expire(now)?;
            known.all.values().map(|definition| view(sheet, definition, now)).collect()
        });
        listed.map_err(|error| registry::unwritable("*", &error))
    }

    /// State of every limit; empty if the books cannot be read.
    pub fn status(&self) -> Vec<BudgetStatus> {
        let mut all = Vec::new();
        for BudgetView { name, accounts, .. } in self.list().unwrap_or_default() {
            all.extend(accounts.into_iter().map(|account| {
                let AccountStatus { scope, limit, spent, reserved, resets_at, .. } = account;
                BudgetStatus { name: name.clone(), scope, limit, spent, reserved, resets_at }
            }));
        }
        all
    }
}

fn view(sheet: &mut dyn Sheet, definition: &Definition, now: Timestamp) -> Result<BudgetView> {
    let window = definition.window(now);
    let mut ids = sheet.accounts(&definition.name, window.start, MOST_ACCOUNTS + 1)?;
    let truncated = ids.len() > MOST_ACCOUNTS;
    ids.truncate(MOST_ACCOUNTS);
    ids.retain(|id| definition.limit(id.unit).is_some());
    // A budget with exactly one account shows it before anything is spent.
    if let Some(scope) = scope::only(&definition.config.scope) {
        let own = definition.limits.iter().map(|limit| definition.account(&scope, limit.unit));
        ids = own.chain(ids.into_iter().filter(|id| id.scope != scope)).collect();
    }
    ids.sort_by(|one, other| {
        (&one.scope, place(definition, one)).cmp(&(&other.scope, place(definition, other)))
    });
    let accounts = ids.iter().map(|id| account(sheet, definition, id, now)).collect::<Result<Vec<_>>>()?;
    Ok(BudgetView {
        name: definition.name.to_string(),
        config: definition.config.clone(),
        source: definition.source,
        accounts: accounts.into_iter().flatten().collect(),
        truncated,
    })
}

fn place(definition: &Definition, id: &AccountId) -> Option<usize> {
    definition.limits.iter().position(|limit| limit.unit == id.unit)
}

#[allow(clippy::cast_precision_loss, reason = "a share is only displayed")]
fn account(
    sheet: &mut dyn Sheet,
    definition: &Definition,
    id: &AccountId,
    now: Timestamp,
) -> Result<Option<AccountStatus>> {
    let Some(limit) = definition.limit(id.unit) else { return Ok(None) };
    let window = definition.window(now);
    let (spent, reserved) = (sheet.spent(id, window.start)?, sheet.reserved(id)?);
    let fired = sheet.fired(id)?;
    let is_fired = |millionths: u64| {
        fired.iter().any(|fired| fired.millionths == millionths && holds(fired, definition, limit, now))
    };
    let mut fired: Vec<f64> = definition
        .thresholds
        .iter()
        .filter(|(millionths, _)| is_fired(*millionths))
        .map(|(_, part)| *part)
        .collect();
    fired.sort_by(f64::total_cmp);
    let share = if limit.figure() > 0 { spent as f64 / limit.figure() as f64 } else { f64::from(spent > 0) };
    Ok(Some(AccountStatus {
        scope: scope::read(&id.scope),
        unit: id.unit,
        limit,
        spent: limit.with(spent),
        reserved: limit.with(reserved),
        share,
        period_start: (definition.config.period != Period::Total).then_some(window.start),
        resets_at: window.end,
        fired,
    }))
}
