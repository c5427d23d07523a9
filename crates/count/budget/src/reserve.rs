//! Checks of a call: reads every account that it would be in, and reserves in all of them or in none.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use compact_str::CompactString;
use quipu_core::{AccountId, HeldReservation, Result, Sheet, SpanId, Timestamp};

use crate::admission::Admission;
use crate::asked::{AskedBudget, Purpose};
use crate::definition::{BudgetSet, Definition, Limit};
use crate::error::Looped;
use crate::notice::What;
use crate::registry::Mode;
use crate::{Action, Amount, BudgetError, Budgets, Estimate, Exceeded, Notice, Subject, registry, scope};

/// Answer of the books.
pub(crate) enum Answer {
    /// Rejected; nothing was reserved.
    No(BudgetError),
    /// Admitted: the id of the reservation (none for a dry run), and errors of budgets whose action let the
    /// call through.
    Yes(Option<u64>, Vec<BudgetError>),
}

impl Budgets {
    /// Asks every budget whose scope matches the subject, and reserves the estimate in all of them, or in
    /// none.
    ///
    /// # Errors
    /// [`BudgetError::Exceeded`] and [`BudgetError::Loop`] of the first budget, by name, that blocks.
    /// [`BudgetError::Store`] when a budget that blocks cannot be checked. A budget that does not block then
    /// lets the call through, with a note in [`Admission::notices`].
    pub fn admit(&self, subject: &Subject, estimate: impl Into<Estimate>) -> Result<Admission, BudgetError> {
        let estimate = estimate.into();
        if let Some(answer) = self.without_books("*") {
            return answer;
        }
        let mut asked = Vec::new();
        let answer = self.with(|sheet, known| {
            let subject = &*self.at_home(known, subject);
            asked = about(known, subject);
            self.reserve(sheet, &asked, subject, &estimate, Purpose::Spend)
        });
        self.admission(asked, subject, answer, "*", Purpose::Spend)
    }

    /// One budget by its name, for a subject.
    pub(crate) fn admit_by(
        &self,
        name: &str,
        subject: &Subject,
        estimate: &Estimate,
        purpose: Purpose,
    ) -> Result<Admission, BudgetError> {
        if let Some(answer) = self.without_books(name) {
            return answer;
        }
        let mut asked = Vec::new();
        let answer = self.with(|sheet, known| {
            let subject = &*self.at_home(known, subject);
            let Some(definition) = known.all.get(name) else {
                return Ok(Answer::No(self.unknown(name, known)));
            };
            match named(definition, subject) {
                Ok(scopes) => asked = vec![(Arc::clone(definition), scopes)],
                Err(why) => return Ok(Answer::No(why)),
            }
            self.reserve(sheet, &asked, subject, estimate, purpose)
        });
        self.admission(asked, subject, answer, name, purpose)
    }

