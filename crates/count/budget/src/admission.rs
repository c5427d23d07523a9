//! Admission of a call by the budgets, and its reservation.

use std::time::Duration;

use quipu_core::{Counted, HeldReservation, Posting, SpanId, TraceId};
use quipu_sdk::Context;

use crate::asked::{AskedBudget, Expected, Purpose};
use crate::{BudgetError, BudgetStatus, Budgets, Estimate, Subject};

/// A budget of this process by its name.
///
/// ```
/// let answer = quipu_budget::budget("daily").check(quipu_core::Usd::cents(2));
/// assert!(answer.is_err(), "no library is started, so nothing counts");
/// ```
pub fn budget(name: &str) -> BudgetRef {
    BudgetRef { budgets: Budgets::installed(), name: name.to_owned() }
}

/// A budget by its name.
///
/// ```
/// use quipu_budget::{Budget, Budgets};
/// use quipu_core::Usd;
///
/// let budgets = Budgets::new([("daily".to_owned(), Budget::usd(Usd::cents(500)))].into());
/// let daily = budgets.budget("daily");
/// daily.check(Usd::cents(2))?;
/// assert_eq!(daily.status().len(), 1);
/// # Ok::<(), quipu_budget::BudgetError>(())
/// ```
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
    /// Reserves an estimate before it is spent, if it fits. The current context names the subject. Fields of
    /// the scope that the context does not have count as matched, because the caller asked this budget by
    /// name.
    ///
    /// The reservation holds until the call is counted and its real cost replaces it, or until the
    /// reservation expires. The trace of this check, or [`Reservation::for_call`], identifies the call.
    /// Dropping the answer changes nothing.
    ///
    /// # Errors
    /// The estimate does not fit, the budget does not exist, or no process counts spending.
    pub fn check(&self, estimate: impl Into<Estimate>) -> Result<Reservation, BudgetError> {
        self.check_for(&Subject::current(), estimate)
    }

    /// [`Self::check`] for a subject other than that of the current context.
    ///
    /// # Errors
    /// As there.
    pub fn check_for(
        &self,
        subject: &Subject,
        estimate: impl Into<Estimate>,
    ) -> Result<Reservation, BudgetError> {
        let Some(budgets) = &self.budgets else {
            return Err(BudgetError::NotRunning { name: self.name.clone() });
        };
        budgets.admit_by(&self.name, subject, &estimate.into(), Purpose::Spend)
    }

    /// The answer that [`Self::check_for`] would give now. It reserves nothing, trips no loop and gives no
    /// notice. The answer's [`Admission::settle`] and [`Admission::release`] do nothing.
    ///
    /// # Errors
    /// As there.
    pub fn look_for(
        &self,
        subject: &Subject,
        estimate: impl Into<Estimate>,
    ) -> Result<Admission, BudgetError> {
        let Some(budgets) = &self.budgets else {
            return Err(BudgetError::NotRunning { name: self.name.clone() });
        };
        budgets.admit_by(&self.name, subject, &estimate.into(), Purpose::Look)
    }

    /// State of its limits; empty for an unknown budget.
    pub fn status(&self) -> Vec<BudgetStatus> {
        let all = self.budgets.as_ref().map(Budgets::status).unwrap_or_default();
        all.into_iter().filter(|limit| limit.name == self.name).collect()
    }
}

/// A reserved amount. It needs no further handling: the following call settles it.
///
/// ```
/// use quipu_budget::{Budget, Budgets, Reservation};
/// use quipu_core::Usd;
///
/// let budgets = Budgets::new([("daily".to_owned(), Budget::usd(Usd::cents(500)))].into());
/// let reserved: Reservation = budgets.budget("daily").check(Usd::cents(2))?;
/// reserved.release(); // the call is not made
/// # Ok::<(), quipu_budget::BudgetError>(())
/// ```
pub type Reservation = Admission;

/// An admitted call with its reservation. If the call is recorded, no further handling is needed: once it is
/// counted, its real cost replaces the reservation. Dropping it changes nothing.
///
/// ```
/// use quipu_budget::{Budget, Budgets};
/// use quipu_core::Usd;
///
/// let budgets = Budgets::new([("daily".to_owned(), Budget::usd(Usd::cents(500)))].into());
/// let admission = budgets.budget("daily").check(Usd::cents(2))?;
/// assert_eq!((admission.delay(), admission.degrade_to()), (None, None));
/// # Ok::<(), quipu_budget::BudgetError>(())
/// ```
pub struct Admission {
    budgets: Budgets,
    id: Option<u64>,
    pub(crate) asked: Vec<AskedBudget>,
    pub(crate) subject: Subject,
    pub(crate) delay: Option<Duration>,
    pub(crate) degrade_to: Option<String>,
    pub(crate) notices: Vec<String>,
    expected: Option<Expected>,
}

impl std::fmt::Debug for Admission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { id, delay, degrade_to, notices, .. } = self;
        let mut shown = f.debug_struct("Admission");
        shown.field("id", id).field("delay", delay).field("degrade_to", degrade_to).field("notices", notices);
        shown.finish_non_exhaustive()
    }
}

