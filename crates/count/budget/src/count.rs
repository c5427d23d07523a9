//! The stage after the price: counts spending.

use std::collections::BTreeMap;

use quipu_core::{
    AccountId, Billing, Cost, Counted, Fired, Posting, Result, Sheet, Signal, Timestamp, TraceFacts, TraceId,
    Usd,
};

use crate::backlog::Backlog;
use crate::definition::{BudgetSet, Definition};
use crate::notice::What;
use crate::{Amount, Budgets, Estimate, Notice, Subject, scope};

/// How often the books are tidied up.
const TIDY: i64 = 10 * 60 * Timestamp::SECOND;

/// Adds new facts. Known facts stay: the first value holds.
pub(crate) fn merge(known: &mut TraceFacts, said: &TraceFacts) {
    let take = |known: &mut Option<_>, said: &Option<_>| {
        if known.is_none() {
            known.clone_from(said);
        }
    };
    take(&mut known.project, &said.project);
    take(&mut known.user, &said.user);
    take(&mut known.session, &said.session);
    known.tags.extend(said.tags.iter().cloned());
    known.tags.sort_unstable();
    known.tags.dedup();
}

/// A row as a call with its figures: its computed cost, else the one that its source reported; under a
/// subscription no money.
pub(crate) fn counted(cost: &Cost) -> Counted {
    let counts = cost.counts();
    let metered = counts && cost.billing == Billing::Metered;
    let tokens = || cost.usage.as_ref().map_or(0, |usage| usage.tokens().total());
    Counted {
        trace_id: cost.trace_id,
        span_id: cost.span_id,
        time: cost.time,
        provider: cost.provider.clone(),
        request_model: cost.request_model.clone(),
        response_model: cost.response_model.clone(),
        agent: cost.agent.clone(),
        framework: cost.framework.clone(),
        service: cost.service.clone(),
        usd: if metered { cost.amount.or(cost.reported).unwrap_or_default() } else { Usd::ZERO },
        tokens: if counts { tokens() } else { 0 },
        calls: u64::from(cost.is_call() && !is_out(cost)),
        estimated: estimated(cost),
        postings: Vec::new(),
    }
}

/// Expected cost and tokens of a call whose source says no usage; nothing where the source reported a cost.
fn estimated(cost: &Cost) -> (Usd, u64) {
    let Some(estimate) = cost.estimated().filter(|_| cost.amount.is_none() && cost.reported.is_none()) else {
        return Default::default();
    };
    let metered = cost.billing == Billing::Metered;
    let usd = estimate.cost.filter(|_| metered).map(|cost| cost.expected).unwrap_or_default();
    (usd, estimate.input.expected.saturating_add(estimate.output.expected))
}

/// Whether a call is still running: begun, not ended, and its usage is unknown. Its reservation stays until
/// then. Otherwise other calls could spend its money.
const fn is_out(cost: &Cost) -> bool {
    matches!(cost.signal, Signal::Span)
        && cost.duration.is_none()
        && cost.usage.is_none()
        && cost.amount.is_none()
        && cost.reported.is_none()
}

/// The figures of a call in a budget.
pub(crate) fn figures(call: &Counted, definition: &Definition) -> Estimate {
    let (usd, tokens) = if definition.config.count_estimated { call.estimated } else { Default::default() };
    Estimate { usd: call.usd + usd, tokens: call.tokens.saturating_add(tokens), calls: call.calls }
}

const fn is_nothing(call: &Counted) -> bool {
    call.usd.raw() == 0 && call.tokens == 0 && call.calls == 0
}

/// The earlier postings of a call that stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeptPostings {
    /// All: new facts of its trace add accounts and remove none.
    All,
    /// Only those of budgets of other processes.
    OfOthers,
}

impl Budgets {
    pub(crate) fn work_off(&self, work: Backlog) {
        let now = self.0.clock.now();
        let done = self.with(|sheet, known| {
            if known.all.is_empty() {
                return Ok(Vec::new());
            }
            self.write_down(sheet, known, &work, now)
        });
        match done {
            Ok(notices) => {
                self.caught_up();
                notices.into_iter().for_each(|notice| self.tell(notice));
            }
            Err(error) => self.postpone(work, &error),
        }
    }

    fn write_down(
        &self,
        sheet: &mut dyn Sheet,
        known: &BudgetSet,
        work: &Backlog,
        now: Timestamp,
    ) -> Result<Vec<Notice>> {
        let mut notices = Vec::new();
        sheet.expire(now)?;
        for id in &work.ended {
            for part in sheet.held(*id)? {
                sheet.release(*id, &part.budget)?;
            }
        }
        for posting in &work.settled {
            sheet.post(posting)?;
        }
        notices.extend(self.thresholds(sheet, known, work.settled.iter(), &Subject::default(), now)?);
        for (trace_id, facts) in &work.facts {
            notices.extend(self.learn(sheet, known, *trace_id, facts, now)?);
        }
        for cost in &work.costs {
            let call = counted(cost);
            let mut subjects = vec![Subject::of_call(&call, &sheet.facts(cost.trace_id)?)];
            for record in &cost.scopes {
                subjects.push(Subject::of_record(&call, record, &sheet.facts(record.trace_id)?));
            }
            notices.extend(self.count_call(sheet, known, (call, subjects), now)?);
        }
        self.tidy(sheet, known, now)?;
        Ok(notices)
    }

