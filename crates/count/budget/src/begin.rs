//! Spending before the start, read from the store.

use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{
    AnswerMemory, CostQuery, CostRow, Counted, GroupBy, Posting, Result, Sheet, Store, Timestamp, TraceFacts,
    TraceFilter, UsageKey, UsageQuery, UsageTotals,
};

use crate::definition::{Definition, begun_mark};
use crate::registry::Mode;
use crate::{Budgets, Estimate, Period, Subject, count};

/// Calls of the time before the start that are remembered one by one, so that a correction of one adds its
/// difference only.
const REMEMBERED: usize = 8_192;
/// Limit of the age of such calls.
const RECENT: i64 = Timestamp::HOUR;

impl Budgets {
    /// Begins with what was spent in the running periods, as the store has it: each budget once, whichever
    /// process comes first. Call it before anything is counted, and again after a budget was stored.
    ///
    /// # Errors
    /// The store or the books cannot be read; spending of the budgets in question starts from zero.
    pub async fn begin(&self, store: &dyn Store) -> Result<()> {
        if self.0.mode != Mode::On {
            return Ok(());
        }
        let open = self.with(|sheet, known| {
            let mut open = Vec::new();
            for definition in known.all.values().filter(|definition| !definition.limits.is_empty()) {
                if sheet.mark(&begun_mark(&definition.name))?.as_deref() != Some(definition.shape().as_str())
                {
                    open.push(Arc::clone(definition));
                }
            }
            Ok(open)
        })?;
        if open.is_empty() {
            return Ok(());
        }
        let now = self.0.clock.now();
        let mut spent = Vec::new();
        for definition in open {
            let postings = spent_before(store, &definition, now).await?;
            spent.push((definition, postings));
        }
        let recent = self.recent(store, now).await?;
        self.with(|sheet, _| {
            let mut begun = Vec::new();
            for (definition, postings) in &spent {
                let (name, shape) = (begun_mark(&definition.name), definition.shape());
                let marked = sheet.mark(&name)?.unwrap_or_default();
                if marked == shape {
                    continue;
                }
                if !marked.is_empty() {
                    sheet.forget(&definition.name)?;
                }
                postings.iter().try_for_each(|posting| raise(sheet, posting))?;
                sheet.set_mark(&name, &shape)?;
                begun.push(Arc::clone(definition));
            }
            recent.iter().try_for_each(|row| self.remember(sheet, &begun, row, now))
        })
    }

    async fn recent(&self, store: &dyn Store, now: Timestamp) -> Result<Vec<(CostRow, TraceFacts)>> {
        let since = Some(now.plus(-RECENT));
        let filter = TraceFilter { since, ..TraceFilter::default() };
        let mut query = CostQuery { filter, ..CostQuery::default() };
        let mut rows = Vec::new();
        loop {
            let page = store.costs(&query).await?;
            rows.extend(page.rows);
            query.cursor = page.next;
            if query.cursor.is_none() || rows.len() >= REMEMBERED {
                break;
            }
        }
        let by_trace = self.known().all.values().any(|definition| {
            definition.config.scope.project.is_some() || definition.config.scope.tag.is_some()
        });
        let mut found: Vec<(CostRow, TraceFacts)> = Vec::with_capacity(rows.len());
        for row in rows {
            let mut facts =
                TraceFacts { user: row.user.clone(), session: row.session.clone(), ..TraceFacts::default() };
            let before = found.last().filter(|(before, _)| before.cost.trace_id == row.cost.trace_id);
            match before {
                Some((_, known)) => facts.clone_from(known),
                None if by_trace => {
                    if let Some(trace) = store.trace(row.cost.trace_id).await? {
                        (facts.project, facts.tags) = (trace.project, trace.tags);
                    }
                }
                None => {}
            }
            found.push((row, facts));
        }
        Ok(found)
    }

