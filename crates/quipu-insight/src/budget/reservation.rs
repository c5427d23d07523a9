//! What code that is about to spend holds.

use quipu_sdk::Context;

use super::account::Expected;
use super::{BudgetError, BudgetStatus, Budgets, Estimate};

/// A budget of this process by its name.
pub fn budget(name: &str) -> BudgetRef {
    BudgetRef { budgets: Budgets::installed(), name: name.to_owned() }
}

/// A budget by its name.
#[derive(Clone)]
pub struct BudgetRef {
    budgets: Option<Budgets>,
    name: String,
}

impl Budgets {
    /// One of them by its name.
    pub fn budget(&self, name: &str) -> BudgetRef {
        BudgetRef { budgets: Some(self.clone()), name: name.to_owned() }
    }
}

impl BudgetRef {
    /// Reserves an estimate before it is spent, if it fits.
    ///
    /// The reservation holds until the call is counted, which is when the real cost takes its place, or until its time is over.
    /// Which call that is goes by the trace that this was asked in, or by [`Reservation::for_call`]. Dropping the answer changes
    /// nothing.
    ///
    /// # Errors
    /// It does not fit, there is no budget of this name, or nothing runs that counts.
    pub fn check(&self, estimate: impl Into<Estimate>) -> Result<Reservation, BudgetError> {
        let Some(budgets) = &self.budgets else {
            return Err(BudgetError::NotRunning { name: self.name.clone() });
        };
        let expected = Expected { trace_id: Context::current().trace_id(), span_id: None };
        let id = budgets.reserve(&self.name, &estimate.into(), expected)?;
        Ok(Reservation { of: self.clone(), id })
    }

    /// How its limits stand; none when there is no budget of this name.
    pub fn status(&self) -> Vec<BudgetStatus> {
        let all = self.budgets.as_ref().map(Budgets::status).unwrap_or_default();
        all.into_iter().filter(|limit| limit.name == self.name).collect()
    }
}

/// What was reserved. It needs no care: the call that follows settles it.
pub struct Reservation {
    of: BudgetRef,
    id: Option<u64>,
}

impl Reservation {
    /// Says which span's call it is for: needed where several calls of one trace run at once under estimates that differ much.
    #[must_use]
    pub fn for_call(self, call: &Context) -> Self {
        let expected = Expected { trace_id: call.trace_id(), span_id: call.span_id() };
        if let (Some(budgets), Some(id)) = (&self.of.budgets, self.id) {
            budgets.expect(&self.of.name, id, expected);
        }
        self
    }

    /// The call was made where nothing records it, and this is what it has spent.
    pub fn settle(self, spent: impl Into<Estimate>) {
        self.end(Some(&spent.into()));
    }

    /// The call was not made: nothing is spent.
    pub fn release(self) {
        self.end(None);
    }

    fn end(&self, spent: Option<&Estimate>) {
        if let (Some(budgets), Some(id)) = (&self.of.budgets, self.id) {
            budgets.release(&self.of.name, id, spent);
        }
    }
}