    /// Learns of a trace, and moves its calls to the accounts that they belong to.
    fn learn(
        &self,
        sheet: &mut dyn Sheet,
        known: &BudgetSet,
        trace_id: TraceId,
        said: &TraceFacts,
        now: Timestamp,
    ) -> Result<Vec<Notice>> {
        let before = sheet.facts(trace_id)?;
        let mut facts = before.clone();
        merge(&mut facts, said);
        if facts == before {
            return Ok(Vec::new());
        }
        sheet.learn(trace_id, facts.clone(), now.plus(memory(known)))?;
        let mut notices = Vec::new();
        for call in sheet.calls(trace_id)? {
            let (before, subject) = (call.clone(), Subject::of_call(&call, &facts));
            let kept = KeptPostings::All;
            notices.extend(self.move_call(
                sheet,
                known,
                (Some(&before), kept),
                (call, vec![subject]),
                now,
            )?);
        }
        Ok(notices)
    }

    /// Counts a call: what was reserved for it goes as its spending comes, so that neither is missing in
    /// between. Its own subject is the first, those of other records of it follow.
    pub(crate) fn count_call(
        &self,
        sheet: &mut dyn Sheet,
        known: &BudgetSet,
        (call, subjects): (Counted, Vec<Subject>),
        now: Timestamp,
    ) -> Result<Vec<Notice>> {
        let subject = subjects.first().cloned().unwrap_or_default();
        let before = sheet.call(call.trace_id, call.span_id)?;
        if before.is_none() && is_nothing(&call) {
            return Ok(Vec::new());
        }
        // The caller that asked on its behalf named more facts than the trace has so far.
        let mut notices = Vec::new();
        let said = subject.facts();
        if said != TraceFacts::default() {
            notices = self.learn(sheet, known, call.trace_id, &said, now)?;
        }
        let begins = !is_nothing(&call) && before.as_ref().is_none_or(is_nothing);
        if begins {
            settle(sheet, &call)?;
        }
        let grown = call.usd.raw().saturating_sub(before.as_ref().map_or(0, |before| before.usd.raw()));
        self.0.loops.lock().turn(known, &subject, &call, begins, grown);
        let before = (before.as_ref(), KeptPostings::OfOthers);
        notices.extend(self.move_call(sheet, known, before, (call, subjects), now)?);
        Ok(notices)
    }

    /// Posts a call's figures to the accounts of all subjects, once to each, and reverses the earlier
    /// postings.
    fn move_call(
        &self,
        sheet: &mut dyn Sheet,
        known: &BudgetSet,
        (before, kept): (Option<&Counted>, KeptPostings),
        (mut call, subjects): (Counted, Vec<Subject>),
        now: Timestamp,
    ) -> Result<Vec<Notice>> {
        let mut after = Vec::new();
        for definition in known.all.values().filter(|definition| !definition.limits.is_empty()) {
            let mut scopes: Vec<_> = subjects.iter().flat_map(|subject| definition.scopes(subject)).collect();
            scopes.sort_unstable();
            scopes.dedup();
            definition.postings(&scopes, &figures(&call, definition), call.time, now, &mut after);
        }
        let stood = before.map(|before| before.postings.as_slice()).unwrap_or_default();
        // Another process may know more budgets than this one. Its postings stay, and stay known; otherwise
        // it would post them again.
        let is_posted = |after: &[Posting], old: &Posting| {
            after.iter().any(|new| new.account == old.account && new.bucket == old.bucket)
        };
        for old in stood {
            let is_of_others = !known.all.contains_key(old.account.budget.as_str());
            if is_of_others || (kept == KeptPostings::All && !is_posted(&after, old)) {
                after.push(old.clone());
            }
        }
        let changes = difference(stood, &after);
        for posting in &changes {
            if stands(known, posting, now) {
                sheet.post(posting)?;
            }
        }
        call.postings = after;
        if before != Some(&call) {
            let keep = call.time.max(now).plus(memory(known));
            sheet.count(call, keep)?;
        }
        let grown = changes.iter().filter(|posting| posting.figure > 0);
        let subject = subjects.first().cloned().unwrap_or_default();
        self.thresholds(sheet, known, grown, &subject, now)
    }