    /// Remembers that some budgets' initial figures include a call's figures.
    fn remember(
        &self,
        sheet: &mut dyn Sheet,
        begun: &[Arc<Definition>],
        (row, said): &(CostRow, TraceFacts),
        now: Timestamp,
    ) -> Result<()> {
        // The sums of the store have calls that are still out.
        let row = Counted { calls: u64::from(row.cost.is_call()), ..count::counted(&row.cost) };
        let mut call = sheet.call(row.trace_id, row.span_id)?.unwrap_or(row);
        let mut facts = sheet.facts(call.trace_id)?;
        count::merge(&mut facts, said);
        let subject = Subject::of_call(&call, &facts);
        for definition in begun {
            call.postings.retain(|posting| posting.account.budget != definition.name);
            let scopes = definition.scopes(&subject);
            definition.postings(
                &scopes,
                &count::figures(&call, definition),
                call.time,
                now,
                &mut call.postings,
            );
        }
        let longest = begun.iter().map(|definition| definition.memory()).max();
        let keep = now.plus(longest.unwrap_or(Timestamp::DAY));
        sheet.learn(call.trace_id, facts, keep)?;
        sheet.count(call, keep)
    }
}

/// Raises a bucket to the store's figure. An amount already counted there is part of that figure, so it is
/// not added again.
fn raise(sheet: &mut dyn Sheet, posting: &Posting) -> Result<()> {
    let Posting { account, bucket, figure } = posting;
    let counted = sheet.spent(account, *bucket)?.saturating_sub(sheet.spent(account, bucket.plus(1))?);
    let figure = figure.saturating_sub(counted);
    if figure > 0 { sheet.post(&Posting { figure, ..posting.clone() }) } else { Ok(()) }
}

/// Spending in the running period, as postings.
async fn spent_before(store: &dyn Store, definition: &Definition, now: Timestamp) -> Result<Vec<Posting>> {
    let window = definition.window(now);
    let since = (definition.config.period != Period::Total).then_some(window.start);
    let mut group_by: Vec<GroupBy> =
        definition.config.scope.fields().filter_map(|(name, _)| key(name)).collect();
    let fields = group_by.len();
    if definition.config.rolling {
        group_by.push(GroupBy::Hour);
    }
    let filter = TraceFilter { since, ..TraceFilter::default() };
    let query = UsageQuery { filter, group_by: group_by.clone() };
    // Spending is counted completely, regardless of the memory limit of the current answer.
    let groups = AnswerMemory::default().scope(store.usage(&query)).await?;
    let mut postings = Vec::new();
    for group in groups {
        let mut subject = Subject::default();
        for (by, key) in group_by.iter().zip(&group.key).take(fields) {
            if let UsageKey::Name(Some(name)) = key {
                put(&mut subject, *by, name);
            }
        }
        let time = match group.key.get(fields) {
            // Spending within an hour is known by its hour only: it is taken to be as late as possible.
            Some(UsageKey::Time(hour)) if definition.config.period == Period::Hour => {
                now.min(hour.plus(Timestamp::HOUR - 1))
            }
            Some(UsageKey::Time(hour)) => (*hour).max(window.start),
            _ => now,
        };
        definition.postings(&definition.scopes(&subject), &figures(&group.totals), time, now, &mut postings);
    }
    Ok(postings)
}

fn figures(totals: &UsageTotals) -> Estimate {
    // Without metered usage, the reported cost is the list price of plans.
    let reported = totals.reported.filter(|_| totals.subscription.is_none());
    Estimate {
        usd: totals.cost.or(reported).unwrap_or_default(),
        tokens: totals.tokens.total(),
        calls: totals.llm_calls,
    }
}

fn key(field: &str) -> Option<GroupBy> {
    Some(match field {
        "project" => GroupBy::Project,
        "service" => GroupBy::Service,
        "framework" => GroupBy::Framework,
        "agent" => GroupBy::Agent,
        "user" => GroupBy::User,
        "session" => GroupBy::Session,
        "provider" => GroupBy::Provider,
        "model" => GroupBy::Model,
        "tag" => GroupBy::Tag,
        _ => return None,
    })
}

fn put(subject: &mut Subject, by: GroupBy, name: &CompactString) {
    let to = match by {
        GroupBy::Project => &mut subject.project,
        GroupBy::Service => &mut subject.service,
        GroupBy::Framework => &mut subject.framework,
        GroupBy::Agent => &mut subject.agent,
        GroupBy::User => &mut subject.user,
        GroupBy::Session => &mut subject.session,
        GroupBy::Provider => &mut subject.provider,
        GroupBy::Model => &mut subject.model,
        _ => return subject.tags.push(name.clone()),
    };
    *to = Some(name.clone());
}
