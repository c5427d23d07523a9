//! Spending before the start, read from the store.

use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{
    CostQuery, CostRow, Counted, Posting, Result, Sheet, Store, Timestamp, TraceFacts, TraceFilter,
};

use crate::Budgets;
use crate::collected::{abandon, beginning_mark, collected};
use crate::definition::{Definition, begun_mark};
use crate::earlier::Earlier;
use crate::registry::Mode;
use crate::{Subject, count};

/// Calls of the time before the start that are remembered one by one, so that a correction of one adds its
/// difference only.
const REMEMBERED: usize = 8_192;
/// Limit of the age of such calls.
const RECENT: i64 = Timestamp::HOUR;

impl Budgets {
    /// Begins with what was spent in the running periods, as the store has it: each budget once, whichever
    /// process comes first. Call it before anything is counted, and again after a budget was stored. The
    /// memory that it takes does not depend on the number of accounts.
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
        let mut tasks = Vec::new();
        for definition in open {
            let task = self.collect(store, &definition, now).await?;
            tasks.push((definition, task));
        }
        let recent = self.recent(store, now).await?;
        self.with(|sheet, _| {
            let mut begun = Vec::new();
            for (definition, task) in &tasks {
                if raise(sheet, definition, task)? {
                    begun.push(Arc::clone(definition));
                }
            }
            recent.iter().try_for_each(|row| self.remember(sheet, &begun, row, now))
        })
    }

    /// Collects earlier spending in the books, part by part and apart from the budget's own accounts. Gives
    /// the id of the task.
    async fn collect(&self, store: &dyn Store, definition: &Definition, now: Timestamp) -> Result<String> {
        let name = definition.name.as_str();
        let task = self.with(|sheet, _| {
            abandon(sheet, name)?;
            let task = sheet.next()?.to_string();
            sheet.set_mark(&beginning_mark(name), &task)?;
            Ok(task)
        })?;
        let to = CompactString::from(collected(name, &task));
        let mut post = |mut postings: Vec<Posting>| {
            postings.iter_mut().for_each(|posting| posting.account.budget = to.clone());
            self.with(|sheet, _| postings.iter().try_for_each(|posting| sheet.post(posting)))
        };
        Earlier::new(store, definition, now).read(&mut post).await?;
        Ok(task)
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

/// Raises the accounts of a budget to the collected spending. `false` if another task did that, or is about
/// to.
fn raise(sheet: &mut dyn Sheet, definition: &Definition, task: &str) -> Result<bool> {
    let name = definition.name.as_str();
    let (mark, shape, from) = (begun_mark(name), definition.shape(), collected(name, task));
    let marked = sheet.mark(&mark)?.unwrap_or_default();
    if marked == shape || sheet.mark(&beginning_mark(name))?.as_deref() != Some(task) {
        sheet.forget(&from)?;
        return Ok(false);
    }
    if !marked.is_empty() {
        sheet.forget(name)?;
    }
    sheet.raise(&from, name)?;
    sheet.set_mark(&beginning_mark(name), "")?;
    sheet.set_mark(&mark, &shape)?;
    Ok(true)
}