    /// A subject without a service spends for the service of this process, if it has one.
    fn at_home<'a>(&self, known: &BudgetSet, subject: &'a Subject) -> Cow<'a, Subject> {
        match self.0.resource.service() {
            Some(service) if subject.service.is_none() && known.by_service() => {
                Cow::Owned(subject.clone().service(service))
            }
            _ => Cow::Borrowed(subject),
        }
    }

    /// The answer without books.
    fn without_books(&self, name: &str) -> Option<Result<Admission, BudgetError>> {
        match self.0.mode {
            Mode::On => None,
            Mode::Off => Some(Ok(Admission::none(self))),
            Mode::Absent => Some(Err(BudgetError::NotRunning { name: name.to_owned() })),
        }
    }

    /// The loop of a subject's work, if there is one.
    fn looped(
        &self,
        sheet: &mut dyn Sheet,
        definition: &Definition,
        subject: &Subject,
        now: Timestamp,
        purpose: Purpose,
    ) -> Result<Option<Looped>> {
        let Some(config) = &definition.config.r#loop else { return Ok(None) };
        let waiting = match (config.turns, subject.trace_id) {
            (Some(_), Some(trace_id)) => {
                let held = sheet.held_in(trace_id)?;
                held.iter().filter(|part| part.budget == definition.name).count() as u64
            }
            _ => 0,
        };
        Ok(self.0.loops.lock().find(definition, subject, waiting, now, purpose))
    }

    fn reserve(
        &self,
        sheet: &mut dyn Sheet,
        asked: &[AskedBudget],
        subject: &Subject,
        estimate: &Estimate,
        purpose: Purpose,
    ) -> Result<Answer> {
        let now = self.0.clock.now();
        sheet.expire(now)?;
        let mut over = Vec::new();
        for (definition, scopes) in asked {
            let no = match self.looped(sheet, definition, subject, now, purpose)? {
                Some(looped) => Some(BudgetError::Loop(Box::new(looped))),
                None => full(sheet, definition, scopes, estimate, now)?,
            };
            match no {
                Some(no) if definition.config.action == Action::Block => return Ok(Answer::No(no)),
                Some(no) => over.push(no),
                None => {}
            }
        }
        if purpose == Purpose::Look {
            return Ok(Answer::Yes(None, over));
        }
        let id = sheet.next()?;
        for (definition, scopes) in asked {
            let figures = figures(definition, scopes, estimate);
            let expires = now.plus(definition.hold());
            let budget = definition.name.clone();
            let span_id: Option<SpanId> = None;
            sheet.hold(HeldReservation {
                id,
                budget,
                figures,
                expires,
                trace_id: subject.trace_id,
                span_id,
            })?;
        }
        Ok(Answer::Yes(Some(id), over))
    }

    fn admission(
        &self,
        asked: Vec<AskedBudget>,
        subject: &Subject,
        answer: Result<Answer>,
        name: &str,
        purpose: Purpose,
    ) -> Result<Admission, BudgetError> {
        match answer {
            Ok(Answer::Yes(id, over)) => {
                let mut admission = match id {
                    Some(id) => Admission::new(self, id, asked.clone(), subject),
                    None => Admission::none(self),
                };
                for error in &over {
                    let action = let_through(&mut admission, &asked, error);
                    self.tell_of(error, action, subject, purpose);
                }
                Ok(admission)
            }
            Ok(Answer::No(error)) => {
                self.tell_of(&error, Action::Block, subject, purpose);
                Err(error)
            }
            Err(error) => self.unchecked(subject, name, &error, purpose),
        }
    }

    /// Result if the books cannot be written: budgets that block reject the call, others admit it, and both
    /// report the error.
    fn unchecked(
        &self,
        subject: &Subject,
        name: &str,
        error: &quipu_core::Error,
        purpose: Purpose,
    ) -> Result<Admission, BudgetError> {
        let known = self.known();
        let home = self.at_home(&known, subject);
        let asked = match known.all.get(name) {
            Some(definition) => vec![(Arc::clone(definition), definition.scopes(&home))],
            None if name == "*" => about(&known, &home),
            // A budget that was asked by name may be stored, and may block: this is unknown now.
            None => return Err(registry::unwritable(name, error)),
        };
        let mut admission = Admission::none(self);
        for (definition, _) in &asked {
            let why = registry::unwritable(&definition.name, error);
            self.tell_of(&why, definition.config.action, subject, purpose);
            if definition.config.action == Action::Block {
                return Err(why);
            }
            admission.notices.push(why.to_string());
        }
        // If no budget was ever read, there may be one that blocks.
        if known.version.is_none() && asked.is_empty() {
            return Err(registry::unwritable(name, error));
        }
        if purpose == Purpose::Spend {
            admission.subject = subject.clone();
            admission.asked = asked;
        }
        Ok(admission)
    }

    /// Reports a rejection, or a call that a blocking budget would have rejected.
    fn tell_of(&self, error: &BudgetError, action: Action, subject: &Subject, purpose: Purpose) {
        if purpose == Purpose::Look {
            return;
        }
        let (what, budget, scope) = match error {
            BudgetError::Exceeded(it) => (What::Refused, it.name.clone(), it.scope.clone()),
            BudgetError::Loop(it) => (What::Loop, it.name.clone(), it.scope.clone()),
            BudgetError::Store { name, .. } => (What::Unchecked, name.clone(), <_>::default()),
            _ => return,
        };
        let mut notice = Notice {
            what,
            at: self.0.clock.now(),
            budget,
            scope,
            action: action.as_str(),
            limit: None,
            spent: None,
            reserved: None,
            resets_at: None,
            message: error.to_string(),
            error: Some(error.clone()),
            trace_id: subject.trace_id,
            session: subject.session.clone(),
            agent: subject.agent.clone(),
        };
        match error {
            BudgetError::Exceeded(it) => {
                (notice.limit, notice.spent, notice.reserved) =
                    (Some(it.limit), Some(it.spent), Some(it.reserved));
                notice.resets_at = it.resets_at;
            }
            BudgetError::Loop(it) => {
                (notice.limit, notice.spent, notice.resets_at) =
                    (Some(it.bound), Some(it.count), Some(it.until));
            }
            _ => {}
        }
        self.tell(notice);
    }
}