    /// Notices of thresholds that accounts have passed, each once a period.
    pub(crate) fn thresholds<'a>(
        &self,
        sheet: &mut dyn Sheet,
        known: &BudgetSet,
        grown: impl IntoIterator<Item = &'a Posting>,
        subject: &Subject,
        now: Timestamp,
    ) -> Result<Vec<Notice>> {
        let mut notices = Vec::new();
        for Posting { account, .. } in grown {
            let Some(definition) = known.all.get(account.budget.as_str()) else { continue };
            let Some(limit) = definition.limit(account.unit) else { continue };
            let window = definition.window(now);
            let spent = sheet.spent(account, window.start)?;
            let passed =
                definition.thresholds.iter().filter(|(millionths, _)| reached(spent, limit, *millionths));
            for (millionths, part) in passed {
                let mut fired = sheet.fired(account)?.into_iter();
                if fired.any(|fired| fired.millionths == *millionths && holds(&fired, definition, limit, now))
                {
                    continue;
                }
                let period = if definition.config.rolling { now } else { window.start };
                sheet.fire(account, Fired { millionths: *millionths, limit: limit.figure(), period })?;
                let reserved = sheet.reserved(account)?;
                notices.push(self.passed(definition, account, limit, *part, [spent, reserved], subject));
            }
        }
        Ok(notices)
    }

    fn passed(
        &self,
        definition: &Definition,
        account: &AccountId,
        limit: Amount,
        part: f64,
        [spent, reserved]: [i128; 2],
        subject: &Subject,
    ) -> Notice {
        let scope = scope::read(&account.scope);
        let (spent, reserved) = (limit.with(spent), limit.with(reserved));
        let whose: String = scope.iter().map(|(name, value)| format!(" ({name} {value})")).collect();
        let percent = part * 100.0;
        let name = &definition.name;
        let text = format!("budget {name}{whose}: {spent} spent of {limit}, {percent} % or more");
        Notice {
            scope,
            action: definition.config.action.as_str(),
            limit: Some(limit),
            spent: Some(spent),
            reserved: Some(reserved),
            resets_at: definition.window(self.0.clock.now()).end,
            trace_id: subject.trace_id,
            session: subject.session.clone(),
            agent: subject.agent.clone(),
            ..self.notice(What::Threshold(part), name, text)
        }
    }

    fn tidy(&self, sheet: &mut dyn Sheet, known: &BudgetSet, now: Timestamp) -> Result<()> {
        let mut pruned = self.0.pruned.lock();
        if now.since(*pruned) < TIDY {
            return Ok(());
        }
        *pruned = now;
        sheet.prune(now, &|budget| {
            let definition = known.all.get(budget);
            definition.map_or(Timestamp::from_nanos(i64::MIN), |definition| definition.window(now).start)
        })
    }
}

/// Releases the reservation of a call in each budget. That is the one for its span, else the smallest of its
/// trace without a particular span. The smallest, because the remaining reservations must cover all calls
/// that still run.
fn settle(sheet: &mut dyn Sheet, call: &Counted) -> Result<()> {
    let held = sheet.held_in(call.trace_id)?;
    let mut chosen = BTreeMap::new();
    for part in &held {
        let exact = part.span_id == Some(call.span_id);
        if !exact && part.span_id.is_some() {
            continue;
        }
        let figure = part.figures.first().map_or(0, |(_, figure)| *figure);
        let rank = (!exact, figure, part.id);
        let best = chosen.entry(part.budget.clone()).or_insert(rank);
        *best = (*best).min(rank);
    }
    chosen.into_iter().try_for_each(|(budget, (_, _, id))| sheet.release(id, &budget))
}

/// The postings that turn `before` into `after`.
fn difference(before: &[Posting], after: &[Posting]) -> Vec<Posting> {
    let mut changes: Vec<Posting> = after.to_vec();
    for old in before {
        match changes.iter_mut().find(|new| new.account == old.account && new.bucket == old.bucket) {
            Some(new) => new.figure = new.figure.saturating_sub(old.figure),
            None => changes.push(Posting { figure: old.figure.saturating_neg(), ..old.clone() }),
        }
    }
    changes.retain(|change| change.figure != 0);
    changes
}

/// Whether an account still uses a bucket.
fn stands(known: &BudgetSet, posting: &Posting, now: Timestamp) -> bool {
    let definition = known.all.get(posting.account.budget.as_str());
    definition.is_some_and(|definition| posting.bucket >= definition.window(now).start)
}

/// How long calls and traces must be remembered.
fn memory(known: &BudgetSet) -> i64 {
    known.all.values().map(|definition| definition.memory()).max().unwrap_or(Timestamp::DAY)
}

/// Whether a share of a limit is reached.
fn reached(spent: i128, limit: Amount, millionths: u64) -> bool {
    let limit = limit.figure();
    if limit <= 0 {
        return spent > 0;
    }
    let part = i128::from(millionths);
    match (spent.checked_mul(1_000_000), limit.checked_mul(part)) {
        (Some(spent), Some(limit)) => spent >= limit,
        _ => spent / part.max(1) >= limit / 1_000_000,
    }
}

/// Whether a threshold that was passed is still passed: it holds for its period and its limit.
pub(crate) fn holds(fired: &Fired, definition: &Definition, limit: Amount, now: Timestamp) -> bool {
    let fresh = match (definition.config.rolling, definition.config.period.width()) {
        (true, Some(width)) => now.since(fired.period) < width,
        _ => fired.period == definition.window(now).start,
    };
    fresh && fired.limit == limit.figure()
}