impl Admission {
    /// Nothing is reserved.
    pub(crate) fn none(budgets: &Budgets) -> Self {
        Self {
            budgets: budgets.clone(),
            id: None,
            asked: Vec::new(),
            subject: Subject::default(),
            delay: None,
            degrade_to: None,
            notices: Vec::new(),
            expected: None,
        }
    }

    pub(crate) fn new(budgets: &Budgets, id: u64, asked: Vec<AskedBudget>, subject: &Subject) -> Self {
        Self { id: Some(id), asked, subject: subject.clone(), ..Self::none(budgets) }
    }

    /// How long the call should wait, when a budget with the action `throttle` is used up.
    pub const fn delay(&self) -> Option<Duration> {
        self.delay
    }

    /// The model that the call should use instead, when a budget with the action `degrade` is used up.
    pub fn degrade_to(&self) -> Option<&str> {
        self.degrade_to.as_deref()
    }

    /// Notices of budgets that do not block, in words.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Names the span of the call. Two cases need this. Several calls of one trace run at once with very
    /// different estimates, or the call is in another trace than the check.
    #[must_use]
    pub fn for_call(self, call: &Context) -> Self {
        match (call.trace_id(), call.span_id()) {
            (Some(trace_id), Some(span_id)) => self.for_span(trace_id, span_id),
            _ => self,
        }
    }

    /// [`Self::for_call`] by ids.
    #[must_use]
    pub fn for_span(mut self, trace_id: TraceId, span_id: SpanId) -> Self {
        self.expected = Some(Expected { trace_id, span_id });
        self.subject.trace_id = Some(trace_id);
        if let Some(id) = self.id {
            // If that cannot be written, the reservation is for its trace only.
            let _ = self.budgets.with(|sheet, _| {
                for part in sheet.held(id)? {
                    sheet.hold(HeldReservation {
                        trace_id: Some(trace_id),
                        span_id: Some(span_id),
                        ..part
                    })?;
                }
                Ok(())
            });
        }
        self
    }

    /// Settles the spending of the call. If nothing records the call, this is its final figure. If the call
    /// is also recorded and [`Self::for_call`] named it, the ledger's figures replace these, so it counts
    /// once.
    pub fn settle(self, spent: impl Into<Estimate>) {
        let spent = spent.into();
        let Some(id) = self.id else { return self.settle_unreserved(&spent) };
        let now = self.budgets.0.clock.now();
        let settled = self.budgets.with(|sheet, known| {
            for part in sheet.held(id)? {
                sheet.release(id, &part.budget)?;
            }
            match &self.expected {
                Some(expected) if sheet.call(expected.trace_id, expected.span_id)?.is_some() => {
                    Ok(Vec::new())
                }
                Some(expected) => self.budgets.count_call(sheet, known, self.call(expected, &spent), now),
                None => {
                    let postings = self.postings(&spent);
                    postings.iter().try_for_each(|posting| sheet.post(posting))?;
                    self.budgets.thresholds(sheet, known, &postings, &self.subject, now)
                }
            }
        });
        match settled {
            Ok(notices) => notices.into_iter().for_each(|notice| self.budgets.tell(notice)),
            Err(error) => self.budgets.postpone_settled(self.postings(&spent), id, &error),
        }
    }

    /// Spending of calls that passed unchecked is recorded once the books can be written again.
    fn settle_unreserved(&self, spent: &Estimate) {
        let postings = self.postings(spent);
        if !postings.is_empty() {
            self.budgets.0.backlog.lock().settled.extend(postings);
        }
    }

    /// Cancels the reservation: the call was not made.
    pub fn release(self) {
        let Some(id) = self.id else { return };
        // A reservation that cannot be released now expires later.
        let _ = self.budgets.with(|sheet, _| {
            let parts = sheet.held(id)?;
            parts.iter().try_for_each(|part| sheet.release(id, &part.budget))
        });
    }

    fn postings(&self, spent: &Estimate) -> Vec<Posting> {
        let now = self.budgets.0.clock.now();
        let mut postings = Vec::new();
        for (definition, scopes) in &self.asked {
            definition.postings(scopes, spent, now, now, &mut postings);
        }
        postings
    }

    fn call(&self, expected: &Expected, spent: &Estimate) -> (Counted, Vec<Subject>) {
        let subject = &self.subject;
        let call = Counted {
            trace_id: expected.trace_id,
            span_id: expected.span_id,
            time: self.budgets.0.clock.now(),
            provider: subject.provider.clone(),
            request_model: subject.model.clone(),
            response_model: subject.response_model.clone(),
            agent: subject.agent.clone(),
            framework: subject.framework.clone(),
            service: subject.service.clone(),
            usd: spent.usd,
            tokens: spent.tokens,
            calls: spent.calls,
            estimated: Default::default(),
            postings: Vec::new(),
        };
        (call, vec![subject.clone()])
    }
}