/// Notes what a budget that does not block has to say; gives its action.
fn let_through(admission: &mut Admission, asked: &[AskedBudget], error: &BudgetError) -> Action {
    let name = match error {
        BudgetError::Exceeded(exceeded) => exceeded.name.as_str(),
        BudgetError::Loop(looped) => looped.name.as_str(),
        _ => return Action::Notify,
    };
    let Some((definition, _)) = asked.iter().find(|(known, _)| known.name == name) else {
        return Action::Notify;
    };
    let config = &definition.config;
    match config.action {
        Action::Throttle => {
            let wait = Duration::from_millis(config.throttle_ms);
            admission.delay = Some(admission.delay.map_or(wait, |known| known.max(wait)));
        }
        Action::Degrade if admission.degrade_to.is_none() => {
            admission.degrade_to.clone_from(&config.degrade_to);
        }
        _ => {}
    }
    admission.notices.push(error.to_string());
    config.action
}

/// Budgets whose scope matches a subject.
fn about(known: &BudgetSet, subject: &Subject) -> Vec<AskedBudget> {
    let asked = known.all.values().map(|definition| (Arc::clone(definition), definition.scopes(subject)));
    asked.filter(|(_, scopes)| !scopes.is_empty()).collect()
}

/// The accounts of a budget that was asked by name: fields of its scope that the subject does not have count
/// as matched.
fn named(definition: &Definition, subject: &Subject) -> Result<Vec<CompactString>, BudgetError> {
    if definition.everybody {
        return Ok(vec![CompactString::default()]);
    }
    let granted = subject.granted(&definition.config.scope);
    let scopes = definition.scopes(&granted);
    if scopes.is_empty() {
        let missing =
            definition.config.scope.fields().find(|(name, pattern)| !granted.is_within(name, pattern));
        let (name, pattern) = missing.unwrap_or(("scope", "*"));
        let why =
            format!("its scope is {name} {pattern}, and the {name} of this call is unknown: use check_for");
        return Err(BudgetError::Invalid { name: definition.name.to_string(), why });
    }
    Ok(scopes)
}

fn figures(definition: &Definition, scopes: &[CompactString], estimate: &Estimate) -> Vec<(AccountId, i128)> {
    let mut figures = Vec::with_capacity(scopes.len() * definition.limits.len());
    for scope in scopes {
        let of_scope = |limit: &Limit| (definition.account(scope, limit.unit), estimate.in_unit(limit.unit));
        figures.extend(definition.limits.iter().map(of_scope));
    }
    figures
}

/// The first limit that an estimate does not fit under.
fn full(
    sheet: &mut dyn Sheet,
    definition: &Definition,
    scopes: &[CompactString],
    estimate: &Estimate,
    now: Timestamp,
) -> Result<Option<BudgetError>> {
    let window = definition.window(now);
    for scope in scopes {
        for Limit { unit, amount } in &definition.limits {
            let account = definition.account(scope, *unit);
            let spent = sheet.spent(&account, window.start)?;
            let reserved = sheet.reserved(&account)?;
            let (asked, limit) = (estimate.in_unit(*unit), amount.figure());
            let taken = spent.saturating_add(reserved);
            if taken < limit && taken.saturating_add(asked) <= limit {
                continue;
            }
            let resets_at = match window.end {
                None if definition.config.rolling => {
                    let room = limit.saturating_sub(reserved).saturating_sub(asked);
                    left(sheet, definition, &account, room, now)?
                }
                end => end,
            };
            let figures = [spent, reserved, asked].map(|figure| amount.with(figure));
            return Ok(Some(exceeded(definition, scope, *amount, figures, resets_at)));
        }
    }
    Ok(None)
}

/// Time when a rolling window has fallen to `room` or less. For an amount that can never fit, the time when
/// the window is empty.
fn left(
    sheet: &mut dyn Sheet,
    definition: &Definition,
    account: &AccountId,
    room: i128,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let (Some(width), step) = (definition.config.period.width(), definition.config.period.step()) else {
        return Ok(None);
    };
    let start = definition.window(now).start;
    let (mut low, mut high) = (1, width / step + 1);
    while low < high {
        let middle = (low + high) / 2;
        let fits = sheet.spent(account, start.plus(middle * step))? <= room;
        (low, high) = if fits { (low, middle) } else { (middle + 1, high) };
    }
    Ok(Some(start.plus(low * step).plus(width)))
}

fn exceeded(
    definition: &Definition,
    scope: &CompactString,
    limit: Amount,
    [spent, reserved, estimate]: [Amount; 3],
    end: Option<Timestamp>,
) -> BudgetError {
    BudgetError::Exceeded(Box::new(Exceeded {
        name: definition.name.to_string(),
        scope: scope::read(scope),
        limit,
        spent,
        reserved,
        estimate,
        resets_at: end,
    }))
}
